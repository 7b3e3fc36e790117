// Searching the audit log by its indexes: the shards of one value read as one list, in order, page by page.

import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { optional } from "../optional.ts";
import { BadInput } from "../faults.ts";
import { instant, milliseconds, type Instant } from "../ids.ts";
import { allTime, type LogRow, type Page, type PageRequest } from "../ledger.ts";
import type { AuditQuery } from "../ports.ts";
import { cursorOf, readPlace, valuesMax, type Place } from "./audit-place.ts";
import { foundRow, startAfter, unwritten, written, type FoundRow, type Standing } from "./found-row.ts";
import { badCursor, limitOf, queryRows, type Question } from "./pages.ts";
import { shardKey, shardsMax } from "./spread.ts";

/** After this an event shows in every index and its writer has committed it: a list that goes on ends there. */
const settleSeconds = 10;
/** A page ends when it holds this much, though there may be more: what a function may answer is 6 MB. */
const pageBytesMax = 1_000_000;

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

/** From `from`, included, to `to`, not included. */
export async function searchPage(
  client: DynamoDBClient,
  table: string,
  query: AuditQuery,
  request: PageRequest,
  now: Instant,
): Promise<Page<LogRow>> {
  const room: Room = { items: limitOf(request), bytes: pageBytesMax };
  const asked = questionOf(table, query, now);
  const read: Read = (question, most) => queryRows(client, question, { limit: most }, foundRow);
  const { items, ...rest } = await firstOrNext(read, asked, request.cursor, room);
  return { ...rest, items: items.map(({ row }) => row) };
}

async function firstOrNext(read: Read, asked: Asked, cursor: string | undefined, room: Room): Promise<Page<FoundRow>> {
  if (cursor !== undefined) {
    const place = readPlace(asked.q, cursor);
    if (!fits(asked, place)) throw badCursor(cursor);
    return nextPage(read, asked, place, room);
  }
  const upTo = instant(milliseconds(asked.now) - settleSeconds * 1000);
  const begun: Place = { q: asked.q, upTo, shards: [] };
  if (!asked.byDay || !asked.oldestFirst) return nextPage(read, asked, begun, room);
  // What was filed by day is older than what is filed under all of time.
  const [first] = (await read(asked.lane(firstLane(asked)), 1)).items;
  const days = [asked.from ?? firstDay, first === undefined ? (asked.to ?? asked.now) : first.at].map(dayOf);
  return nextPage(read, asked, { ...begun, days: [days[0] ?? "", days[1] ?? ""] }, room);
}

/** What is left of a page. */
interface Room {
  readonly items: number;
  readonly bytes: number;
}
const isLeft = ({ items, bytes }: Room): boolean => items > 0 && bytes > 0;
const leftBeside = ({ items, bytes }: Room, there: readonly FoundRow[]): Room => ({
  items: items - there.length,
  bytes: bytes - there.reduce((sum, one) => sum + one.bytes, 0),
});

interface Asked {
  readonly q: string;
  readonly now: Instant;
  readonly oldestFirst: boolean;
  readonly byDay: boolean;
  readonly from?: Instant;
  readonly to?: Instant;
  readonly values: readonly string[];
  /** The query of one lane, or of one day's, within what was asked for; `after` a row, and up to an instant. */
  lane(lane: Lane, after?: Standing, upTo?: Instant): Question;
  ofDay(day: string, after?: Standing): Question;
}
/** One key of the index: a shard of a value. */
interface Lane {
  readonly value: string;
  readonly shard: number;
}
const firstLane = ({ values: [value = ""] }: Asked): Lane => ({ value, shard: 0 });

/** The lanes in a place's order. */
const lanesOf = ({ values }: Asked, { shards, of }: Pick<Place, "shards" | "of">): Lane[] =>
  (values.length === 1 ? [shards.length] : (of ?? [])).flatMap((count, index) =>
    Array.from({ length: count }, (_, shard) => ({ value: values[index] ?? "", shard })),
  );

/** A cursor's shards are those of as many values as are asked for. */
const fits = ({ values }: Asked, { shards, of = [] }: Place): boolean =>
  values.length === 1 || shards.length === 0
    ? of.length === 0 && shards.length <= shardsMax
    : of.length === values.length && of.reduce((sum, count) => sum + count, 0) === shards.length;

