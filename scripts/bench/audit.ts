// The audit log at any size: what a page of a question reads, how writing spreads over keys, and how fast a log is verified.

import type { DynamoDBClient, QueryCommandInput, QueryCommandOutput } from "@aws-sdk/client-dynamodb";
import { eventRow } from "../../lib/aws/event-row.ts";
import { readItem, writeItem, type Item } from "../../lib/aws/item.ts";
import { searchableLedger } from "../../lib/aws/searchable-ledger.ts";
import { sha256 } from "../../lib/aws/sha256.ts";
import { spreading } from "../../lib/aws/spread.ts";
import { sealedBy } from "../../lib/audit/sealed.ts";
import { verification } from "../../lib/audit/verification.ts";
import type { ConnectionEvent } from "../../lib/events.ts";
import { instant, type AccountId, type EndpointId, type Instant, type ServiceId } from "../../lib/ids.ts";
import { canonical } from "../../lib/canonical.ts";
import { chain, connectionSubject, noHead, type StoredEvent } from "../../lib/ledger.ts";
import { audit } from "../../lib/operator/audit.ts";
import type { OperatorPorts } from "../../lib/operator/operator.ts";
import type { AuditQuery, Ledger } from "../../lib/ports.ts";
import { sealedLog, trust } from "../../test/audit/sealed-log.ts";
import { median, shown, type Section } from "./figures.ts";
import { rowBytes } from "./units.ts";

const day = 24 * 60 * 60 * 1000;
const end = Date.parse("2027-03-01T00:00:00.000Z");
const pageSize = 100;
const pagesRead = 5;

export async function auditSection(): Promise<Section> {
  const sizes = [1000, 10_000, 100_000];
  const logs = sizes.map((size) => countingLog(events(size, 90 * day)));
  const single: { name: string; of: PageCost[] }[] = [];
  // One after the other: a log has one counter.
  for (const { name, query } of questions) single.push({ name, of: await inTurn(logs, (log) => pagesOf(log, query)) });
  const chained = { name: "connection", of: await inTurn(logs, chainPages) };
  const stormLog = countingLog(events(10_000, 10_000));
  const storm = await pagesOf(stormLog, { by: "service", value: service });
  const combined = await inTurn(combinations, async ({ name, filters }) => ({
    name,
    ...(await combinedPages(logs[2] ?? stormLog, filters)),
  }));
  const { busiest, unspread } = writing();
  const speed = verifying();
  const all = [...single, chained];
  const worst = Math.max(...all.flatMap(({ of }) => of.map(({ amplification }) => amplification)));
  const same = all.every(({ of }) => new Set(of.map(({ calls, units }) => `${String(calls)} ${units.toFixed(1)}`)).size === 1);
  return {
    name: "audit",
    title: "The audit log: questions, writing, verifying",
    tables: [
      {
        head: [
          "one filter, with time",
          ...sizes.flatMap((size) => [`calls a page, ${shown(size)} records`, "read units", "items read per item"]),
        ],
        rows: all.map(({ name, of }) => [
          name,
          ...of.flatMap(({ calls, units, amplification }) => [shown(calls), shown(units), shown(amplification)]),
        ]),
      },
      {
        head: ["several filters, 100,000 records", "calls a page", "items read per item"],
        rows: [
          ...combined.map(({ name, calls, amplification }) => [name, shown(calls), shown(amplification)]),
          ["one service, 1,000 events in each of 10 seconds", shown(storm.calls), shown(storm.amplification)],
        ],
      },
      {
        head: ["writing 1,000 events a second, from ten instances", "events a second on the busiest key", "without spreading"],
        rows: busiest.map(([attribute, most], index) => [attribute, most, unspread[index]?.[1] ?? 0]),
      },
      {
        head: ["20,000 events", "a second of one core", "beside SHA-256 of the same bytes"],
        rows: [
          ["verified against checkpoints", Math.round(speed.verified), `1 : ${shown(speed.hashed / speed.verified)}`],
          ["SHA-256 of the canonical text alone", Math.round(speed.hashed), "1 : 1"],
        ],
      },
    ],
    notes: [
      `A page holds ${String(pageSize)} events; the first ${String(pagesRead)} pages are read, newest first, and counted by a table in memory that bills as DynamoDB does (4 KB a unit, half for a read that may be stale). The first page takes one call more: it looks whether there is a second shard.`,
      "A DynamoDB partition takes 1,000 write units a second; an event of up to 2 KB takes two in each index.",
      "The account index is not spread: AWS lets an account make few endpoints a second.",
    ],
    targets: [
      { what: "a page costs the same with 1,000, 10,000 and 100,000 records", wanted: "yes", got: same ? "yes" : "no", reached: same },
      { what: "items read per item returned, one filter and time", wanted: "≤ 1.1", got: shown(worst), reached: worst <= 1.1 },
      {
        what: "write units a second on any key at 1,000 events a second",
        wanted: "≤ 1,000",
        got: shown(Math.max(...busiest.map(([, most]) => most)) * 2),
        reached: busiest.every(([, most]) => most * 2 <= 1000),
      },
      {
        what: "events verified a second of one core",
        wanted: "≥ 100,000",
        got: shown(Math.round(speed.verified)),
        reached: speed.verified >= 100_000,
      },
    ],
  };
}

