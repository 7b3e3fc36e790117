// A clock that stands still until it is told otherwise, and ids that count: nothing in a story depends on the day.

import { instant, milliseconds, type Instant } from "../../lib/ids.ts";
import type { Clock, NewId } from "../../lib/ports.ts";

export interface FakeClock {
  readonly now: Clock;
  advance(seconds: number): Instant;
  set(at: Instant): void;
}

export function fakeClock(start = "2026-11-23T12:00:00.000Z"): FakeClock {
  let at = start as Instant;
  return {
    now: () => at,
    advance: (seconds) => (at = instant(milliseconds(at) + seconds * 1000)),
    set: (to) => {
      at = to;
    },
  };
}

/** `id-1`, `id-2` … */
export function countingIds(prefix = "id"): NewId {
  let count = 0;
  return () => `${prefix}-${String((count += 1))}`;
}