type Read = (question: Question, most: number) => Promise<Page<FoundRow>>;

function questionOf(table: string, query: AuditQuery, now: Instant): Asked {
  const { by, from, to, oldestFirst = false } = query;
  const values = by === "time" ? [allTime] : [...new Set([query.value ?? []].flat())];
  if (values.length === 0 || values.includes("")) throw new BadInput(by, query.value, `say which ${by} to search for`);
  if (values.length > valuesMax) throw new BadInput(by, query.value, `give at most ${String(valuesMax)} at once`);
  if (from !== undefined && to !== undefined && from >= to) throw new BadInput("to", to, `give a time after ${from}`);
  const [index, attribute] = indexes[by];
  const within = (key: string, after: Standing | undefined, upTo?: Instant): Question => {
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
      ...(after === undefined ? {} : { after: startAfter(after, attribute, key) }),
    };
  };
  return {
    q: JSON.stringify([by, values.length === 1 ? values[0] : values, from ?? "", to ?? "", oldestFirst]),
    values,
    now,
    oldestFirst,
    byDay: by === "time",
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    lane: ({ value, shard }, after, upTo) => within(shardKey(value, shard), after, upTo),
    ofDay: (day, after) => within(day, after),
  };
}

async function nextPage(read: Read, asked: Asked, place: Place, room: Room): Promise<Page<FoundRow>> {
  const { q, upTo, days } = place;
  if (days !== undefined) return dayPage(read, asked, place, days, room);
  const begun = { ...place, ...(await shardsOf(read, asked, place)) };
  const merged = await merge(read, asked, begun, room);
  const last = merged.items.at(-1);
  const after = last === undefined ? place.after : written(last.standing);
  if (merged.shards.some((next) => next !== null))
    return {
      items: merged.items,
      cursor: cursorOf({ q, upTo, ...optional("after", after), shards: merged.shards, ...optional("of", begun.of) }),
    };
  if (!asked.byDay || asked.oldestFirst) return { items: merged.items };
  // Newest first, the days come last: from that of the oldest event so far backwards.
  const sofar = last?.at ?? (place.after === undefined ? undefined : unwritten(place.after).atKey);
  const begin = sofar !== undefined && /^\d{4}-\d\d-\d\dT/.test(sofar) ? sofar : (asked.to ?? asked.now);
  const span = [dayOf(begin), dayOf(asked.from ?? firstDay)] as const;
  const rest = await dayPage(read, asked, { q, upTo, shards: [] }, span, leftBeside(room, merged.items));
  return { ...rest, items: [...merged.items, ...rest.items] };
}

/** On the first page: how many shards there are, and from when on each has anything. A shard is used only when the one before is full. */
async function shardsOf(read: Read, asked: Asked, { shards, of }: Place): Promise<Pick<Place, "shards" | "of">> {
  if (shards.length > 0) return { shards, ...optional("of", of) };
  const found: Instant[][] = [];
  for (const value of asked.values) {
    const its: Instant[] = [asked.oldestFirst ? instant(0) : farFuture];
    for (let shard = 1; shard < shardsMax; shard += 1) {
      const [first] = (await read(inWholeSeconds(asked.lane({ value, shard })), 1)).items;
      if (first === undefined) break;
      its.push(first.at);
    }
    found.push(its);
  }
  return { shards: found.flat(), ...(found.length === 1 ? {} : { of: found.map((its) => its.length) }) };
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
  readonly lane: Lane;
  buffer: FoundRow[];
  /** When the buffer is empty: not before this comes its next event; null when there is none. */
  next: Instant | null;
  after: Standing | undefined;
}

/** The shards' events as one list. A shard is read only when its turn may have come. */
async function merge(read: Read, asked: Asked, place: Place, room: Room): Promise<{ items: FoundRow[]; shards: (Instant | null)[] }> {
  const after = place.after === undefined ? undefined : unwritten(place.after);
  const bound = after !== undefined && asked.oldestFirst ? place.upTo : undefined;
  const lanes = lanesOf(asked, place);
  const all = lanes.map((lane, index): Shard => ({ lane, buffer: [], next: place.shards[index] ?? null, after }));
  const items: FoundRow[] = [];
  for (let left = room; isLeft(left);) {
    const first = foremost(all, asked.oldestFirst);
    if (first === undefined) break;
    const item = first.buffer.shift();
    if (item !== undefined) {
      items.push(item);
      left = leftBeside(left, [item]);
      continue;
    }
    const sharing = all.filter((one) => one === first || isNear(one, first)).length;
    await fill(read, asked, first, { most: Math.ceil(left.items / sharing), bound });
  }
  return { items, shards: all.map(({ buffer, next }) => buffer[0]?.at ?? next) };
}