async function inTurn<A, B>(all: readonly A[], work: (one: A) => Promise<B>): Promise<B[]> {
  const done: B[] = [];
  for (const one of all) done.push(await work(one));
  return done;
}

// The log

const service = "vpce-svc-0123456789abcdef0" as ServiceId;
const account = "222222222222" as AccountId;
const busy = "vpce-0ffffffffffffb0b0" as EndpointId;

/** So many events over a time before the end; most are of one service, one account, and accepted by one entry. */
function events(count: number, over: number): StoredEvent[] {
  const own = Array.from({ length: count }, (_, index): StoredEvent[] => {
    const at = instant(end - over + Math.floor((index * over) / count));
    const isUsual = index % 5 < 3;
    const endpoint = index % 10 === 0 ? busy : (`vpce-${index.toString(16).padStart(17, "0")}` as EndpointId);
    const about = {
      service: isUsual ? service : (`vpce-svc-${(index % 7).toString(16).padStart(17, "0")}` as ServiceId),
      account: isUsual ? account : (String(300_000_000_000 + (index % 97)) as AccountId),
    };
    const head = { seq: endpoint === busy ? index / 10 : 0, hash: "" };
    return chain(connectionSubject(endpoint), head.seq === 0 ? noHead : head, [eventOf(index, at, isUsual)], about, () => "0".repeat(64));
  });
  return own.flat();
}

const eventOf = (index: number, at: Instant, isUsual: boolean): ConnectionEvent =>
  ({
    type: isUsual ? "ConnectionApproved" : "AnswerRefused",
    ...(isUsual
      ? { entry: { service, principal: `account#${account}`, version: 3 }, label: "acme" }
      : { choice: "approve", why: "the question was closed" }),
    at,
    by: isUsual
      ? { kind: "entry", entry: { service, principal: `account#${account}`, version: 3 } }
      : { kind: "approver", name: `person ${String(index % 11)}`, channel: "link" },
    because: {
      rule: isUsual ? "entry" : "approvers",
      detail: "account 222222222222 (acme) at vpce-svc-0123456789abcdef0: accept, version 3",
    },
    source: { kind: "notification", raw: `{"vpcEndpointId":"vpce-${index.toString(16)}","event":"Connect"}`.padEnd(400, " ") },
  }) as ConnectionEvent;

const questions: readonly { readonly name: string; readonly query: AuditQuery }[] = [
  { name: "service", query: { by: "service", value: service } },
  { name: "account", query: { by: "account", value: account } },
  { name: "actor", query: { by: "actor", value: `entry ${service}/account#${account}` } },
  { name: "type", query: { by: "type", value: "ConnectionApproved" } },
  { name: "decision", query: { by: "decision", value: "accepted" } },
  { name: "time alone", query: { by: "time" } },
];

