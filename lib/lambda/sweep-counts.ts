// What one sweep of all services comes to in numbers: the alarms on ages, and on sweeps that do not finish, rest on these.

import { milliseconds, type Instant } from "../ids.ts";
import type { Swept } from "../loop/sweep.ts";
import type { Count } from "./counts.ts";

/** An age of 0 is told too, so that an alarm ends. A sweep with a service that failed, or whose turn did not come, has not finished. */
export function sweepCounts(all: readonly Swept[], now: Instant): readonly (readonly [Count, number])[] {
  const age = (instants: readonly (Instant | undefined)[]): number =>
    Math.max(0, ...instants.flatMap((since) => (since === undefined ? [] : [(milliseconds(now) - milliseconds(since)) / 1000])));
  return [
    ["QuestionsOpen", all.reduce((sum, { questions }) => sum + questions, 0)],
    ["OldestQuestionAge", age(all.map(({ oldestQuestion }) => oldestQuestion))],
    ["OldestUnfinishedAge", age(all.map(({ oldestUnfinished }) => oldestUnfinished))],
    ...(all.every(({ error, left }) => error === undefined && left !== true) ? [["SweepsFinished", 1] as const] : []),
  ];
}