/** Both have events of the same second, so the page is made of both. */
const isNear = (one: Shard, other: Shard): boolean => {
  const at = one.buffer[0]?.at ?? one.next;
  return at !== null && other.next !== null && Math.abs(milliseconds(at) - milliseconds(other.next)) <= 1000;
};

async function fill(read: Read, asked: Asked, shard: Shard, { most, bound }: { most: number; bound: Instant | undefined }): Promise<void> {
  const over = bound !== undefined && shard.after !== undefined && shard.after.atKey.slice(0, 24) >= bound;
  const page: Page<FoundRow> = over ? { items: [] } : await read(asked.lane(shard.lane, shard.after, bound), most);
  const last = page.items.at(-1);
  shard.buffer = [...page.items];
  shard.after = last?.standing ?? shard.after;
  shard.next = page.cursor === undefined ? null : (last?.at ?? shard.next);
}

/** Whose event comes first; a shard of which only an instant is known comes before all events of that instant. */
function foremost(shards: readonly Shard[], oldestFirst: boolean): Shard | undefined {
  const keyed = shards.flatMap((shard) => {
    const [head] = shard.buffer;
    const key = head !== undefined ? head.standing.atKey : shard.next === null ? undefined : `${shard.next}${oldestFirst ? "" : "~"}`;
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
  room: Room,
): Promise<Page<FoundRow>> {
  const { q, upTo } = place;
  const days = daysBetween(begin, end, asked);
  const items: FoundRow[] = [];
  let after = place.after === undefined ? undefined : unwritten(place.after);
  let [index, left] = [0, room];
  for (let reads = 0; index < days.length && reads < daysPerPage && isLeft(left); reads += 1) {
    const page = await read(asked.ofDay(days[index] ?? "", after), left.items);
    const taken = within(page.items, left);
    items.push(...taken);
    left = leftBeside(left, taken);
    const isMore = page.cursor !== undefined || taken.length < page.items.length;
    after = isMore ? taken.at(-1)?.standing : undefined;
    if (!isMore) index += 1;
  }
  const next = days[index];
  if (next !== undefined)
    return { items, cursor: cursorOf({ q, upTo, ...optional("after", after && written(after)), shards: [], days: [next, end] }) };
  if (!asked.oldestFirst) return { items };
  if (!isLeft(left)) return { items, cursor: cursorOf({ q, upTo, shards: [] }) };
  const rest = await nextPage(read, asked, { q, upTo, shards: [] }, left);
  return { ...rest, items: [...items, ...rest.items] };
}

/** As many as there is room for, the last one perhaps beyond it. */
function within(rows: readonly FoundRow[], room: Room): readonly FoundRow[] {
  let bytes = 0;
  const end = rows.findIndex((row) => (bytes += row.bytes) >= room.bytes);
  return end === -1 ? rows : rows.slice(0, end + 1);
}

/** From one day to another, in the question's order; none before the first that there can be, and none to come. */
function daysBetween(begin: string, end: string, { now, oldestFirst }: Pick<Asked, "now" | "oldestFirst">): string[] {
  const tomorrow = dayOf(instant(milliseconds(now) + day));
  const clamped = (one: string): string => (one < firstDay ? firstDay : one > tomorrow ? tomorrow : one);
  const [low, high] = oldestFirst ? [begin, end] : [end, begin];
  if (low > high || high < firstDay || low > tomorrow) return [];
  const count = Math.round((Date.parse(clamped(high)) - Date.parse(clamped(low))) / day) + 1;
  const days = Array.from({ length: Number.isNaN(count) ? 0 : count }, (_, index) =>
    instant(Date.parse(clamped(low)) + index * day).slice(0, 10),
  );
  return oldestFirst ? days : days.reverse();
}

const dayOf = (at: string): string => at.slice(0, 10);