const combinations: readonly { readonly name: string; readonly filters: Readonly<Record<string, string>> }[] = [
  { name: "service and type", filters: { service, type: "ConnectionApproved" } },
  { name: "account and decision", filters: { account, decision: "accepted" } },
  { name: "service and an account of 97", filters: { service: "vpce-svc-00000000000000003", account: "300000000003" } },
  { name: "an approver of 11 and a type", filters: { actor: "person 3", type: "AnswerRefused" } },
  { name: "time and an approver of 11", filters: { actor: "person 3", from: "2026-12-15" } },
];

// A table in memory that counts what is read

interface CountingLog {
  readonly ledger: Ledger;
  readonly read: { calls: number; items: number; units: number };
}

interface Row {
  readonly item: Item;
  readonly bytes: number;
}

function countingLog(stored: readonly StoredEvent[]): CountingLog {
  const spread = spreading();
  const rows = stored.map((event): Row => {
    const item = eventRow(event, spread.keysOf(event));
    spread.written(event);
    return { item, bytes: rowBytes(item) };
  });
  const places = new Map<string, Row[]>();
  const hashes = {
    byService: "service",
    byAccount: "account",
    byActor: "actor",
    byType: "type",
    byDecision: "decision",
    byTime: "bucket",
    "": "subject",
  };
  for (const [index, attribute] of Object.entries(hashes))
    for (const row of rows) {
      const key = `${index} ${String(row.item[attribute])}`;
      const list = places.get(key);
      if (list === undefined) places.set(key, [row]);
      else list.push(row);
    }
  for (const [key, list] of places) list.sort((a, b) => (sortKey(key, a) < sortKey(key, b) ? -1 : 1));
  const read = { calls: 0, items: 0, units: 0 };
  const client = {
    send: (command: { input: QueryCommandInput }) => Promise.resolve(query(places, read, command.input)),
  } as unknown as DynamoDBClient;
  return {
    read,
    ledger: searchableLedger(client, { auditLog: "log", connections: "connections", settings: "settings" }, () => instant(end)),
  };
}

const sortKey = (place: string, { item }: Row): string => String(item[place.startsWith(" ") ? "seq" : "atKey"]);

function query(places: ReadonlyMap<string, Row[]>, read: CountingLog["read"], input: QueryCommandInput): QueryCommandOutput {
  const {
    IndexName: index = "",
    ExpressionAttributeValues: values = {},
    ExclusiveStartKey: start,
    Limit: limit = 1000,
    ScanIndexForward: forward = true,
  } = input;
  const { ":h": hash, ":from": from, ":to": to } = readItem(values) as Readonly<Record<string, string | undefined>>;
  const place = `${index} ${String(hash)}`;
  const list = places.get(place) ?? [];
  const after = start === undefined ? undefined : String(readItem(start)[index === "" ? "seq" : "atKey"]);
  const least = first(list, place, (key) => (from === undefined || key >= from) && (!forward || after === undefined || key > after));
  const most = first(list, place, (key) => (to !== undefined && key > to) || (!forward && after !== undefined && key >= after));
  const within = forward ? list.slice(least, Math.min(most, least + limit)) : list.slice(Math.max(least, most - limit), most).toReversed();
  const isMore = most - least > limit || (within.length === limit && most - least >= limit);
  read.calls += 1;
  read.items += within.length;
  read.units += Math.max(1, Math.ceil(within.reduce((sum, { bytes }) => sum + bytes, 0) / 4096)) / (input.ConsistentRead === true ? 1 : 2);
  const last = within.at(-1)?.item;
  return {
    $metadata: {},
    Items: within.map(({ item }) => writeItem(item)),
    ...(isMore && last !== undefined ? { LastEvaluatedKey: writeItem(keyOf(last, index)) } : {}),
  };
}

const keyOf = (item: Item, index: string): Item => {
  const { subject, seq, atKey } = item;
  return index === "" ? { subject, seq } : { subject, seq, atKey };
};

/** Where the sorted list begins to be so. */
function first(list: readonly Row[], place: string, isSo: (key: string) => boolean): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = list[middle];
    if (row !== undefined && isSo(sortKey(place, row))) high = middle;
    else low = middle + 1;
  }
  return low;
}

interface PageCost {
  readonly calls: number;
  readonly units: number;
  readonly amplification: number;
}

