// Many lives: what a stretch of seeds came to, summed up, with a sample lived twice to prove that a seed tells all.

import { createHash } from "node:crypto";
import type { FaultKind } from "./faults.ts";
import { draw, live, type Lived } from "./life.ts";
import type { Setup, System } from "./world.ts";

export interface Failure {
  readonly seed: number;
  readonly invariant: string;
  readonly detail: string;
}

export interface Tally {
  seeds: number;
  steps: number;
  calls: number;
  commits: number;
  connections: number;
  injected: number;
  /** Seeds lived twice, their traces compared byte for byte. */
  twice: number;
  readonly faults: Partial<Record<FaultKind, number>>;
  readonly failures: Failure[];
}

export const emptyTally = (): Tally => ({
  seeds: 0,
  steps: 0,
  calls: 0,
  commits: 0,
  connections: 0,
  injected: 0,
  twice: 0,
  faults: {},
  failures: [],
});

/** Failures kept of one stretch. */
const failuresMax = 20;

export async function stretch(from: number, count: number, system: System, changes: Partial<Setup> = {}): Promise<Tally> {
  const tally = emptyTally();
  await provesItself(from, system, tally, changes);
  for (let seed = from; seed < from + count; seed += 1) add(tally, seed, await live(draw(seed, changes), system));
  return tally;
}

function add(tally: Tally, seed: number, { steps, calls, commits, connections, injected, faults, violation }: Lived): void {
  tally.seeds += 1;
  tally.steps += steps;
  tally.calls += calls;
  tally.commits += commits;
  tally.connections += connections;
  tally.injected += injected;
  for (const [kind, count] of Object.entries(faults) as [FaultKind, number][]) tally.faults[kind] = (tally.faults[kind] ?? 0) + count;
  if (violation !== undefined && tally.failures.length < failuresMax)
    tally.failures.push({ seed, invariant: violation.invariant, detail: violation.detail });
}

/** The same seed gives the same trace, byte for byte; a difference is a failure of the harness. */
async function provesItself(seed: number, system: System, tally: Tally, changes: Partial<Setup>): Promise<void> {
  const once = traceHash(await live(draw(seed, changes), system, true));
  const again = traceHash(await live(draw(seed, changes), system, true));
  tally.twice += 1;
  if (once !== again) tally.failures.push({ seed, invariant: "the same seed gives the same trace", detail: `${once} and ${again}` });
}

export const traceHash = (lived: Lived): string =>
  createHash("sha256")
    .update((lived.story ?? []).join("\n"))
    .digest("hex");

export function sum(into: Tally, more: Tally): void {
  for (const key of ["seeds", "steps", "calls", "commits", "connections", "injected", "twice"] as const) into[key] += more[key];
  for (const [kind, count] of Object.entries(more.faults) as [FaultKind, number][]) into.faults[kind] = (into.faults[kind] ?? 0) + count;
  into.failures.push(...more.failures);
}
