// Every call of one life with every fault at it, singly and in pairs: all must end right.

import { draw, live, type Lived } from "./life.ts";
import type { FaultKind } from "./faults.ts";
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

/** Every two faults; `part` of `parts` for those who share the work. */
export async function inPairs(scenario: Scenario, part = 0, parts = 1, note: (done: number) => void = () => undefined): Promise<Swept> {
  const calls = await callsOf(scenario);
  let total: Swept = { cases: 0, converged: 0, failed: [] };
  for (let first = 1 + part; first <= calls; first += parts) {
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
    const swept = await sweepOver(scenario, scripts, system);
    total = {
      cases: total.cases + swept.cases,
      converged: total.converged + swept.converged,
      failed: [...total.failed, ...swept.failed].slice(0, 10),
    };
    note(total.cases);
  }
  return total;
}

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
  readonly say: (line: string) => void;
  readonly note: (text: string) => void;
}

export async function printExhaustive({ pairs, json, say, note }: Options): Promise<number> {
  let code = 0;
  if (!json) say("| case | calls | lives | ended right |\n|---|--:|--:|--:|");
  for (const scenario of Object.keys(scenarios) as Scenario[]) {
    const swept = pairs ? await inPairs(scenario, 0, 1, (done) => note(`\r\u001B[K${scenario}: ${String(done)}`)) : await singly(scenario);
    if (pairs) note("\r\u001B[K");
    if (swept.converged !== swept.cases) code = 1;
    if (json) say(JSON.stringify({ scenario, pairs, ...swept }));
    else {
      const [lives, right] = [swept.cases, swept.converged].map((number) => number.toLocaleString("en-US"));
      say(`| ${scenario} | ${String(await callsOf(scenario))} | ${String(lives)} | ${String(right)} |`);
      for (const { script, invariant, detail } of swept.failed) note(`${scenario}, ${script}: ${invariant}: ${detail}\n`);
    }
  }
  return code;
}
