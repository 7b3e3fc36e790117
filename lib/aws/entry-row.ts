// An allow-list entry as its row. What bounds an entry lies in `conditions` and must all be understood: one that we do not know is a fault.
// What else a later version wrote beside it, for us to come back to, describes the entry, and stays in the row.

import * as v from "valibot";
import type { Entry, Principal, Removed } from "../allow-list.ts";
import { UnreadableRow } from "../faults.ts";
import type { ServiceId } from "../ids.ts";
import type { UnreadableEntry } from "../ports.ts";
import type { Item } from "./item.ts";
import {
  asking,
  disconnect,
  instantText,
  ipAddressTypeText,
  readRow,
  rowVersion,
  serviceOrAny,
  text,
  verdictText,
  whole,
  type RowShape,
} from "./rows.ts";

export const entryRow = (entry: Entry | Removed): Item => ({ ...entry, v: rowVersion });

/** An entry, or what a removed one left at its key. */
export const readListed = (table: string, item: Item): Entry | Removed =>
  item["removed"] === undefined ? readRow(table, shape, item) : readRow(table, tombstone, item);
/** For whoever looks, a row that cannot be read stands for itself and hides no other. */
export function findListed(table: string, item: Item): Entry | Removed | UnreadableEntry {
  try {
    return readListed(table, item);
  } catch (error) {
    if (!(error instanceof UnreadableRow)) throw error;
    const { row, why } = error;
    return { service: row["service"] as ServiceId | "*", principal: row["principal"] as Principal, unreadable: why, row };
  }
}
export const isRemoved = (listed: Entry | Removed): listed is Removed => "removed" in listed;
export const isEntry = (listed: Entry | Removed): listed is Entry => !("removed" in listed);
export const isFound = (listed: Entry | Removed | UnreadableEntry): listed is Entry | UnreadableEntry => !("removed" in listed);

const words = v.optional(v.string());

const conditions = v.strictObject({
  regions: v.optional(v.array(text)),
  ipAddressTypes: v.optional(v.array(ipAddressTypeText)),
  notBefore: v.optional(instantText),
  expires: v.optional(instantText),
  atMost: v.optional(v.pipe(whole, v.minValue(1))),
});

/** What an entry says about whom it speaks of. */
const said = {
  // A condition beside the others would demand nothing.
  ...Object.fromEntries(Object.keys(conditions.entries).map((name) => [name, v.optional(v.never("a condition in the wrong place"))])),
  verdict: verdictText,
  conditions,
  name: words,
  label: words,
  vpc: v.optional(v.object({ id: text, region: text })),
  contact: words,
  purpose: words,
  ticket: words,
  labels: v.optional(v.record(v.string(), v.string())),
  asking: v.optional(asking),
  onExpiry: v.optional(disconnect),
  disconnect: v.optional(disconnect),
};

const shape: RowShape<Entry> = {
  what: "an allow-list entry",
  key: ["service", "principal"],
  schema: v.looseObject({
    service: serviceOrAny,
    principal: v.pipe(v.string(), v.regex(/^(any|(endpoint|account|ou|org)#.+)$/, "not a principal")),
    version: v.pipe(whole, v.minValue(1)),
    author: v.string(),
    authors: v.optional(v.array(text)),
    afterwards: v.optional(
      v.union([
        v.literal("nothing"),
        v.looseObject({ ...said, author: v.string(), at: instantText, reason: words, since: v.optional(instantText) }),
      ]),
    ),
    at: instantText,
    reason: words,
    since: v.optional(instantText),
    ...said,
  }),
  value: (item) => item as unknown as Entry,
};

const tombstone: RowShape<Removed> = {
  what: "a removed entry",
  key: ["service", "principal"],
  schema: v.looseObject({
    service: serviceOrAny,
    principal: text,
    version: whole,
    removed: v.looseObject({ at: instantText, by: v.string(), disconnect: v.optional(disconnect), reason: v.optional(v.string()) }),
  }),
  value: (item) => item as unknown as Removed,
};