/** A page after the first: that one looks for shards too. */
async function pagesOf({ ledger, read }: CountingLog, question: AuditQuery): Promise<PageCost> {
  return costOf(read, (cursor) =>
    ledger.search(
      { ...question, from: instant(end - 89 * day), to: instant(end) },
      { limit: pageSize, ...(cursor === undefined ? {} : { cursor }) },
    ),
  );
}

async function chainPages({ ledger, read }: CountingLog): Promise<PageCost> {
  return costOf(read, (cursor) =>
    ledger.history(connectionSubject(busy), { limit: 20, newestFirst: true, ...(cursor === undefined ? {} : { cursor }) }),
  );
}

async function combinedPages({ ledger, read }: CountingLog, filters: Readonly<Record<string, string>>): Promise<PageCost> {
  return costOf(read, (cursor) =>
    audit({ ledger, clock: () => instant(end) } as unknown as OperatorPorts, {
      ...filters,
      limit: pageSize,
      ...(cursor === undefined ? {} : { cursor }),
    }),
  );
}

async function costOf(
  read: CountingLog["read"],
  page: (cursor: string | undefined) => Promise<{ items: readonly unknown[]; cursor?: string }>,
): Promise<PageCost> {
  let cursor: string | undefined;
  let [returned, pages] = [0, 0];
  let begin = { ...read };
  for (let number = 0; number < pagesRead; number += 1) {
    if (number === 1) [begin, returned] = [{ ...read }, 0];
    const got = await page(cursor);
    returned += got.items.length;
    pages = Math.max(1, number);
    cursor = got.cursor;
    if (cursor === undefined) break;
  }
  return {
    calls: (read.calls - begin.calls) / pages,
    units: (read.units - begin.units) / pages,
    amplification: returned === 0 ? 0 : (read.items - begin.items) / returned,
  };
}

// Writing

/** Ten instances share 1,000 events a second of one service, one type, one actor, for ten seconds; per second, the most on one key. */
function writing(): { busiest: [string, number][]; unspread: [string, number][] } {
  const writers = Array.from({ length: 10 }, () => spreading());
  const [keys, plain] = [new Map<string, number>(), new Map<string, number>()];
  for (const [index, stored] of events(10_000, 10_000).entries()) {
    const writer = writers[index % writers.length];
    if (writer === undefined) continue;
    const second = stored.event.at.slice(0, 19);
    for (const [attribute, key = ""] of Object.entries(writer.keysOf(stored))) {
      for (const [map, value] of [
        [keys, key],
        [plain, key.replace(/#\d+$/, "")],
      ] as const) {
        const name = `${attribute}\n${value}\n${second}`;
        map.set(name, (map.get(name) ?? 0) + 1);
      }
    }
    writer.written(stored);
  }
  const most = (map: ReadonlyMap<string, number>): [string, number][] =>
    [...Map.groupBy(map, ([name]) => name.split("\n")[0] ?? "")].map(([attribute, all]) => [
      attribute,
      Math.max(...all.map(([, count]) => count)),
    ]);
  return { busiest: most(keys), unspread: most(plain) };
}

// Verifying

/** Medians of interleaved rounds. */
function verifying(): { verified: number; hashed: number } {
  const { events: log, checkpoints } = sealedLog({ count: 20_000, chains: 2000, every: 500 });
  const texts = log.map((stored) => canonical({ ...stored, hash: undefined }));
  const rounds = Array.from({ length: 7 }, () => ({
    verified: rate(log.length, () => {
      const run = verification({ sealed: sealedBy(checkpoints, trust), hash: sha256 });
      for (const stored of log) run.add(stored);
      if (!run.finish().intact) throw new Error("the log is intact");
    }),
    hashed: rate(texts.length, () => {
      for (const text of texts) sha256(text);
    }),
  }));
  return { verified: median(rounds.map(({ verified }) => verified)), hashed: median(rounds.map(({ hashed }) => hashed)) };
}

/** Of one core's time: what else the machine does is not counted. */
function rate(count: number, work: () => void): number {
  const began = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(began);
  return (count / (user + system)) * 1_000_000;
}
