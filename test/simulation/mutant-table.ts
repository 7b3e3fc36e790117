// Plants each fault and counts the seeds until an invariant breaks; what no seed shows, the small cases may.

import { singly } from "./exhaustive.ts";
import { draw, live } from "./life.ts";
import type { Mutant } from "./mutant.ts";
import { mutants, planted } from "./mutants.ts";
import { pinned } from "./pinned-seeds.ts";
import { scenarios, type Scenario } from "./scenarios.ts";
import { shrugged } from "./survivors.ts";

export interface Killed {
  readonly mutant: Mutant;
  /** Seeds lived until an invariant broke; absent when none did. */
  readonly seeds?: number;
  /** The pinned life or the small case that showed it, where no seed did. */
  readonly smallCase?: string;
  readonly invariant?: string;
}

export async function hunt(mutant: Mutant, seedsMax: number): Promise<Killed> {
  const system = await planted(mutant);
  for (let seed = 1; seed <= seedsMax; seed += 1) {
    const { violation } = await live(draw(seed, mutant.lives), system);
    if (violation !== undefined) return { mutant, seeds: seed, invariant: violation.invariant };
  }
  for (const { setup } of pinned.filter((one) => one.mutant === mutant.name)) {
    const { violation } = await live({ ...setup, faultsMax: Infinity }, system);
    if (violation !== undefined)
      return { mutant, smallCase: `its pinned life, seed ${String(setup.seed)}`, invariant: violation.invariant };
  }
  for (const scenario of Object.keys(scenarios) as Scenario[]) {
    const [failed] = (await singly(scenario, system)).failed;
    if (failed !== undefined) return { mutant, smallCase: `small case: ${scenario}, ${failed.script}`, invariant: failed.invariant };
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
    const line = `${String(index + 1)}/${String(mutants.length)} ${mutant.name}`;
    note(process.stderr.isTTY ? `\r\u001B[K${line}` : `${line}\n`);
    results.push(await hunt(mutant, seedsMax));
  }
  if (process.stderr.isTTY) note("\r\u001B[K");
  if (json) say(JSON.stringify({ seedsMax, results: results.map(({ mutant: { name, file }, ...how }) => ({ name, file, ...how })) }));
  else print(results, seedsMax, say);
  return results.some((result) => isAlive(result) && shrugged[result.mutant.name] === undefined) ? 1 : 0;
}

const isAlive = ({ seeds, smallCase }: Killed): boolean => seeds === undefined && smallCase === undefined;

function print(results: readonly Killed[], seedsMax: number, say: Options["say"]): void {
  say("| planted fault | in | seeds to kill | by the invariant |\n|---|---|--:|---|");
  for (const { mutant, seeds, smallCase, invariant } of results) {
    const how = seeds ?? (smallCase === undefined ? "survives" : `more than ${String(seedsMax)}; ${smallCase}`);
    say(`| ${mutant.name} | \`${mutant.file}\` | ${String(how)} | ${invariant ?? shrugged[mutant.name] ?? ""} |`);
  }
  const seeds = results.flatMap((result) => result.seeds ?? []).sort((a, b) => a - b);
  const killed = results.filter((result) => !isAlive(result)).length;
  say(
    `\n${String(killed)} of ${String(results.length)} planted faults killed, ${String(seeds.length)} of them by seeds: ` +
      `half within ${String(seeds[Math.floor(seeds.length / 2)] ?? 0)}, the last after ${String(seeds.at(-1) ?? 0)}`,
  );
}
