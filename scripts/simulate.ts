// Runs the simulation: many seeds on every core, one seed as a story, the planted faults, or the baseline beside us.

import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { emptyTally, sum, traceHash, type Tally } from "../test/simulation/campaign.ts";
import { allFaultKinds } from "../test/simulation/faults.ts";
import { draw, live } from "../test/simulation/life.ts";
import { printMutants } from "../test/simulation/mutant-table.ts";
import { printBaseline } from "../test/simulation/baseline-table.ts";
import { printExhaustive } from "../test/simulation/exhaustive.ts";
import { share } from "../test/simulation/pool.ts";
import { commandOf, shrink } from "../test/simulation/shrink.ts";
import * as system from "../test/simulation/system.ts";
import type { SeedWork } from "../test/simulation/worker.ts";
import type { ActorKind, Setup } from "../test/simulation/world.ts";
import { putBlocks } from "./page-block.ts";

const usage = `npm run simulate -- [options]
  --seeds 10000         live that many seeds, from --from on (1)
  --minutes 10          live seeds until then
  --workers 2           threads (every core)
  --seed 7 [--trace]    live one seed; --trace tells it as a story
     --without-faults loss,skew  --without console,operators  --consumers 1  --services 1  --life 5  --faults-max 3
  --mutants             plant each fault of test/simulation/mutants.ts and count the seeds until it is noticed
  --baseline            the usual design in the same world, beside ours (--seeds 2000)
  --exhaustive          every call of one life with every fault (--pairs: every two of them)
  --write               put the table into docs/reliability.md (with --mutants, --baseline, --exhaustive)
  --json                print the result as JSON`;

const { values } = parseArgs({
  options: {
    seeds: { type: "string" },
    from: { type: "string" },
    minutes: { type: "string" },
    workers: { type: "string" },
    seed: { type: "string" },
    trace: { type: "boolean" },
    mutants: { type: "boolean" },
    baseline: { type: "boolean" },
    exhaustive: { type: "boolean" },
    pairs: { type: "boolean" },
    json: { type: "boolean" },
    write: { type: "boolean" },
    help: { type: "boolean" },
    without: { type: "string" },
    "without-faults": { type: "string" },
    consumers: { type: "string" },
    services: { type: "string" },
    life: { type: "string" },
    "faults-max": { type: "string" },
  },
});

const whole = (text: string | undefined, otherwise: number): number => {
  const number = text === undefined ? otherwise : Number(text);
  if (!Number.isInteger(number) || number < 0) throw new Error(`${String(text)} is not a whole number; try --help`);
  return number;
};
const said: string[] = [];
const say = (text: string): void => {
  said.push(text);
  process.stdout.write(`${text}\n`);
};
const note = (text: string): void => void process.stderr.write(text);
const count = (number: number): string => number.toLocaleString("en-US");

if (values.help === true) say(usage);
else if (values.seed !== undefined) await one(whole(values.seed, 1));
else if (values.mutants === true)
  process.exitCode = await printMutants({
    json: values.json === true,
    seedsMax: whole(values.seeds, 3000),
    workers: whole(values.workers, availableParallelism()),
    say,
    note,
  });
else if (values.baseline === true) await printBaseline({ json: values.json === true, seeds: whole(values.seeds, 2000), say, note });
else if (values.exhaustive === true)
  process.exitCode = await printExhaustive({
    pairs: values.pairs === true,
    json: values.json === true,
    workers: whole(values.workers, availableParallelism()),
    say,
    note,
  });
else await many();
if (values.write === true) await write();

/** The table as it was printed, under the command that printed it. */
async function write(): Promise<void> {
  const name = nameOfTable();
  if (name === undefined || values.json === true)
    throw new Error("--write goes with --mutants, --baseline or --exhaustive, and not with --json");
  const command = ["npm run simulate --", ...process.argv.slice(2).filter((word) => word !== "--write")].join(" ");
  await putBlocks("docs/reliability.md", { [name]: `\`${command}\` at ${commit()}:\n\n${said.join("\n")}` });
}

function nameOfTable(): string | undefined {
  if (values.mutants === true) return "mutants";
  if (values.baseline === true) return "baseline";
  if (values.exhaustive === true) return values.pairs === true ? "pairs" : "exhaustive";
  return undefined;
}

function commit(): string {
  const git = (...words: string[]): string => execFileSync("git", words, { encoding: "utf8" }).trim();
  return `${git("rev-parse", "--short", "HEAD")}${git("status", "--porcelain") === "" ? "" : ", and what is not committed"}`;
}

async function one(seed: number): Promise<void> {
  const setup = changed(draw(seed));
  const lived = await live(setup, system, true);
  if (values.trace === true) for (const line of lived.story ?? []) say(line);
  const { violation, steps, calls, commits, injected, faults } = lived;
  if (values.json === true) say(JSON.stringify({ seed, violation, steps, calls, commits, injected, faults, trace: traceHash(lived) }));
  else
    say(
      `seed ${String(seed)}: ${violation === undefined ? "nothing is violated" : `VIOLATED: ${violation.invariant}: ${violation.detail}`}; ${count(steps)} steps, ${count(calls)} calls, ${count(commits)} commits, ${count(injected)} faults; trace ${traceHash(lived).slice(0, 16)}`,
    );
  if (violation !== undefined) process.exitCode = 1;
}

