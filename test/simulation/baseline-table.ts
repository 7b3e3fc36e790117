// The usual design beside ours: the same seeds, the same world, the same questions.

import { Baseline } from "./baseline.ts";
import { draw, live } from "./life.ts";
import { outcomes, type OutcomeName } from "./probes.ts";
import * as system from "./system.ts";
import type { Setup } from "./world.ts";

interface Options {
  readonly json: boolean;
  readonly seeds: number;
  readonly say: (line: string) => void;
  readonly note: (text: string) => void;
}

export interface Beside {
  readonly outcome: OutcomeName;
  readonly baseline: number;
  readonly ours: number;
}

/** How many of the seeds each outcome came about in. */
export async function sideBySide(
  seeds: number,
  note: (text: string) => void,
): Promise<{ beside: Beside[]; anyBaseline: number; anyOurs: number }> {
  const counts = new Map<OutcomeName, { baseline: number; ours: number }>();
  let anyBaseline = 0;
  let anyOurs = 0;
  for (let seed = 1; seed <= seeds; seed += 1) {
    const setup = readable(draw(seed, { besides: {} }));
    const ours = await live(setup, system);
    const theirs = await live(setup, system, false, (world) => new Baseline(world));
    for (const outcome of ours.outcomes) counts.set(outcome, { ...at(counts, outcome), ours: at(counts, outcome).ours + 1 });
    for (const outcome of theirs.outcomes) counts.set(outcome, { ...at(counts, outcome), baseline: at(counts, outcome).baseline + 1 });
    anyOurs += ours.outcomes.length > 0 || ours.violation !== undefined ? 1 : 0;
    anyBaseline += theirs.outcomes.length > 0 ? 1 : 0;
    if (process.stderr.isTTY && seed % 50 === 0) note(`\r\u001B[K${String(seed)}/${String(seeds)}`);
  }
  if (process.stderr.isTTY) note("\r\u001B[K");
  return { beside: (Object.keys(outcomes) as OutcomeName[]).map((outcome) => ({ outcome, ...at(counts, outcome) })), anyBaseline, anyOurs };
}

const at = (
  counts: ReadonlyMap<OutcomeName, { baseline: number; ours: number }>,
  outcome: OutcomeName,
): { baseline: number; ours: number } => counts.get(outcome) ?? { baseline: 0, ours: 0 };

export async function printBaseline({ json, seeds, say, note }: Options): Promise<void> {
  const { beside, anyBaseline, anyOurs } = await sideBySide(seeds, note);
  if (json) return say(JSON.stringify({ seeds, beside, anyBaseline, anyOurs }));
  const per = (count: number): string => Math.round((count / seeds) * 100_000).toLocaleString("en-US");
  say("| seeds of 100,000 in which, in the end, somebody is … | the usual design | Drawbridge |\n|---|--:|--:|");
  for (const { outcome, baseline, ours } of beside) say(`| ${outcome}: ${outcomes[outcome]} | ${per(baseline)} | ${per(ours)} |`);
  say(
    `| any of these | ${per(anyBaseline)} | ${per(anyOurs)} |\n\nfrom ${seeds.toLocaleString("en-US")} seeds, each lived by both designs`,
  );
}

/** The usual design reads ids out of the notification, so here the notification always has them. */
const readable = (setup: Setup): Setup =>
  setup.habits.notificationText === "without ids" ? { ...setup, habits: { ...setup.habits, notificationText: "words" } } : setup;
