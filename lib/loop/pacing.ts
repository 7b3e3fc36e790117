// How fast a function calls what AWS throttles: at once until AWS says no, then as slowly as its bucket refills, and not for long.

import { Fault } from "../faults.ts";
import type { Calls } from "../ports.ts";

/** AWS's buckets for Accept and Reject hold 10 calls and gain one a second, for the whole account and Region. */
const refillMs = 1000;
const waitMsMax = 8000;

/** From the first throttle on, one invocation makes at most so many calls of an action; the rest goes back to the queue. */
export const callsAfterThrottleMax = 60;
/** So many throttles in a row mean that somebody else is at the bucket: there is no use in waiting here. */
export const throttlesInRowMax = 5;
/** What a function keeps of its time to record what was done, and to give back the rest. */
export const reserveMs = 20_000;

/** The code of the fault that ends an invocation's calls after AWS has taken some: the rest has only not had its turn. */
export const outOfTurn = "OutOfTurn";

/** Where the calls of one action stand in one invocation. */
interface Pace {
  readonly throttled: boolean;
  readonly callsSince: number;
  readonly inRow: number;
}

const unhurried: Pace = { throttled: false, callsSince: 0, inRow: 0 };

/** The pace after a call; `refused` by a throttle, or by any other error that passes. */
function paceAfter(pace: Pace, answer: "taken" | "refused"): Pace {
  if (!pace.throttled) return answer === "taken" ? pace : { throttled: true, callsSince: 0, inRow: 1 };
  return { throttled: true, callsSince: pace.callsSince + 1, inRow: answer === "taken" ? 0 : pace.inRow + 1 };
}

/** How long to wait before the next call, or that there should be none. `chance`, from 0 to 1, keeps two functions out of step. */
function waitBefore(pace: Pace, leftMs: number, chance: number): number | "leave" {
  if (pace.callsSince >= callsAfterThrottleMax || pace.inRow >= throttlesInRowMax) return "leave";
  const base = pace.throttled ? Math.min(refillMs * 2 ** Math.max(0, pace.inRow - 1), waitMsMax) : 0;
  const wait = Math.round(base * (1 + chance / 2));
  return leftMs - wait < reserveMs ? "leave" : wait;
}

/** The time of one invocation. */
export interface Time {
  /** Until Lambda ends the function. */
  readonly leftMs: () => number;
  readonly wait: (milliseconds: number) => Promise<void>;
  /** From 0 to 1. */
  readonly chance: () => number;
}

/** The calls of one action in one invocation. What AWS refuses for now is tried again at the pace above, then given up with a retryable fault. */
export function pacedCalls(time: Time): Calls {
  let pace = unhurried;
  let refusal: Fault | undefined;
  let taken = 0;
  const ended = (): Fault => {
    const { code = "OutOfTime", where = "the function", message = "its time is nearly over" } = refusal ?? {};
    if (taken === 0) return refusal ?? new Fault(code, where, message, true);
    return new Fault(outOfTurn, where, `AWS has taken ${String(taken)} calls for now (${code}); the rest comes again soon`, true, refusal);
  };
  return {
    make: async (call) => {
      for (;;) {
        const wait = waitBefore(pace, time.leftMs(), time.chance());
        if (wait === "leave") throw ended();
        if (wait > 0) await time.wait(wait);
        try {
          const result = await call();
          pace = paceAfter(pace, "taken");
          taken += 1;
          return result;
        } catch (error) {
          const passing = error instanceof Fault && error.retryable;
          pace = paceAfter(pace, passing ? "refused" : "taken");
          if (!passing) throw error;
          refusal = error;
        }
      }
    },
  };
}
