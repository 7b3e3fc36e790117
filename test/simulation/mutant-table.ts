// Hunts every planted fault on all cores, and prints the table of seeds to kill.

import type { Killed } from "./mutant-hunt.ts";
import type { HuntWork } from "./mutant-worker.ts";
import { mutants } from "./mutants.ts";
import { share } from "./pool.ts";
import { shrugged } from "./survivors.ts";

interface Options {
  readonly json: boolean;
  readonly seedsMax: number;
  readonly workers: number;
  readonly say: (line: string) => void;
  readonly note: (text: string) => void;
}

/** The table; gives the exit code: 1 when one survives. */
export async function printMutants({ json, seedsMax, workers, say, note }: Options): Promise<number> {
  let done = 0;
  const results = await huntAll(seedsMax, workers, ({ mutant: { name } }) => {
    done += 1;
    const line = `${String(done)}/${String(mutants.length)} ${name}`;
    note(process.stderr.isTTY ? `\r\u001B[K${line}` : `${line}\n`);
  });
  if (process.stderr.isTTY) note("\r\u001B[K");
  if (json) say(JSON.stringify({ seedsMax, results: results.map(({ mutant: { name, file }, ...how }) => ({ name, file, ...how })) }));
  else print(results, seedsMax, say);
  return results.some((result) => isAlive(result) && shrugged[result.mutant.name] === undefined) ? 1 : 0;
}

/** The results are in the list's order. */
async function huntAll(seedsMax: number, workers: number, told: (killed: Killed) => void): Promise<Killed[]> {
  const results: Killed[] = [];
  const jobs = mutants.keys();
  await share<HuntWork>(
    new URL("mutant-worker.ts", import.meta.url),
    workers,
    () => {
      const { value: index } = jobs.next();
      return index === undefined ? undefined : { index, seedsMax };
    },
    ({ index, ...how }) => {
      const mutant = mutants[index];
      if (mutant === undefined) throw new Error(`there is no planted fault ${String(index)}`);
      results[index] = { mutant, ...how };
      told(results[index]);
    },
  );
  return results;
}

const isAlive = ({ seeds, smallCase }: Killed): boolean => seeds === undefined && smallCase === undefined;

function print(results: readonly Killed[], seedsMax: number, say: Options["say"]): void {
  say("| planted fault | in | seeds to kill | by the invariant |\n|---|---|--:|---|");
  for (const { mutant, seeds, smallCase, invariant } of results) {
    const how = seeds ?? (smallCase === undefined ? "survives" : `more than ${String(seedsMax)}; ${smallCase}`);
    const lives = mutant.lives === undefined ? "" : " of lives that have it";
    say(`| ${mutant.name} | \`${mutant.file}\` | ${String(how)}${lives} | ${invariant ?? shrugged[mutant.name] ?? ""} |`);
  }
  const seeds = results.flatMap((result) => result.seeds ?? []).sort((a, b) => a - b);
  const killed = results.filter((result) => !isAlive(result)).length;
  say(
    `\n${String(killed)} of ${String(results.length)} planted faults killed, ${String(seeds.length)} of them by seeds: ` +
      `half within ${String(seeds[Math.floor(seeds.length / 2)] ?? 0)}, the last after ${String(seeds.at(-1) ?? 0)}`,
  );
}
