// Searching the log in DynamoDB: whatever is written meanwhile, however busy a second was, each event is on exactly one page.

import { BatchWriteItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventRow } from "../../lib/aws/event-row.ts";
import { writeItem, type Row } from "../../lib/aws/item.ts";
import { searchableLedger } from "../../lib/aws/searchable-ledger.ts";
import { sha256 } from "../../lib/aws/sha256.ts";
import { eventsPerShard, shardKey, spreading } from "../../lib/aws/spread.ts";
import { BadInput } from "../../lib/faults.ts";
import { instant, milliseconds, type Instant } from "../../lib/ids.ts";
import { chain, connectionSubject, filed, isEvent, noHead, type LogRow, type StoredEvent } from "../../lib/ledger.ts";
import type { AuditQuery, Ledger } from "../../lib/ports.ts";
import { audit } from "../../lib/operator/audit.ts";
import type { OperatorPorts } from "../../lib/operator/operator.ts";
import { harms } from "../audit/tampering.ts";
import { eventsIn, first, noon, payments, requested } from "../contracts/samples.ts";
import { dynamoDbOnTheWire, type DynamoDb } from "../contracts/tables.fixture.ts";
import { accountOf, endpointOf } from "../fakes/endpoint-services.ts";
import { volume } from "../volume.ts";

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
    ledger: searchableLedger(dynamoDb.client, { auditLog, connections, settings }, () => log.now),
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
  { by: "type", value: ["ConnectionApproved", "ConnectionRequested"] },
  { by: "time" },
];

describe("a second in which hundreds of events are written", () => {
  const count = volume(280, 700);
  let log: Log;
  let all: string[];
  beforeAll(async () => {
    log = await emptyLog();
    const times = Array.from({ length: count }, (_, index) =>
      index < 30 ? after(-3600 + index) : index < count - 70 ? after(-60 + (index % 7) / 10) : after(-50 + index / 100),
    );
    // As many at once as the loop has.
    for (let start = 0; start < times.length; start += 16)
      await Promise.all(times.slice(start, start + 16).map((when, index) => log.write(start + index, when)));
    all = keys((await everything(log.ledger)).toReversed());
  });
  const everything = async (ledger: Ledger): Promise<StoredEvent[]> => {
    const subjects = Array.from({ length: count }, (_, index) => connectionSubject(endpointOf(index)));
    const events = eventsIn((await Promise.all(subjects.map((subject) => ledger.history(subject)))).flatMap(({ items }) => items));
    return events.sort((a, b) => (filed(a).atKey < filed(b).atKey ? -1 : 1));
  };

  test.each(dimensions)("by $by, each is on one page, in order, both ways", async (query) => {
    const expected = all.filter((key) => query.by !== "account" || Number.parseInt(key.split("#vpce-")[1] ?? "", 16) % 3 === 1);
    expect(expected.length).toBeGreaterThan(count / 3.5);
    expect(await read(log.ledger, query, 97)).toEqual(expected);
    expect(await read(log.ledger, { ...query, oldestFirst: true }, 211)).toEqual(expected.toReversed());
  });

  test("a range that begins and ends within the second finds what is in it", async () => {
    const [from, to] = [after(-59.8), after(-59.6)];
    const expected = all.filter((key) => key >= from && key < to);
    expect(expected.length).toBeGreaterThan((count - 100) / 6);
    expect(await read(log.ledger, { by: "service", value: payments, from, to }, 40)).toEqual(expected);
  });
});

