// The log as operators read it: each row with its sentence, whatever somebody made of the row.

import { inWords } from "../in-words.ts";
import { isEvent, type LogRow, type StoredEvent, type Subject, type UnreadableRow } from "../ledger.ts";
import type { Ledger } from "../ports.ts";
import { all, pageBytesMax } from "./paging.ts";

export type Told = (StoredEvent | UnreadableRow) & { readonly sentence: string };

export const told = (row: LogRow): Told =>
  isEvent(row) ? { ...row, sentence: inWords(row.event) } : { ...row, sentence: `this is no event any more: ${row.unreadable}` };

/** No subject's story is expected to be longer; `audit` pages through any. */
const eventsMax = 2000;

export async function historyOf(ledger: Pick<Ledger, "history">, subject: Subject): Promise<{ history: Told[]; complete: boolean }> {
  const { items, complete } = await all((page) => ledger.history(subject, page), eventsMax, pageBytesMax);
  return { history: items.map(told), complete };
}
