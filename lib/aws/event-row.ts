// A committed event as its row in the AuditLog table: the event, its place in the chain, and what the indexes file it under.

import * as v from "valibot";
import { filed, paddedSeq, type StoredEvent, type Subject } from "../ledger.ts";
import { actor, because, instantText, readRow, rowVersion, serviceOrAny, accountIdText, text, type RowShape } from "./rows.ts";
import type { Item } from "./item.ts";
import { unspread, type Keys } from "./spread.ts";

/** Sequences are text in the table, padded, so that they sort. */
export const eventKey = (subject: Subject, seq: number): { subject: string; seq: string } => ({
  subject,
  seq: paddedSeq(seq),
});

/** `keys` are those of a busy second, where they are not simply what the event is filed under. */
export const eventRow = (stored: StoredEvent, keys: Keys = {}): Item => ({
  ...stored,
  ...eventKey(stored.subject, stored.seq),
  ...filed(stored),
  ...keys,
  at: stored.event.at,
  v: rowVersion,
});

export const readEvent = (table: string, item: Item): StoredEvent => {
  const { service } = item;
  return readRow(table, shape, typeof service === "string" ? { ...item, service: unspread(service) } : item);
};

const shape: RowShape<StoredEvent> = {
  what: "an event",
  key: ["subject", "seq"],
  schema: v.looseObject({
    subject: text,
    seq: v.pipe(v.string(), v.regex(/^\d{12}$/)),
    event: v.looseObject({ type: text, at: instantText, by: actor, because }),
    service: v.optional(serviceOrAny),
    account: v.optional(accountIdText),
    previous: v.string(),
    hash: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
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