describe("writes between the pages", () => {
  test.each(dimensions.flatMap((query) => [query, { ...query, oldestFirst: true }]))(
    "by $by, oldest first: $oldestFirst: what was there is neither missed nor repeated",
    async (query) => {
      const log = await emptyLog();
      for (let number = 0; number < volume(45, 90); number += 1) await log.write(number, after(-3600 + number * 30));
      const before = keys(eventsIn((await log.ledger.search({ ...query, oldestFirst: false }, { limit: 1000 })).items));
      expect(before.length).toBeGreaterThanOrEqual(volume(15, 30));
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
      { of: [1] },
    ])
      await expect(
        log.ledger.search({ by: "time" }, { cursor: Buffer.from(JSON.stringify({ ...parts, ...change })).toString("base64url") }),
      ).rejects.toThrow("cursor");
    const two: AuditQuery = { by: "type", value: ["ConnectionApproved", "ConnectionRequested"] };
    const { cursor: ofTwo = "" } = await log.ledger.search(two, { limit: 2 });
    const its = JSON.parse(Buffer.from(ofTwo, "base64url").toString()) as Record<string, unknown>;
    for (const change of [{ of: [2] }, { of: [1, 1, 1] }, { of: [2, 3] }, { of: [0, 2] }, { of: undefined }])
      await expect(
        log.ledger.search(two, { cursor: Buffer.from(JSON.stringify({ ...its, ...change })).toString("base64url") }),
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

describe("pages that would not fit an answer", () => {
  // 500 events of 20 KB each, as a policy of many labels writes them.
  const count = 500;
  const heavy = (number: number, when: Instant): StoredEvent => {
    const event = { ...requested(endpointOf(number), when), padding: "x".repeat(20_000) };
    const [stored] = chain(connectionSubject(endpointOf(number)), noHead, [event], { service: payments, account: accountOf(2) }, sha256);
    if (stored === undefined) throw new Error("one event makes one");
    return stored;
  };
  let log: Log;
  beforeAll(async () => {
    log = await emptyLog();
    const all = Array.from({ length: count }, (_, number) => heavy(number, after(-3600 + number)));
    for (let begin = 0; begin < count; begin += 25)
      await dynamoDb.client.send(
        new BatchWriteItemCommand({
          RequestItems: { [log.auditLog]: all.slice(begin, begin + 25).map((one) => ({ PutRequest: { Item: writeItem(eventRow(one)) } })) },
        }),
      );
  }, 60_000);

  test.each([{ by: "time" }, { by: "time", oldestFirst: true }, { by: "service", value: payments }] as const)(
    "end sooner, and go on: by $by",
    async (query) => {
      const found: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await log.ledger.search(query, { limit: 1000, ...(cursor === undefined ? {} : { cursor }) });
        expect(Buffer.byteLength(JSON.stringify(page.items))).toBeLessThan(1_500_000);
        expect(page.items.length).toBeGreaterThan(0);
        found.push(...keys(eventsIn(page.items)));
        cursor = page.cursor;
      } while (cursor !== undefined);
      expect(new Set(found).size).toBe(count);
      expect(found).toEqual("oldestFirst" in query ? found.toSorted() : found.toSorted().reverse());
    },
  );
  test("so do the API's own, whatever is asked for", async () => {
    const ports = { ledger: log.ledger, clock: () => log.now } as unknown as OperatorPorts;
    for (const asked of [
      {},
      { limit: 300 },
      { limit: 1000, oldestFirst: true },
      { limit: 1000, type: "ConnectionRequested", account: accountOf(2) },
    ]) {
      const page = await audit(ports, asked);
      expect(page.cursor).toBeDefined();
      expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(3_000_000);
    }
  });
});

describe("rows that somebody altered past Drawbridge", () => {
  const spoil = async (log: Log, number: number, change: (row: Row) => Row): Promise<void> => {
    const [stored] = eventsIn((await log.ledger.history(connectionSubject(endpointOf(number)))).items);
    if (stored === undefined) throw new Error("it was written");
    await dynamoDb.client.send(new PutItemCommand({ TableName: log.auditLog, Item: change(writeItem(eventRow(stored))) }));
  };
  test("are told in their place, and hide no other, on pages of any size", async () => {
    const log = await emptyLog();
    for (let number = 0; number < 30; number += 1) await log.write(number, after(-3600 + number));
    for (const [index, harm] of harms.filter((one) => one.spoils !== undefined).entries())
      await spoil(log, index * 2 + 1, harm.spoils ?? ((row) => row));
    for (const query of [{ by: "time" }, { by: "time", oldestFirst: true }, { by: "service", value: payments }] as const) {
      const rows: LogRow[] = [];
      let cursor: string | undefined;
      do {
        const page = await log.ledger.search(query, { limit: 3, ...(cursor === undefined ? {} : { cursor }) });
        rows.push(...page.items);
        cursor = page.cursor;
      } while (cursor !== undefined);
      // The one that was given another place stands beside its old one.
      expect(rows.filter((row) => !isEvent(row)).length).toBeGreaterThanOrEqual(query.by === "time" ? 9 : 8);
      expect(rows.filter(isEvent).length).toBeGreaterThanOrEqual(20);
    }
  });
  test("are passed over by a cursor, whatever they are filed under", async () => {
    const log = await emptyLog();
    for (let number = 0; number < 12; number += 1) await log.write(number, after(-3600 + number));
    for (const [index, atKey] of ["zzz", "2026", "!", "2026-11-23T11:00:05.500Z#another#thing", "#"].entries())
      await spoil(log, index, (row) => ({ ...row, atKey: { S: atKey } }));
    for (const oldestFirst of [false, true])
      for (const limit of [1, 2, 5]) {
        const seen: string[] = [];
        let cursor: string | undefined;
        for (let pages = 0; pages < 40; pages += 1) {
          const page = await log.ledger.search({ by: "time", oldestFirst }, { limit, ...(cursor === undefined ? {} : { cursor }) });
          seen.push(...page.items.map(({ subject }) => subject));
          cursor = page.cursor;
          if (cursor === undefined) break;
        }
        expect(cursor).toBeUndefined();
        expect(seen).toHaveLength(new Set(seen).size);
        // Oldest first, a list ends ten seconds before it began: what says that it is of no time at all is not in it.
        expect(seen.length).toBeGreaterThanOrEqual(oldestFirst ? 11 : 12);
      }
  });
  test("do not stop a chain: the next event follows the last one's hash", async () => {
    const log = await emptyLog();
    await log.write(1, after(-60));
    const before = await log.ledger.head(connectionSubject(endpointOf(1)));
    await spoil(log, 1, (row) => ({ ...row, event: { M: { type: { S: "Nonsense" } } } }));
    expect(await log.ledger.head(connectionSubject(endpointOf(1)))).toEqual({ seq: before.seq, hash: before.hash });
  });
});

describe("times that cannot be", () => {
  test("are answered at once, also by a cursor that somebody made up", async () => {
    const log = await emptyLog();
    for (let number = 0; number < 3; number += 1) await log.write(number, after(-3600 + number));
    let reads = 0;
    const counted = searchableLedger(
      Object.assign(Object.create(dynamoDb.client) as typeof dynamoDb.client, {
        send: (command: never) => {
          reads += 1;
          return dynamoDb.client.send(command);
        },
      }),
      { auditLog: log.auditLog, connections: "-", settings: "-" },
      () => log.now,
    );
    for (const query of [
      { by: "time", from: "9999-12-31T00:00:00.000Z" },
      { by: "time", from: "9999-12-31T00:00:00.000Z", oldestFirst: true },
      { by: "time", from: "2031-01-01T00:00:00.000Z" },
      { by: "time", to: "0001-01-01T00:00:00.000Z", oldestFirst: true },
    ] as const)
      expect(await counted.search(query as unknown as AuditQuery)).toEqual({ items: [] });
    expect(reads).toBeLessThan(12);
    const { cursor = "" } = await log.ledger.search({ by: "time" }, { limit: 2 });
    const parts = JSON.parse(Buffer.from(cursor, "base64url").toString()) as Record<string, unknown>;
    const { q, upTo } = parts;
    for (const days of [
      ["1970-01-01", "9999-12-31"],
      ["9999-12-31", "1970-01-01"],
    ]) {
      reads = 0;
      const made = Buffer.from(JSON.stringify({ q, upTo, shards: [], days })).toString("base64url");
      await counted.search({ by: "time" }, { cursor: made });
      expect(reads).toBeLessThanOrEqual(45);
    }
  });
});