function changed(setup: Setup): Setup {
  const named = (text: string | undefined): string[] => (text === undefined || text === "" ? [] : text.split(","));
  const dropped = named(values["without-faults"]);
  return {
    ...setup,
    rates: Object.fromEntries(Object.entries(setup.rates).filter(([kind]) => !dropped.includes(kind))),
    without: named(values.without) as ActorKind[],
    consumers: whole(values.consumers, setup.consumers),
    services: whole(values.services, setup.services),
    minutes: whole(values.life, setup.minutes),
    faultsMax: values["faults-max"] === undefined ? setup.faultsMax : whole(values["faults-max"], 0),
  };
}

async function many(): Promise<void> {
  const seeds = values.minutes !== undefined && values.seeds === undefined ? Infinity : whole(values.seeds, 1000);
  const until = values.minutes === undefined ? Infinity : performance.now() + Number(values.minutes) * 60_000;
  const began = performance.now();
  const tally = await crowd(whole(values.from, 1), seeds, until, began);
  const seconds = (performance.now() - began) / 1000;
  if (values.json === true) say(JSON.stringify({ ...tally, seconds: Math.round(seconds) }));
  else report(tally, seconds);
  const [first] = tally.failures.sort((a, b) => a.seed - b.seed);
  if (first === undefined) return;
  process.exitCode = 1;
  if (values.json !== true) await tellShortest(first.seed);
}

/** Every core lives the next stretch of seeds until there are no more, or the time is over. */
async function crowd(from: number, seeds: number, until: number, began: number): Promise<Tally> {
  const size = Math.min(200, Math.max(10, Math.ceil(seeds / 20)));
  const tally = emptyTally();
  let next = from;
  let shown = 0;
  await share<SeedWork>(
    new URL("../test/simulation/worker.ts", import.meta.url),
    whole(values.workers, availableParallelism()),
    () => {
      const left = from + seeds - next;
      if (left <= 0 || performance.now() >= until || tally.failures.length >= 20) return undefined;
      next += size;
      return { from: next - size, count: Math.min(size, left) };
    },
    (more) => {
      sum(tally, more);
      for (const { seed, invariant } of more.failures) note(`\nseed ${String(seed)} violates: ${invariant}\n`);
      if (performance.now() - shown < 500) return;
      shown = performance.now();
      progress(tally, seeds, until, began);
    },
  );
  note("\r\u001B[K");
  return tally;
}

function progress({ seeds, failures }: Tally, wanted: number, until: number, began: number): void {
  const passed = (performance.now() - began) / 1000;
  const rate = seeds / passed;
  const share = Number.isFinite(wanted) ? seeds / wanted : passed / ((until - began) / 1000);
  const bar = "█".repeat(Math.round(share * 24)).padEnd(24, "░");
  const left = Math.max(0, passed / share - passed);
  const line = `${bar} ${count(seeds)} seeds, ${rate.toFixed(0)}/s, ${count(failures.length)} failed, about ${left > 90 ? `${(left / 60).toFixed(0)} min` : `${left.toFixed(0)} s`} left`;
  note(process.stderr.isTTY ? `\r\u001B[K${line}` : passed > 5 ? `${line}\n` : "");
}

function report(tally: Tally, seconds: number): void {
  say(
    `${count(tally.seeds)} seeds in ${seconds.toFixed(0)} s (${(tally.seeds / seconds).toFixed(0)} a second): ${tally.failures.length === 0 ? "nothing is violated" : `${String(tally.failures.length)} VIOLATED`}`,
  );
  say(
    `${count(tally.connections)} connections, ${count(tally.steps)} steps, ${count(tally.calls)} calls, ${count(tally.commits)} commits, ${count(tally.injected)} faults; ${count(tally.twice)} seeds lived twice with the same trace`,
  );
  for (const kind of allFaultKinds) say(`  ${kind.padEnd(14)} ${count(tally.faults[kind] ?? 0).padStart(13)}`);
  for (const { seed, invariant, detail } of tally.failures.slice(0, 20)) say(`seed ${String(seed)}: ${invariant}: ${detail}`);
}

async function tellShortest(seed: number): Promise<void> {
  note("looking for the shortest life that shows it …\n");
  const { lived, tried, command } = await shrink(draw(seed), system);
  if (lived.violation === undefined) return say(`seed ${String(seed)} shows nothing alone: ${commandOf(draw(seed))}`);
  say(`\nThe shortest of ${String(tried)} lives tried:\n`);
  for (const line of lived.story ?? []) say(line);
  say(`\nViolated: ${lived.violation.invariant}\n  ${lived.violation.detail}\nAgain: ${command}`);
}
