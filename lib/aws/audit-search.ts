// Searching the audit log by its indexes: the shards of one value read as one list, in order, page by page.

import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import * as v from "valibot";
import { optional } from "../optional.ts";
import { BadInput } from "../faults.ts";
import { instant, milliseconds, type Instant } from "../ids.ts";
import { allTime, type Page, type PageRequest } from "../ledger.ts";
import type { AuditQuery } from "../ports.ts";
import type { Item } from "./item.ts";
import { badCursor, limitOf, queryPage, readCursorJson, writeCursor, type Question } from "./pages.ts";
import { instantText } from "./rows.ts";
import { shardKey, shardsMax } from "./spread.ts";

/** After this an event shows in every index and its writer has committed it: a list that goes on ends there. */
const settleSeconds = 10;

const indexes = {
  service: ["byService", "service"],
  account: ["byAccount", "account"],
  actor: ["byActor", "actor"],
  type: ["byType", "type"],
  decision: ["byDecision", "decision"],
  time: ["byTime", "bucket"],
} as const;

/** Before events were filed under all of time, each day was a key of its own; no event is older than this day. */
const firstDay = "2026-11-01";
const daysPerPage = 40;
const day = 24 * 60 * 60 * 1000;

/**
 * Where the next page begins. Whatever is new since the first page lies after `upTo` and is not part of the list.
 * Of each further shard it is known from when on it has anything: until then it is not read.
 */
interface Place {
  /** The question. */
  readonly q: string;
  readonly upTo: Instant;
  /** The last event's key; absent when nothing was read yet. */
  readonly after?: string;
  /** For each shard the instant of its next event, or null when it has none; empty until they were looked for. */
  readonly shards: readonly (Instant | null)[];
  /** The days still to read of a log that was filed by day, first and last. */
  readonly days?: readonly [string, string];
}

/** From `from`, included, to `to`, not included. */
export async function searchPage(
  client: DynamoDBClient,
  table: string,
  query: AuditQuery,
  request: PageRequest,
  now: Instant,
): Promise<Page<Item>> {
  const limit = limitOf(request);
  const asked = questionOf(table, query);
  const read = (question: Question, most: number): Promise<Page<Item>> => queryPage(client, question, { limit: most });
  if (request.cursor !== undefined) return nextPage(read, asked, readPlace(asked, request.cursor), limit);
  const upTo = instant(milliseconds(now) - settleSeconds * 1000);
  const begun: Place = { q: asked.q, upTo, shards: [] };
  if (!asked.byDay || !asked.oldestFirst) return nextPage(read, asked, begun, limit);
  // What was filed by day is older than what is filed under all of time.
  const [first] = (await read(asked.shard(0), 1)).items;
  const days = [asked.from ?? firstDay, first === undefined ? (asked.to ?? now) : String(first["at"])].map(dayOf);
  return nextPage(read, asked, { ...begun, days: [days[0] ?? "", days[1] ?? ""] }, limit);
}

interface Asked {
  readonly q: string;
  readonly oldestFirst: boolean;
  readonly byDay: boolean;
  readonly from?: Instant;
  readonly to?: Instant;
  /** The query of one shard, or of one day's, within what was asked for; `after` an event's key, and up to an instant. */
  shard(shard: number, after?: string, upTo?: Instant): Question;
  ofDay(day: string, after?: string): Question;
}
type Read = (question: Question, most: number) => Promise<Page<Item>>;

function questionOf(table: string, query: AuditQuery): Asked {
  const { by, from, to, oldestFirst = false } = query;
  const value = by === "time" ? allTime : query.value;
  if (value === undefined || value === "") throw new BadInput(by, value, `say which ${by} to search for`);
  if (from !== undefined && to !== undefined && from >= to) throw new BadInput("to", to, `give a time after ${from}`);
  const [index, attribute] = indexes[by];
  const within = (key: string, after: string | undefined, upTo?: Instant): Question => {
    const end = to !== undefined && upTo !== undefined ? (to < upTo ? to : upTo) : (to ?? upTo);
    const range =
      from === undefined && end === undefined
        ? {}
        : { range: { name: "atKey", ...(from === undefined ? {} : { from }), ...(end === undefined ? {} : { to: end }) } };
    return {
      table,
      index,
      hash: [attribute, key],
      keys: ["subject", "seq", attribute, "atKey"],
      newestFirst: !oldestFirst,
      ...range,
      ...(after === undefined ? {} : { after: startOf(after, attribute, key) }),
    };
  };
  return {
    q: JSON.stringify([by, value, from ?? "", to ?? "", oldestFirst]),
    oldestFirst,
    byDay: by === "time",
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    shard: (shard, after, upTo) => within(shardKey(value, shard), after, upTo),
    ofDay: (day, after) => within(day, after),
  };
}

