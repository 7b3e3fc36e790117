// Searching the log in DynamoDB: whatever is written meanwhile, however busy a second was, each event is on exactly one page.

import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventRow } from "../../lib/aws/event-row.ts";
import { writeItem } from "../../lib/aws/item.ts";
import { ledgerTables } from "../../lib/aws/ledger-table.ts";
import { sha256 } from "../../lib/aws/sha256.ts";
import { eventsPerShard, shardKey, spreading } from "../../lib/aws/spread.ts";
import { BadInput } from "../../lib/faults.ts";
import { instant, milliseconds, type Instant } from "../../lib/ids.ts";
import { chain, connectionSubject, filed, noHead, type StoredEvent } from "../../lib/ledger.ts";
import type { AuditQuery, Ledger } from "../../lib/ports.ts";
import { eventsIn, first, noon, payments, requested } from "../contracts/samples.ts";
import { dynamoDbOnTheWire, type DynamoDb } from "../contracts/tables.fixture.ts";
import { accountOf, endpointOf } from "../fakes/endpoint-services.ts";

let dynamoDb: DynamoDb;
beforeAll(async () => {
  dynamoDb = await dynamoDbOnTheWire();
});
afterAll(() => dynamoDb.close());

interface Log {
  readonly ledger: Ledger;
  readonly auditLog: string;
  /** What the adapter takes for now. */
  now: Instant;
  /** Commits one connection's first event. */
  write(number: number, when: Instant): Promise<void>;
  /** Puts an event as an older Drawbridge did. */
  writeByDay(number: number, when: Instant): Promise<void>;
}

async function emptyLog(): Promise<Log> {
  const [auditLog, connections, settings] = [
    await dynamoDb.table("AuditLogTable"),
    await dynamoDb.table("ConnectionsTable"),
    await dynamoDb.table("SettingsTable"),
  ];
  const log: Log = {
    auditLog,
    now: noon,
    ledger: ledgerTables(dynamoDb.client, { auditLog, connections, settings }, () => log.now),
    write: async (number, when) => {
      expect(await log.ledger.commit(first(requested(endpointOf(number), when, payments, accountOf(number % 3))))).toMatchObject({
        seq: 1,
      });
    },
    writeByDay: async (number, when) => {
      const [stored] = chain(
        connectionSubject(endpointOf(number)),
        noHead,
        [requested(endpointOf(number), when)],
        { service: payments },
        sha256,
      );
      if (stored === undefined) throw new Error("one event makes one");
      const Item = writeItem({ ...eventRow(stored), bucket: when.slice(0, 10) });
      await dynamoDb.client.send(new PutItemCommand({ TableName: auditLog, Item }));
    },
  };
  return log;
}

const after = (seconds: number): Instant => instant(milliseconds(noon) + seconds * 1000);
const keys = (events: readonly StoredEvent[]): string[] => events.map((stored) => filed(stored).atKey);

/** All pages; `between` is done after each. */
async function read(
  ledger: Ledger,
  query: AuditQuery,
  limit: number,
  between: () => Promise<void> = async () => undefined,
): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < 300; pages += 1) {
    const page = await ledger.search(query, { limit, ...(cursor === undefined ? {} : { cursor }) });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    found.push(...keys(eventsIn(page.items)));
    cursor = page.cursor;
    if (cursor === undefined) return found;
    await between();
  }
  throw new Error("the pages do not end");
}

const dimensions: readonly AuditQuery[] = [
  { by: "service", value: payments },
  { by: "account", value: accountOf(1) },
  { by: "actor", value: "drawbridge" },
  { by: "type", value: "ConnectionRequested" },
  { by: "time" },
];

describe("a second in which a thousand events are written", () => {
  let log: Log;
  let all: string[];
  beforeAll(async () => {
    log = await emptyLog();
    const times = Array.from({ length: 700 }, (_, index) =>
      index < 30 ? after(-3600 + index) : index < 630 ? after(-60 + (index % 7) / 10) : after(-50 + index / 100),
    );
    // As many at once as the loop has.
    for (let start = 0; start < times.length; start += 16)
      await Promise.all(times.slice(start, start + 16).map((when, index) => log.write(start + index, when)));
    all = keys((await everything(log.ledger)).toReversed());
  });
  const everything = async (ledger: Ledger): Promise<StoredEvent[]> => {
    const subjects = Array.from({ length: 700 }, (_, index) => connectionSubject(endpointOf(index)));
    const events = eventsIn((await Promise.all(subjects.map((subject) => ledger.history(subject)))).flatMap(({ items }) => items));
    return events.sort((a, b) => (filed(a).atKey < filed(b).atKey ? -1 : 1));
  };

  test.each(dimensions)("by $by, each is on one page, in order, both ways", async (query) => {
    const expected = all.filter((key) => query.by !== "account" || Number.parseInt(key.split("#vpce-")[1] ?? "", 16) % 3 === 1);
    expect(expected.length).toBeGreaterThan(200);
    expect(await read(log.ledger, query, 37)).toEqual(expected);
    expect(await read(log.ledger, { ...query, oldestFirst: true }, 100)).toEqual(expected.toReversed());
  });

  test("a range that begins and ends within the second finds what is in it", async () => {
    const [from, to] = [after(-59.8), after(-59.6)];
    const expected = all.filter((key) => key >= from && key < to);
    expect(expected.length).toBeGreaterThan(100);
    expect(await read(log.ledger, { by: "service", value: payments, from, to }, 40)).toEqual(expected);
  });
});

