// A clock that leaps: what AWS waits minutes and days for happens when a test says that the time has passed.

import type { Clock } from "../../local/service.ts";

export interface LeapingClock extends Clock {
  /** Time passes at once; what falls due happens now, each timer once. */
  readonly leap: (seconds: number) => void;
}

interface Timer {
  readonly due: number;
  readonly work: () => void;
  readonly cancel: () => void;
}

export function leapingClock(): LeapingClock {
  let ahead = 0;
  const timers = new Set<Timer>();
  const now = (): number => Date.now() + ahead;
  const fire = (timer: Timer): void => {
    if (!timers.delete(timer)) return;
    timer.cancel();
    timer.work();
  };
  return {
    now,
    after(ms, work) {
      // Node fires at once what lies more than 24 days ahead.
      const real = setTimeout(() => fire(timer), Math.min(ms, 2 ** 31 - 1));
      real.unref();
      const timer: Timer = { due: now() + ms, work, cancel: () => clearTimeout(real) };
      timers.add(timer);
      return () => {
        timer.cancel();
        timers.delete(timer);
      };
    },
    leap(seconds) {
      ahead += seconds * 1000;
      const due = [...timers].filter((timer) => timer.due <= now()).toSorted((a, b) => a.due - b.due);
      for (const timer of due) fire(timer);
    },
  };
}