/** An event's key in an index holds its key in the table: instant, subject, sequence. */
function startOf(atKey: string, attribute: string, value: string): Item {
  const [first, last] = [atKey.indexOf("#"), atKey.lastIndexOf("#")];
  return { subject: atKey.slice(first + 1, last), seq: atKey.slice(last + 1), [attribute]: value, atKey };
}

async function nextPage(read: Read, asked: Asked, place: Place, limit: number): Promise<Page<Item>> {
  const { q, upTo, days } = place;
  if (days !== undefined) return dayPage(read, asked, place, days, limit);
  const shards = await shardsOf(read, asked, place);
  const merged = await merge(read, asked, { ...place, shards }, limit);
  const last = merged.items.at(-1);
  const after = last === undefined ? place.after : String(last["atKey"]);
  if (merged.shards.some((next) => next !== null))
    return { items: merged.items, cursor: cursorOf({ q, upTo, ...optional("after", after), shards: merged.shards }) };
  if (!asked.byDay || asked.oldestFirst) return { items: merged.items };
  // Newest first, the days come last: from that of the oldest event so far backwards.
  const begin = after ?? asked.to ?? instant(milliseconds(upTo) + day);
  const rest = await dayPage(
    read,
    asked,
    { q, upTo, shards: [] },
    [dayOf(begin), dayOf(asked.from ?? firstDay)],
    limit - merged.items.length,
  );
  return { ...rest, items: [...merged.items, ...rest.items] };
}

const cursorOf = (place: Place): string => writeCursor({ ...place });

/** On the first page: how many shards there are, and from when on each has anything. A shard is used only when the one before is full. */
async function shardsOf(read: Read, asked: Asked, { shards }: Place): Promise<readonly (Instant | null)[]> {
  if (shards.length > 0) return shards;
  const found: Instant[] = [asked.oldestFirst ? instant(0) : farFuture];
  for (let shard = 1; shard < shardsMax; shard += 1) {
    const [first] = (await read(inWholeSeconds(asked.shard(shard)), 1)).items;
    if (first === undefined) break;
    found.push(String(first["at"]) as Instant);
  }
  return found;
}

const farFuture = "9999-12-31T23:59:59.999Z" as Instant;

/** Shards fill up second by second: at the edge of a range the one before may have its events just outside. */
function inWholeSeconds(question: Question): Question {
  const { range } = question;
  if (range === undefined) return question;
  const { from, to } = range;
  const end = to === undefined ? {} : { to: instant(Math.ceil(milliseconds(to as Instant) / 1000) * 1000) };
  return { ...question, range: { ...range, ...(from === undefined ? {} : { from: `${from.slice(0, 19)}.000Z` }), ...end } };
}

interface Shard {
  readonly number: number;
  buffer: Item[];
  /** When the buffer is empty: not before this comes its next event; null when there is none. */
  next: Instant | null;
  after: string | undefined;
}

/** The shards' events as one list. A shard is read only when its turn may have come. */
async function merge(
  read: Read,
  asked: Asked,
  { shards, after, upTo }: Place,
  limit: number,
): Promise<{ items: Item[]; shards: (Instant | null)[] }> {
  const bound = after !== undefined && asked.oldestFirst ? upTo : undefined;
  const all = shards.map((next, number): Shard => ({ number, buffer: [], next, after }));
  const items: Item[] = [];
  while (items.length < limit) {
    const first = foremost(all, asked.oldestFirst);
    if (first === undefined) break;
    const item = first.buffer.shift();
    if (item !== undefined) {
      items.push(item);
      continue;
    }
    const sharing = all.filter((one) => one === first || isNear(one, first)).length;
    await fill(read, asked, first, { most: Math.ceil((limit - items.length) / sharing), bound });
  }
  return { items, shards: all.map(({ buffer, next }) => (buffer[0] === undefined ? next : (String(buffer[0]["at"]) as Instant))) };
}

