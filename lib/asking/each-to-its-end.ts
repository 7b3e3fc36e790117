// Several people or places at once: who fails keeps no other from their turn, and what a retry can help is told before what it cannot.

import { Fault } from "../faults.ts";

export async function eachToItsEnd<T, Result>(items: readonly T[], work: (item: T) => Promise<Result>): Promise<Result[]> {
  const ended = await Promise.allSettled(items.map(work));
  throwAnyOf(ended.flatMap((one): unknown[] => (one.status === "rejected" ? [one.reason] : [])));
  return ended.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
}

/** One after the other. */
export async function inTurn(works: readonly (() => Promise<void>)[]): Promise<void> {
  const failed: unknown[] = [];
  for (const work of works) {
    try {
      await work();
    } catch (error) {
      failed.push(error);
    }
  }
  throwAnyOf(failed);
}

function throwAnyOf(failed: readonly unknown[]): void {
  if (failed.length > 0) throw failed.find((error) => error instanceof Fault && error.retryable) ?? failed[0];
}
