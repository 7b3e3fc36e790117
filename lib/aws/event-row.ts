// A committed event as its row in the AuditLog table: the event, its place in the chain, and what the indexes file it under.

import * as v from "valibot";
import { filedOtherwise } from "../audit/filing.ts";
import type { Instant } from "../ids.ts";
import { optional } from "../optional.ts";
import { filed, paddedSeq, type Head, type LogRow, type StoredEvent, type Subject } from "../ledger.ts";
import {
  actor,
  because,
  instantText,
  readRow,
  rowVersion,
  serviceOrAny,
  accountIdText,
  text,
  whyUnreadable,
  type RowShape,
} from "./rows.ts";
import { readItem, type Item, type Row } from "./item.ts";
import { unspread, type Keys } from "./spread.ts";

/** Sequences are text in the table, padded, so that they sort. */
export const eventKey = (subject: Subject, seq: number): { subject: string; seq: string } => ({
  subject,
  seq: paddedSeq(seq),
});

/** `keys` are those of a busy second, where they are not simply what the event is filed under. */
export const eventRow = ({ filedUnder: _filed, ...stored }: StoredEvent, keys: Keys = {}): Item => ({
  ...stored,
  ...eventKey(stored.subject, stored.seq),
  ...filed(stored),
  ...keys,
  at: stored.event.at,
  v: rowVersion,
});

/** For whoever cannot go on without it. */
export const readEvent = (table: string, item: Item): StoredEvent => readRow(table, shape, plainService(item));

/** For whoever reads many: a row that is no event any more is told as that, and hides no other. */
export function readLogRow(row: Row): LogRow {
  const item = plainService(readItem(row));
  const why = whyUnreadable(shape, item);
  if (why !== undefined) return unreadable(row, why);
  const stored = shape.value(item);
  return { ...stored, ...filedOtherwise(readItem(row), stored) };
}

/** The end of a chain: what the next event is put after, as far as the row has it at all. */
export function readHead(table: string, row: Row): Head {
  const { seq, hash, event } = row;
  const at = event?.M?.["at"]?.S;
  if (seq?.S !== undefined && isPlace(seq.S) && hash?.S !== undefined && v.is(hashText, hash.S))
    return { seq: Number(seq.S), hash: hash.S, ...optional("at", v.is(instantText, at) ? (at as Instant) : undefined) };
  const { seq: place, hash: last } = readEvent(table, readItem(row));
  return { seq: place, hash: last };
}

/** A line of an export, or whatever else came without its row: the same members, as JSON has them. */
export function readLogLine(value: unknown): LogRow {
  const {
    seq,
    unreadable: told,
    ...members
  } = (typeof value === "object" && value !== null ? value : {}) as Readonly<Record<string, unknown>>;
  const isPlace = typeof seq === "number" && Number.isInteger(seq) && seq > 0;
  const item: Item = { ...members, seq: isPlace ? paddedSeq(seq) : seq };
  const why = typeof told === "string" ? told : whyUnreadable(shape, item);
  if (why !== undefined)
    return { subject: typeof members["subject"] === "string" ? members["subject"] : "", seq: isPlace ? seq : 0, unreadable: why };
  return { ...shape.value(item), ...(v.is(filedUnderShape, members["filedUnder"]) ? { filedUnder: members["filedUnder"] } : {}) };
}

/** The service as it was before a busy second's shards. */
const plainService = (item: Item): Item => (typeof item["service"] === "string" ? { ...item, service: unspread(item["service"]) } : item);

/** The keys of the table are there, and are text, in every row that there can be. */
function unreadable({ subject, seq, atKey }: Row, why: string): LogRow {
  const place = seq?.S ?? "";
  const at = atKey?.S?.slice(0, 24);
  return {
    subject: subject?.S ?? "",
    seq: isPlace(place) ? Number(place) : 0,
    unreadable: isPlace(place) ? why : `${JSON.stringify(place)} is no event's place`,
    ...optional("at", v.is(instantText, at) ? (at as Instant) : undefined),
  };
}

const isPlace = (seq: string): boolean => /^\d{12}$/.test(seq) && Number(seq) > 0;

const hashText = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, "not a SHA-256"));
const filedUnderShape = v.record(v.string(), v.string());
const shape: RowShape<StoredEvent> = {
  what: "an event",
  key: ["subject", "seq"],
  schema: v.looseObject({
    subject: text,
    seq: v.pipe(v.string("its place is no number"), v.check(isPlace, "its place is no number")),
    event: v.looseObject({ type: text, at: instantText, by: actor, because }),
    service: v.optional(serviceOrAny),
    account: v.optional(accountIdText),
    previous: v.string(),
    hash: hashText,
  }),
  value: (item) => {
    const { subject, event, service, account, previous, hash } = item as unknown as StoredEvent;
    return {
      subject,
      seq: Number(item["seq"]),
      event,
      ...(service === undefined ? {} : { service }),
      ...(account === undefined ? {} : { account }),
      previous,
      hash,
    };
  },
};
