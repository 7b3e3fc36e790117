// An allow-list entry as its row. What an entry demands must all be understood: a condition that we do not know is a fault.

import * as v from "valibot";
import type { Entry } from "../allow-list.ts";
import type { Item } from "./item.ts";
import { instantText, ipAddressTypeText, readRow, rowVersion, serviceOrAny, text, verdictText, whole, type RowShape } from "./rows.ts";

export const entryRow = (entry: Entry): Item => ({ ...entry, v: rowVersion });

export const readEntry = (table: string, item: Item): Entry => readRow(table, shape, item);

const words = v.optional(v.string());

const shape: RowShape<Entry> = {
  what: "an allow-list entry",
  key: ["service", "principal"],
  schema: v.strictObject({
    service: serviceOrAny,
    principal: v.pipe(v.string(), v.regex(/^(any|(endpoint|account|ou|org)#.+)$/, "not a principal")),
    verdict: verdictText,
    conditions: v.strictObject({
      regions: v.optional(v.array(text)),
      ipAddressTypes: v.optional(v.array(ipAddressTypeText)),
      notBefore: v.optional(instantText),
      expires: v.optional(instantText),
    }),
    version: v.pipe(whole, v.minValue(1)),
    author: v.string(),
    at: instantText,
    name: words,
    label: words,
    contact: words,
    purpose: words,
    ticket: words,
  }),
  value: (item) => item as unknown as Entry,
};
