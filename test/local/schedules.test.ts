// When rate and cron expressions fire.
import { describe, expect, it } from "vitest";

import { parseSchedule } from "../../local/services/events-schedule.ts";

const NOW = Date.parse("2026-11-23T20:30:15Z");

function next(expression: string, from = NOW): string | undefined {
  const moment = parseSchedule(expression, NOW).next(from);
  return moment === undefined ? undefined : new Date(moment).toISOString().slice(0, 16);
}

describe("schedules", () => {
  it.each([
    ["rate(1 minute)", "2026-11-23T20:31"],
    ["rate(5 minutes)", "2026-11-23T20:35"],
    ["rate(1 day)", "2026-11-24T20:30"],
    ["cron(0/15 * * * ? *)", "2026-11-23T20:45"],
    ["cron(0 9 * * ? *)", "2026-11-24T09:00"],
    ["cron(0 9 ? * MON-FRI *)", "2026-11-24T09:00"],
    ["cron(0 9 ? * SUN *)", "2026-11-29T09:00"],
    ["cron(0 0 1 * ? *)", "2026-12-01T00:00"],
    ["cron(0 0 L * ? *)", "2026-11-30T00:00"],
    ["cron(0 8 ? * 2#1 *)", "2026-12-07T08:00"],
    ["cron(0 8 ? * 6L *)", "2026-11-27T08:00"],
    ["cron(0 12 28W * ? *)", "2026-11-27T12:00"],
    ["cron(30 10 1 JAN,JUL ? 2027)", "2027-01-01T10:30"],
    ["at(2026-12-01T10:00:00)", "2026-12-01T10:00"],
  ])("%s fires at %s", (expression, expected) => {
    expect(next(expression)).toBe(expected);
  });

  it("a rate goes on from when it was made", () => {
    expect(next("rate(2 minutes)", NOW + 130_000)).toBe("2026-11-23T20:34");
  });

  it("is over when no time is left", () => {
    expect(next("cron(0 0 1 1 ? 2020)")).toBeUndefined();
    expect(next("at(2020-01-01T00:00:00)")).toBeUndefined();
  });

  it.each([
    "rate(1 minutes)",
    "rate(5 minute)",
    "rate(0 minutes)",
    "cron(* * * * * *)",
    "cron(0 9 * * ?)",
    "cron(61 * * * ? *)",
    "every minute",
  ])("refuses %s", (expression) => {
    expect(() => parseSchedule(expression, NOW)).toThrow("ScheduleExpression is not valid");
  });
});
