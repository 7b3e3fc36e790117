// A log line is one JSON object with the keys of its work; counts are lines that CloudWatch reads as metrics.

import { describe, expect, test } from "vitest";
import { Fault } from "../../lib/faults.ts";
import { functionCounts } from "../../lib/lambda/counts.ts";
import { functionLog, withLogKeys, type LogKeys } from "../../lib/lambda/log.ts";

type Line = Readonly<Record<string, unknown>>;
function logged(work: (log: ReturnType<typeof functionLog>) => void): Line[] {
  const lines: string[] = [];
  work(functionLog("admit", (line) => void lines.push(line)));
  for (const line of lines) expect(line).not.toContain("\n");
  return lines.map((line) => JSON.parse(line) as Line);
}

describe("a line", () => {
  test("says when, who, how bad, what, and what it is about", () => {
    const [line] = logged((log) =>
      withLogKeys({ connection: "vpce-1", type: "x" }, () => withLogKeys({ type: "y" }, () => log.info("Swept", { events: 2 }))),
    );
    expect(line).toEqual({
      level: "INFO",
      message: "Swept",
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
      service: "drawbridge-admit",
      connection: "vpce-1",
      type: "y",
      events: 2,
    });
  });

  test("of an error has its code, words, stack and causes, and whether a retry can help", () => {
    const cause = new TypeError("socket hang up");
    const [line, other] = logged((log) => {
      log.error("A request failed", new Fault("Throttled", "sns:Publish", "slow down", true, cause), { requestId: "r-1" });
      log.error("Odd", "only text");
    });
    expect(line).toMatchObject({
      level: "ERROR",
      code: "Throttled",
      reason: "sns:Publish: Throttled: slow down",
      where: "sns:Publish",
      retryable: true,
      requestId: "r-1",
      error: {
        name: "Fault",
        stack: expect.stringContaining("log-and-counts.test.ts") as string,
        cause: { name: "TypeError", message: "socket hang up" },
      },
    });
    expect(other).toMatchObject({ code: "Unknown", reason: "only text" });
  });

  test("cannot be passed off as another, whatever its text and keys hold", () => {
    const forged = { level: "INFO", message: "nothing", service: "x", timestamp: "never" } as unknown as LogKeys;
    const [line] = logged((log) => log.warn('x\n{"level":"INFO"}', forged));
    expect(line).toMatchObject({ level: "WARN", message: 'x\n{"level":"INFO"}', service: "drawbridge-admit" });
    expect(line?.["timestamp"]).not.toBe("never");
  });

  test("is written though a key cannot be", () => {
    const ring: Record<string, unknown> = {};
    ring["ring"] = ring;
    const [first, second] = logged((log) => {
      log.info("a ring", { ring });
      log.info("large", { count: 12n });
    });
    expect(first).toMatchObject({ message: "a ring", unwritable: expect.stringContaining("circular") as string });
    expect(second).toMatchObject({ count: "12" });
  });
});

describe("counts", () => {
  function counted(work: (counts: ReturnType<typeof functionCounts>) => void): Line[] {
    const lines: string[] = [];
    work(functionCounts("sweep", (line) => void lines.push(line), "Drawbridge/test"));
    return lines.map((line) => JSON.parse(line) as Line);
  }

  test("are one line of CloudWatch's embedded metric format, and nothing when nothing was counted", () => {
    const [line, ...more] = counted((counts) => {
      counts.write();
      counts.add("ItemsReceived");
      counts.add("OldestQuestionAge", 61.5);
      counts.add("ItemsReceived", 2);
      counts.write();
      counts.write();
    });
    expect(more).toEqual([]);
    expect(line).toEqual({
      _aws: {
        Timestamp: expect.any(Number) as number,
        CloudWatchMetrics: [
          {
            Namespace: "Drawbridge/test",
            Dimensions: [["service"]],
            Metrics: [
              { Name: "ItemsReceived", Unit: "Count" },
              { Name: "OldestQuestionAge", Unit: "Seconds" },
            ],
          },
        ],
      },
      service: "sweep",
      ItemsReceived: [1, 2],
      OldestQuestionAge: 61.5,
    });
  });

  test("of more than a line takes go into another", () => {
    const lines = counted((counts) => {
      for (let index = 0; index < 250; index += 1) counts.add("ItemsFailed");
      counts.write();
    });
    expect(lines.map((line) => (line["ItemsFailed"] as number[]).length)).toEqual([100, 100, 50]);
  });
});