describe("writes between the pages", () => {
  test.each(dimensions.flatMap((query) => [query, { ...query, oldestFirst: true }]))(
    "by $by, oldest first: $oldestFirst: what was there is neither missed nor repeated",
    async (query) => {
      const log = await emptyLog();
      for (let number = 0; number < 90; number += 1) await log.write(number, after(-3600 + number * 30));
      const before = keys(eventsIn((await log.ledger.search({ ...query, oldestFirst: false }, { limit: 1000 })).items));
      expect(before.length).toBeGreaterThanOrEqual(30);
      let [number, second] = [1000, 0];
      const found = await read(log.ledger, query, 7, async () => {
        // Some are late: they were decided seconds before they show.
        log.now = after((second += 5));
        for (const late of [0, 3, 7]) await log.write((number += 1), after(second - late));
      });
      expect(new Set(found).size).toBe(found.length);
      const order = query.oldestFirst === true ? before.toReversed() : before;
      expect(found.filter((key) => before.includes(key))).toEqual(order);
    },
  );
});

describe("a log that an older Drawbridge began", () => {
  test("is one list by time, both ways", async () => {
    const log = await emptyLog();
    const days = ["2026-11-02T10:00:00Z", "2026-11-02T11:00:00Z", "2026-11-09T00:00:00Z", "2026-11-23T08:00:00Z"];
    for (const [index, when] of days.entries()) await log.writeByDay(index, new Date(when).toISOString() as Instant);
    for (let number = 10; number < 20; number += 1) await log.write(number, after(-1000 + number));
    const found = await read(log.ledger, { by: "time" }, 3);
    expect(found).toHaveLength(14);
    expect(found).toEqual([...found].sort().toReversed());
    expect(await read(log.ledger, { by: "time", oldestFirst: true }, 5)).toEqual(found.toReversed());
    expect(await read(log.ledger, { by: "time", from: "2026-11-09T00:00:00.000Z" as Instant, to: after(-988) }, 2)).toHaveLength(4);
    expect(await read(log.ledger, { by: "service", value: payments }, 4)).toEqual(found);
  });
});

describe("questions that cannot be", () => {
  test("a range that ends before it begins, another question's cursor, a made-up one", async () => {
    const log = await emptyLog();
    for (let number = 0; number < 5; number += 1) await log.write(number, after(number));
    await expect(log.ledger.search({ by: "time", from: after(10), to: after(5) })).rejects.toThrow(BadInput);
    const { cursor = "" } = await log.ledger.search({ by: "time" }, { limit: 2 });
    const others: AuditQuery[] = [
      { by: "time", oldestFirst: true },
      { by: "time", from: after(0) },
      { by: "type", value: "ConnectionRequested" },
    ];
    for (const query of others) await expect(log.ledger.search(query, { cursor })).rejects.toThrow("cursor");
    const parts = JSON.parse(Buffer.from(cursor, "base64url").toString()) as Record<string, unknown>;
    for (const change of [
      { after: "x" },
      { upTo: 7 },
      { shards: "many" },
      { days: ["2026-11-02"] },
      { more: 1 },
      { shards: Array.from({ length: 65 }, () => null) },
    ])
      await expect(
        log.ledger.search({ by: "time" }, { cursor: Buffer.from(JSON.stringify({ ...parts, ...change })).toString("base64url") }),
      ).rejects.toThrow("cursor");
  });
});

test("no key of any index takes more than its share of a second, whoever writes", () => {
  const spread = spreading();
  const counts = new Map<string, number>();
  const stored = chain(connectionSubject(endpointOf(1)), noHead, [requested(endpointOf(1), noon)], { service: payments }, sha256)[0];
  if (stored === undefined) throw new Error("one event makes one");
  for (let index = 0; index < 1000; index += 1) {
    for (const [attribute, key] of Object.entries(spread.keysOf(stored)))
      counts.set(`${attribute} ${key}`, (counts.get(`${attribute} ${key}`) ?? 0) + 1);
    spread.written(stored);
  }
  expect(Math.max(...counts.values())).toBe(eventsPerShard);
  expect(counts.get(`service ${shardKey(payments, 1000 / eventsPerShard - 1)}`)).toBe(eventsPerShard);
});