/** Both have events of the same second, so the page is made of both. */
const isNear = (one: Shard, other: Shard): boolean => {
  const at = one.buffer[0] === undefined ? one.next : (String(one.buffer[0]["at"]) as Instant);
  return at !== null && other.next !== null && Math.abs(milliseconds(at) - milliseconds(other.next)) <= 1000;
};

async function fill(read: Read, asked: Asked, shard: Shard, { most, bound }: { most: number; bound: Instant | undefined }): Promise<void> {
  const over = bound !== undefined && shard.after !== undefined && shard.after.slice(0, 24) >= bound;
  const page: Page<Item> = over ? { items: [] } : await read(asked.shard(shard.number, shard.after, bound), most);
  const last = page.items.at(-1);
  shard.buffer = [...page.items];
  shard.after = last === undefined ? shard.after : String(last["atKey"]);
  shard.next = page.cursor === undefined ? null : last === undefined ? shard.next : (String(last["at"]) as Instant);
}

/** Whose event comes first; a shard of which only an instant is known comes before all events of that instant. */
function foremost(shards: readonly Shard[], oldestFirst: boolean): Shard | undefined {
  const keyed = shards.flatMap((shard) => {
    const [head] = shard.buffer;
    const key = head !== undefined ? String(head["atKey"]) : shard.next === null ? undefined : `${shard.next}${oldestFirst ? "" : "~"}`;
    return key === undefined ? [] : [{ shard, key }];
  });
  return keyed.reduce<(typeof keyed)[number] | undefined>(
    (best, one) => (best === undefined || (oldestFirst ? one.key < best.key : one.key > best.key) ? one : best),
    undefined,
  )?.shard;
}

// A log from before events were filed under all of time

/** Day after day, in the question's order; oldest first, what is filed under all of time follows. */
async function dayPage(
  read: Read,
  asked: Asked,
  place: Place,
  [begin, end]: readonly [string, string],
  limit: number,
): Promise<Page<Item>> {
  const { q, upTo } = place;
  const days = daysBetween(begin, end);
  const items: Item[] = [];
  let { after } = place;
  let index = 0;
  for (let reads = 0; index < days.length && reads < daysPerPage && items.length < limit; reads += 1) {
    const page = await read(asked.ofDay(days[index] ?? "", after), limit - items.length);
    items.push(...page.items);
    const last = page.items.at(-1);
    after = page.cursor === undefined || last === undefined ? undefined : String(last["atKey"]);
    if (page.cursor === undefined) index += 1;
  }
  const next = days[index];
  if (next !== undefined) return { items, cursor: cursorOf({ q, upTo, ...optional("after", after), shards: [], days: [next, end] }) };
  if (!asked.oldestFirst) return { items };
  if (items.length >= limit) return { items, cursor: cursorOf({ q, upTo, shards: [] }) };
  const rest = await nextPage(read, asked, { q, upTo, shards: [] }, limit - items.length);
  return { ...rest, items: [...items, ...rest.items] };
}

/** From one day to another, forwards or backwards, but none before the first that there can be. */
function daysBetween(begin: string, end: string): string[] {
  const [low, high] = begin <= end ? [begin, end] : [end, begin];
  const least = low < firstDay ? firstDay : low;
  const count = Math.max(0, Math.round((Date.parse(high) - Date.parse(least)) / day) + 1);
  const days = Array.from({ length: count }, (_, index) => instant(Date.parse(least) + index * day).slice(0, 10));
  return begin <= end ? days : days.reverse();
}

const dayOf = (at: string): string => at.slice(0, 10);

// Cursors

function readPlace({ q }: Asked, text: string): Place {
  const place: Readonly<Record<string, unknown>> = readCursorJson(text);
  const result = v.safeParse(placeShape, place);
  if (!result.success || result.output.q !== q) throw badCursor(text);
  return place as unknown as Place;
}

const key = v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z#.+#\d{12}$/));
const dayText = v.pipe(v.string(), v.isoDate());
const placeShape = v.strictObject({
  q: v.string(),
  upTo: instantText,
  after: v.optional(key),
  shards: v.pipe(v.array(v.nullable(instantText)), v.maxLength(shardsMax)),
  days: v.optional(v.pipe(v.array(dayText), v.length(2))),
});
