// Waiting before a call is tried again: longer each time, and not the same for everybody.

import { setTimeout as sleep } from "node:timers/promises";

/** Waits before the given retry, counted from 1. An argument of whoever waits, so that a test need not. */
export type Pause = (retry: number) => Promise<void>;

/** Half to all of 40, 80, 160 … ms, at most a second. */
export const pause: Pause = async (retry) => {
  const longest = Math.min(40 * 2 ** (retry - 1), 1000);
  await sleep(longest / 2 + (Math.random() * longest) / 2);
};
