// The bench's own arithmetic: medians, differences, tables; what DynamoDB bills for a row; what a bill comes to.

import { describe, expect, test } from "vitest";
import { metricsIn } from "../../scripts/bench/cost.ts";
import { billed, cost, monthly, monthlyOf, nothing, plus, prices, scheduled, times } from "../../scripts/bench/prices.ts";
import { difference, markdown, median, quantile, shown } from "../../scripts/bench/figures.ts";
import { readTemplate } from "../../scripts/template.ts";
import { readUnits, rowBytes, tableShapes, writeUnits } from "../../scripts/bench/units.ts";

const template = await readTemplate();

describe("figures", () => {
  test("a median is the middle one, or between the two middle ones", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(quantile([1, 2, 3, 4, 5], 0.9)).toBeCloseTo(4.6);
    expect(() => median([])).toThrow(/needs values/);
  });

  test("a difference leaves out what did not move", () => {
    expect(difference({ a: 1, b: 2 }, { a: 4, b: 2, c: 3 })).toEqual({ a: 3, c: 3 });
  });

  test("a figure has as many digits as it deserves", () => {
    expect([0.5, 12.34, 991.2, 1000, 16_991].map(shown)).toEqual(["0.50", "12.3", "991", "1,000", "16,991"]);
  });

  test("a section reads as Markdown, with its targets told apart", () => {
    const text = markdown({
      name: "x",
      title: "A title",
      tables: [
        {
          head: ["who", "s"],
          rows: [
            ["we", 1.5],
            ["they", ""],
          ],
        },
      ],
      notes: ["one", "two"],
      targets: [
        { what: "fast", wanted: "under 2 s", got: "1.5 s", reached: true },
        { what: "small", wanted: "0.4", got: "0.5", reached: false },
      ],
    });
    expect(text).toContain("## A title\n\n| who  |    s |\n| ---- | ---: |\n| we   | 1.50 |\n| they |      |");
    expect(text).toContain("| fast   | under 2 s | 1.5 s | reached         |");
    expect(text).toContain("**not reached**");
    expect(text.endsWith("\n\n- one\n- two")).toBe(true);
  });
});

describe("what DynamoDB bills", () => {
  const template = {
    Resources: {
      Log: {
        Type: "AWS::DynamoDB::Table",
        Properties: {
          GlobalSecondaryIndexes: [
            { KeySchema: [{ AttributeName: "actor" }, { AttributeName: "atKey" }] },
            { KeySchema: [{ AttributeName: "decision" }, { AttributeName: "atKey" }] },
          ],
        },
      },
      Plain: { Type: "AWS::DynamoDB::Table", Properties: {} },
      Queue: { Type: "AWS::SQS::Queue" },
    },
  };
  const shapes = tableShapes(template);

  test("a row's size is its names and values", () => {
    expect(rowBytes({ id: "abc" })).toBe(5);
    expect(rowBytes({ id: "é" })).toBe(4);
    expect(rowBytes({ n: 12_345, yes: true })).toBe(1 + 4 + 3 + 1);
    expect(rowBytes({ list: ["a", "b"] })).toBe(4 + 3 + 2 + 2);
    expect(rowBytes({ map: { k: "v" } })).toBe(3 + 3 + 1 + 1 + 1);
    expect(rowBytes({ gone: undefined, id: "" })).toBe(4 + 2);
  });

  test("a write costs a unit for each KB, twice in a transaction, and once for each index the row stands in", () => {
    expect(Object.keys(shapes)).toEqual(["Log", "Plain"]);
    const log = shapes["Log"] ?? { indexes: [] };
    expect(writeUnits({ id: "x" }, log, false)).toBe(1);
    expect(writeUnits({ actor: "x", atKey: "y" }, log, true)).toBe(2 + 1);
    expect(writeUnits({ actor: "x", decision: "z", atKey: "y".repeat(1500) }, log, true)).toBe(4 + 4);
    expect(writeUnits({ id: "x" }, shapes["Plain"] ?? { indexes: [] }, true)).toBe(2);
  });

  test("a read costs a unit for each 4 KB, for a missing row too, and half when it may be stale", () => {
    expect(readUnits([{ id: "x" }, undefined])).toBe(2);
    expect(readUnits([{ id: "x".repeat(5000) }])).toBe(2);
    expect(readUnits([{ id: "x" }], false)).toBe(0.5);
  });
});

describe("a bill", () => {
  test("is each count at its price", () => {
    expect(cost(nothing)).toBe(0);
    expect(cost({ ...nothing, writeUnits: 1_000_000, lambdaRequests: 1_000_000 })).toBeCloseTo(0.825);
    expect(Object.values(prices).every((price) => price > 0)).toBe(true);
  });

  test("adds up and multiplies", () => {
    const one = { ...nothing, readUnits: 2, events: 3 };
    expect(plus(times(one, 10), one)).toEqual({ ...nothing, readUnits: 22, events: 33 });
  });
});

describe("what is billed", () => {
  test("each type of the template's resources has a price, or a reason why it has none", () => {
    const types = [...new Set(Object.values(template.Resources).map(({ Type }) => Type))];
    expect(types.filter((type) => billed[type] === undefined)).toEqual([]);
    const priced = new Set(Object.values(billed).flatMap((kinds) => (typeof kinds === "string" ? [] : kinds)));
    expect([...priced].toSorted()).toEqual([...Object.keys(prices), ...Object.keys(monthly)].toSorted());
  });

  test("every function that the clock wakes is counted", () => {
    expect(scheduled(template).toSorted()).toEqual(["CheckpointLambdaFunction", "NotifyLambdaFunction", "SweepLambdaFunction"]);
  });

  test("an alarm costs as much as it watches", () => {
    const functions = Object.values(template.Resources).filter(({ Type }) => Type === "AWS::Lambda::Function").length;
    const alarms = Object.values(template.Resources).filter(({ Type }) => Type === "AWS::CloudWatch::Alarm").length;
    expect(monthlyOf(template, 0).alarmMetrics).toBe(alarms - 2 + 2 * functions);
  });

  test("a metric is one for each name and set of dimensions, however often it is told", () => {
    const line = (service: string): string =>
      JSON.stringify({
        _aws: { CloudWatchMetrics: [{ Namespace: "Drawbridge/dev", Dimensions: [["service"]], Metrics: [{ Name: "A" }, { Name: "B" }] }] },
        service,
        A: 1,
        B: 2,
      });
    expect(metricsIn([line("sweep"), line("sweep"), line("observe"), "START"])).toBe(4);
  });
});
