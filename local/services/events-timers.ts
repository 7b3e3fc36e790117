// The rules that fire by the clock.
import type { Clock } from "../service.ts";
import type { Rule } from "./events-rules.ts";
import { parseSchedule } from "./events-schedule.ts";

export interface RuleTimers {
  /** Sets the rule's timer anew, or clears it when the rule is off or has no schedule. */
  readonly arm: (rule: Rule) => void;
  readonly close: () => void;
}

export function createRuleTimers(clock: Clock, firstTick: number, ring: (rule: Rule, time: number) => void): RuleTimers {
  const timers = new Map<string, () => void>();
  return {
    arm(rule) {
      timers.get(rule.arn)?.();
      timers.delete(rule.arn);
      if (rule.scheduleExpression === undefined || !rule.enabled) return;
      const schedule = parseSchedule(rule.scheduleExpression, clock.now(), firstTick);
      const wait = (from: number): void => {
        const next = schedule.next(from);
        if (next === undefined) return;
        const fire = (): void => {
          wait(Math.max(next, clock.now()));
          ring(rule, next);
        };
        timers.set(rule.arn, clock.after(Math.max(1, next - clock.now()), fire));
      };
      wait(clock.now());
    },
    close: () => timers.forEach((cancel) => cancel()),
  };
}
