// The ready-made queries of the archive, held against Trino's grammar and run on events as they leave on the bus: what Athena's SQL and SQLite's have in common, with
// Athena's own functions beside it.

import { DatabaseSync } from "node:sqlite";
import { TrinoSQL } from "dt-sql-parser/dist/parser/trino/index.js";
import { beforeAll, expect, test } from "vitest";
import { detailOf } from "../../lib/aws/bus-event.ts";
import { eventTypes } from "../../lib/event-types.ts";
import { observe } from "../../lib/loop/observe.ts";
import { acme, endpoint, inCare, service } from "../operator/desk.ts";
import { endpointOf } from "../fakes/endpoint-services.ts";
import { at as member, ofType } from "./packaged.ts";

const queries = new Map(
  ofType("AWS::Athena::NamedQuery").map((query) => [String(member(query, "Name")), String(member(query, "QueryString"))]),
);
const query = (name: string): string => queries.get(name) ?? "";
let archive: DatabaseSync;
const ask = (sql: string) => archive.prepare(sql).all();

beforeAll(async () => {
  archive = new DatabaseSync(":memory:");
  archive.exec("CREATE TABLE events (id TEXT, time TEXT, detail_type TEXT, detail TEXT, day TEXT)");
  const scalar = (json: unknown, path: unknown): string | null => {
    const value = String(path)
      .slice(2)
      .split(".")
      .reduce<unknown>((one, name) => (one as Record<string, unknown> | undefined)?.[name], JSON.parse(String(json)));
    return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : null;
  };
  archive.function("json_extract_scalar", scalar);
  archive.function("regexp_like", (text, form) => (new RegExp(String(form)).test(String(text)) ? 1 : 0));
  archive.function("date_trunc", (_, day) => {
    const date = new Date(String(day));
    return new Date(date.getTime() - ((date.getUTCDay() + 6) % 7) * 86_400_000).toISOString().slice(0, 10);
  });
  const at = await inCare();
  await at.ask("PUT /entries", { service, principal: acme, verdict: "accept", reason: "the trial" });
  at.connect(1);
  at.connect(2, 3);
  await at.admit();
  at.world.ec2.move(endpointOf(2), "available");
  await at.admit();
  const arn = "arn:aws:iam::111111111111:user/carl";
  const wanted = { services: [service], endpoints: [endpointOf(2)], source: { kind: "cloudtrail" }, attempt: 0 } as const;
  await observe(at.world.ports(), [
    { id: "1", wanted: { ...wanted, signal: { kind: "attributed", action: "accept", arn, event: "6f4c" } } },
  ]);
  const put = archive.prepare("INSERT INTO events VALUES (?, ?, ?, ?, ?)");
  for (const stored of at.world.tables.committed) {
    const detail = detailOf(stored);
    // Each comes twice, as it may.
    for (const id of ["a", "b"]) put.run(id, detail.at, detail.type, JSON.stringify(detail), detail.at.slice(0, 10));
  }
});

test("there are four, and none names a day after which it would find nothing", () => {
  expect([...queries.keys()].toSorted()).toEqual([
    "Decisions by week",
    "What was done past Drawbridge",
    "Who changed the rules",
    "Who let this account in",
  ]);
  for (const sql of queries.values()) {
    expect(sql).toContain("day >= '2026-11-01'");
    expect(sql.match(/'\d{4}-\d\d-\d\d'/g)).toHaveLength(1);
  }
});

test("each is SQL as Trino's grammar has it, whose engine Athena runs", () => {
  const trino = new TrinoSQL();
  for (const [name, sql] of queries) expect(trino.validate(sql), name).toEqual([]);
  expect(trino.validate("SELECT date_trunc('week' FROM events GROUP BY")).not.toEqual([]);
});

test("each event is tied to the log's proof by its hash and the one before", () => {
  expect(ask("SELECT DISTINCT json_extract_scalar(detail, '$.hash') AS hash FROM events WHERE length(hash) = 64")).toHaveLength(
    ask("SELECT DISTINCT json_extract_scalar(detail, '$.subject') || json_extract_scalar(detail, '$.seq') FROM events").length,
  );
  expect(ask("SELECT 1 FROM events WHERE json_extract_scalar(detail, '$.previous') IS NULL")).toEqual([]);
});

test("who let an account in", () => {
  expect(ask(query("Who let this account in").replace("222222222222", acme))).toMatchObject([
    { detail_type: "ConnectionApproved", endpoint, service, because: `account ${acme} at ${service}: accept, version 1` },
  ]);
});

test("decisions by week, each once", () => {
  expect(ask(query("Decisions by week"))).toEqual([{ __proto__: null, week: "2026-11-23", service, decided: 1, automatic: 1 }]);
});

test("who changed the rules: every event of rules is one of them, and none of a connection", () => {
  expect(ask(query("Who changed the rules"))).toMatchObject([
    { detail_type: "ServiceAdded" },
    { detail_type: "EntryAdded", because: "the trial" },
  ]);
  const form = new RegExp(/regexp_like\(detail_type, '([^']+)'\)/.exec(query("Who changed the rules"))?.[1] ?? "");
  const first = eventTypes.indexOf("EntryAdded");
  expect(eventTypes.slice(first).filter((type) => !form.test(type))).toEqual([]);
  expect(eventTypes.slice(0, first).filter((type) => form.test(type))).toEqual([]);
});

test("what was done outside, and whom CloudTrail named", () => {
  expect(ask(query("What was done past Drawbridge"))).toMatchObject([
    { detail_type: "AcceptedOutside", endpoint: endpointOf(2), arn: null },
    { detail_type: "Attributed", arn: "arn:aws:iam::111111111111:user/carl" },
  ]);
});

test("every type that a query names there is", () => {
  for (const [name, sql] of queries)
    for (const [, list = ""] of sql.matchAll(/detail_type IN \(([^)]+)\)/g))
      for (const type of list.split(", "))
        expect({ name, type, is: eventTypes.includes(type.slice(1, -1)) }).toEqual({ name, type, is: true });
});
