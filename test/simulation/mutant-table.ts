// Plants each fault and counts the seeds until an invariant breaks.

import { draw, live } from "./life.ts";
import { mutants, planted, type Mutant } from "./mutants.ts";
import { shrugged } from "./survivors.ts";

export interface Killed {
  readonly mutant: Mutant;
  /** Seeds lived until an invariant broke; absent when none did. */
  readonly seeds?: number;
  readonly invariant?: string;
}

export async function hunt(mutant: Mutant, seedsMax: number): Promise<Killed> {
  const system = await planted(mutant);
  for (let seed = 1; seed <= seedsMax; seed += 1) {
    const { violation } = await live(draw(seed), system);
    if (violation !== undefined) return { mutant, seeds: seed, invariant: violation.invariant };
  }
  return { mutant };
}

interface Options {
  readonly json: boolean;
  readonly seedsMax: number;
  readonly say: (line: string) => void;
  readonly note: (text: string) => void;
}

/** The table; gives the exit code: 1 when one survives. */
export async function printMutants({ json, seedsMax, say, note }: Options): Promise<number> {
  const results: Killed[] = [];
  for (const [index, mutant] of mutants.entries()) {
    note(
      `${process.stderr.isTTY ? "\r\u001B[K" : ""}${String(index + 1)}/${String(mutants.length)} ${mutant.name}${process.stderr.isTTY ? "" : "\n"}`,
    );
    results.push(await hunt(mutant, seedsMax));
  }
  if (process.stderr.isTTY) note("\r\u001B[K");
  const killed = results.flatMap(({ seeds }) => seeds ?? []).sort((a, b) => a - b);
  const survivors = results.filter(({ seeds }) => seeds === undefined);
  if (json)
    say(
      JSON.stringify({
        seedsMax,
        planted: results.length,
        killed: killed.length,
        results: results.map(({ mutant, seeds, invariant }) => ({ name: mutant.name, file: mutant.file, seeds, invariant })),
      }),
    );
  else {
    say("| planted fault | in | seeds to kill | by the invariant |\n|---|---|--:|---|");
    for (const { mutant, seeds, invariant } of results)
      say(
        `| ${mutant.name} | \`${mutant.file}\` | ${seeds === undefined ? `survives ${String(seedsMax)}` : String(seeds)} | ${invariant ?? shrugged[mutant.name] ?? ""} |`,
      );
    say(
      `\n${String(killed.length)} of ${String(results.length)} planted faults killed; median ${String(killed[Math.floor(killed.length / 2)] ?? 0)} seeds, the last after ${String(killed.at(-1) ?? 0)}`,
    );
  }
  return survivors.some(({ mutant }) => shrugged[mutant.name] === undefined) ? 1 : 0;
}
