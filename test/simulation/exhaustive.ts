// Every call of one life with every fault at it, singly and in pairs: all must end right.

import { draw, live, type Lived } from "./life.ts";
import type { FaultKind } from "./faults.ts";
import type { PairWork } from "./pair-worker.ts";
import { share } from "./pool.ts";
import { circumstances, scenarios, type Scenario } from "./scenarios.ts";
import * as system from "./system.ts";
import type { Setup, System } from "./world.ts";

export const callFaults = [
  "crash-before",
  "crash-after",
  "timeout",
  "throttle",
  "error-after",
  "slow",
  "late",
] as const satisfies readonly FaultKind[];

export interface Swept {
  readonly cases: number;
  readonly converged: number;
  /** The script and what was violated, for the first few. */
  readonly failed: readonly { readonly script: string; readonly invariant: string; readonly detail: string }[];
}

/** A life in which nothing is left to chance but what the script says. */
export function scripted(scenario: Scenario, script: ReadonlyMap<number, FaultKind>): Setup {
  const { minutes = 4, acceptsRejected = false, vpcs = false } = circumstances[scenario] ?? {};
  const habits = {
    repeatRefused: true,
    acceptsRejected,
    showsDnsEarly: false,
    showsRegion: true,
    showsIpAddressType: true,
    notificationText: "words",
    notifiesDelete: true,
    idsMax: 1000,
  } as const;
  return draw(1, {
    rates: {},
    habits,
    minutes,
    services: 1,
    consumers: 0,
    latency: 20,
    pageSize: 1000,
    endpointsPerCall: 100,
    crowd: 0,
    scanner: false,
    without: [],
    besides: vpcs ? { vpcs } : {},
    // Its calls would be counted among those of the life that is told.
    sealed: false,
    script,
    scenario: scenarios[scenario],
  });
}

/** How many calls the life makes while faults may happen. */
export async function callsOf(scenario: Scenario): Promise<number> {
  return (await live(scripted(scenario, new Map()), system)).callsInChaos;
}

/** Every fault at every call; or one in so many, which still has every call and every fault. */
export async function singly(scenario: Scenario, use: System = system, oneIn = 1): Promise<Swept> {
  const calls = await callsOf(scenario);
  const scripts = Array.from({ length: calls }, (_, index) => callFaults.map((kind) => new Map([[index + 1, kind]]))).flat();
  return sweepOver(
    scenario,
    scripts.filter((_, index) => index % oneIn === 0),
    use,
  );
}

/** All pairs of these; of the others every tenth first call with all second ones. */
const inFull: ReadonlySet<Scenario> = new Set([
  "let in by an entry, then revoked",
  "approved by people, then deleted",
  "deleted while it is being named",
]);

/** Every `step`-th first call from `first` on, with all second ones. */
export interface PairsPart {
  readonly scenario: Scenario;
  readonly first: number;
  readonly step: number;
}

/** What the pairs of a case are, cut into so many parts for those who share the work. */
export function pairsOf(scenario: Scenario, parts = 1): PairsPart[] {
  const step = inFull.has(scenario) ? 1 : 10;
  return Array.from({ length: parts }, (_, part) => ({ scenario, first: 1 + part * step, step: step * parts }));
}

/** Every two faults. */
export async function inPairs({ scenario, first: from, step }: PairsPart): Promise<Swept> {
  const calls = await callsOf(scenario);
  let total = nothing;
  for (let first = from; first <= calls; first += step) {
    const scripts: Map<number, FaultKind>[] = [];
    for (let second = first + 1; second <= calls; second += 1)
      for (const one of callFaults)
        for (const two of callFaults)
          scripts.push(
            new Map([
              [first, one],
              [second, two],
            ]),
          );
    total = together(total, await sweepOver(scenario, scripts, system));
  }
  return total;
}

const nothing: Swept = { cases: 0, converged: 0, failed: [] };

const together = (a: Swept, b: Swept): Swept => ({
  cases: a.cases + b.cases,
  converged: a.converged + b.converged,
  failed: [...a.failed, ...b.failed].slice(0, 10),
});

async function sweepOver(scenario: Scenario, scripts: readonly ReadonlyMap<number, FaultKind>[], use: System): Promise<Swept> {
  const failed: { script: string; invariant: string; detail: string }[] = [];
  let converged = 0;
  for (const script of scripts) {
    const { violation }: Lived = await live(scripted(scenario, script), use);
    if (violation === undefined) converged += 1;
    else if (failed.length < 10)
      failed.push({ script: [...script].map(([call, kind]) => `${kind} at ${String(call)}`).join(", "), ...violation });
  }
  return { cases: scripts.length, converged, failed };
}

interface Options {
  readonly pairs: boolean;
  readonly json: boolean;
  readonly workers: number;
  readonly say: (line: string) => void;
  readonly note: (text: string) => void;
}

/** The table; gives the exit code: 1 when a life does not end right. */
export async function printExhaustive({ pairs, json, workers, say, note }: Options): Promise<number> {
  let code = 0;
  if (!json) say("| case | calls | lives | ended right |\n|---|--:|--:|--:|");
  for (const scenario of Object.keys(scenarios) as Scenario[]) {
    const swept = pairs ? await everyPair(scenario, workers, note) : await singly(scenario);
    if (swept.converged !== swept.cases) code = 1;
    if (json) say(JSON.stringify({ scenario, pairs, ...swept }));
    else {
      const [lives, right] = [swept.cases, swept.converged].map((number) => number.toLocaleString("en-US"));
      say(`| ${scenario}${pairs ? pairsWords(scenario) : ""} | ${String(await callsOf(scenario))} | ${String(lives)} | ${String(right)} |`);
      for (const { script, invariant, detail } of swept.failed) note(`${scenario}, ${script}: ${invariant}: ${detail}\n`);
    }
  }
  return code;
}

const pairsWords = (scenario: Scenario): string =>
  inFull.has(scenario) ? ": all pairs" : ": every tenth call, with all that come after it";

async function everyPair(scenario: Scenario, workers: number, note: Options["note"]): Promise<Swept> {
  let total = nothing;
  const jobs = pairsOf(scenario, 12).values();
  const next = (): PairsPart | undefined => jobs.next().value;
  await share<PairWork>(new URL("pair-worker.ts", import.meta.url), workers, next, (swept) => {
    total = together(total, swept);
    const line = `${scenario}: ${total.cases.toLocaleString("en-US")} lives`;
    note(process.stderr.isTTY ? `\r\u001B[K${line}` : `${line}\n`);
  });
  if (process.stderr.isTTY) note("\r\u001B[K");
  return total;
}
