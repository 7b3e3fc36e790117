// Real time, as local AWS runs on when no test hands in its own clock.

import type { Clock } from "./service.ts";

export function wallClock(): Clock {
  return {
    now: () => Date.now(),
    after(ms, work) {
      const timer = setTimeout(work, ms);
      // A pending change of state must not keep a finished process alive.
      timer.unref();
      return () => clearTimeout(timer);
    },
  };
}
