// Event patterns: one row per operator, as AWS documents them.
import { describe, expect, it } from "vitest";

import { checkPattern, matches } from "../../local/services/events-pattern.ts";

const event = {
  source: "drawbridge",
  "detail-type": "ConnectionApproved",
  resources: ["arn:one", "arn:two"],
  detail: {
    state: "Approved",
    count: 7,
    price: 0.5,
    flag: true,
    nothing: null,
    empty: "",
    ip: "10.1.2.3",
    file: "report-2026.csv",
    rows: [
      { kind: "a", size: 1 },
      { kind: "b", size: 2 },
    ],
  },
};

const TABLE: readonly (readonly [string, object, boolean])[] = [
  ["exact", { source: ["drawbridge"] }, true],
  ["exact is case-sensitive", { source: ["Drawbridge"] }, false],
  ["any value of the list", { "detail-type": ["Other", "ConnectionApproved"] }, true],
  ["all fields", { source: ["drawbridge"], "detail-type": ["Other"] }, false],
  ["nested", { detail: { state: ["Approved"] } }, true],
  ["a number", { detail: { count: [7] } }, true],
  ["a number is not a text", { detail: { count: ["7"] } }, false],
  ["true", { detail: { flag: [true] } }, true],
  ["null", { detail: { nothing: [null] } }, true],
  ["an absent field is not null", { detail: { other: [null] } }, false],
  ["the empty text", { detail: { empty: [""] } }, true],
  ["any element of an array", { resources: ["arn:two"] }, true],
  ["prefix", { "detail-type": [{ prefix: "Connection" }] }, true],
  ["prefix, not", { "detail-type": [{ prefix: "Entry" }] }, false],
  ["prefix ignoring case", { "detail-type": [{ prefix: { "equals-ignore-case": "connection" } }] }, true],
  ["suffix", { detail: { file: [{ suffix: ".csv" }] } }, true],
  ["suffix ignoring case", { detail: { file: [{ suffix: { "equals-ignore-case": ".CSV" } }] } }, true],
  ["equals-ignore-case", { detail: { state: [{ "equals-ignore-case": "APPROVED" }] } }, true],
  ["anything-but", { detail: { state: [{ "anything-but": "Denied" }] } }, true],
  ["anything-but, not", { detail: { state: [{ "anything-but": ["Approved", "Denied"] }] } }, false],
  ["anything-but needs the field", { detail: { other: [{ "anything-but": "x" }] } }, false],
  ["anything-but prefix", { detail: { state: [{ "anything-but": { prefix: "App" } }] } }, false],
  ["anything-but prefixes", { detail: { state: [{ "anything-but": { prefix: ["Den", "Rej"] } }] } }, true],
  ["anything-but suffix", { detail: { file: [{ "anything-but": { suffix: ".txt" } }] } }, true],
  ["anything-but wildcard", { detail: { file: [{ "anything-but": { wildcard: "*.csv" } }] } }, false],
  ["anything-but a number", { detail: { count: [{ "anything-but": [7] }] } }, false],
  ["exists", { detail: { state: [{ exists: true }] } }, true],
  ["exists false", { detail: { other: [{ exists: false }] } }, true],
  ["exists false, not", { detail: { state: [{ exists: false }] } }, false],
  ["exists below an absent parent", { detail: { other: { deep: [{ exists: false }] } } }, true],
  ["exists or a value", { detail: { other: [{ exists: false }, "x"] } }, true],
  ["numeric", { detail: { count: [{ numeric: [">", 5, "<=", 7] }] } }, true],
  ["numeric, not", { detail: { count: [{ numeric: [">", 7] }] } }, false],
  ["numeric equals", { detail: { price: [{ numeric: ["=", 0.5] }] } }, true],
  ["wildcard", { detail: { file: [{ wildcard: "report-*.csv" }] } }, true],
  ["wildcard, escaped", { detail: { file: [{ wildcard: "report-\\*.csv" }] } }, false],
  ["wildcard does not see dots as any", { detail: { file: [{ wildcard: "report-2026?csv" }] } }, false],
  ["cidr", { detail: { ip: [{ cidr: "10.1.0.0/16" }] } }, true],
  ["cidr, not", { detail: { ip: [{ cidr: "10.2.0.0/16" }] } }, false],
  ["$or", { detail: { $or: [{ state: ["Denied"] }, { count: [{ numeric: [">", 5] }] }] } }, true],
  ["$or, none", { $or: [{ source: ["other"] }, { "detail-type": ["Other"] }] }, false],
  ["one element of an array as a whole", { detail: { rows: { kind: ["a"], size: [1] } } }, true],
  ["not from two elements", { detail: { rows: { kind: ["a"], size: [2] } } }, false],
];

describe("event patterns", () => {
  it.each(TABLE)("%s", (_name, pattern, expected) => {
    checkPattern(pattern);
    expect(matches({ ...pattern }, event)).toBe(expected);
  });

  it.each([
    ["a value outside of a list", { source: "drawbridge" }],
    ["an empty list", { source: [] }],
    ["an empty object", { detail: {} }],
    ["an unknown operator", { source: [{ like: "x" }] }],
    ["two operators in one", { source: [{ prefix: "a", suffix: "b" }] }],
    ["a numeric comparison with text", { detail: { count: [{ numeric: [">", "5"] }] } }],
    ["an unknown comparison", { detail: { count: [{ numeric: ["!=", 5] }] } }],
    ["exists with text", { detail: { count: [{ exists: "yes" }] } }],
    ["an $or of one", { $or: [{ source: ["a"] }] }],
    ["nothing", {}],
  ])("refuses %s", (_name, pattern) => {
    expect(() => checkPattern(pattern)).toThrow(expect.objectContaining({ code: "InvalidEventPatternException" }));
  });
});
