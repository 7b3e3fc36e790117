// The log as operators read it: each row with its sentence, whatever somebody made of the row.

import type { DrawbridgeEvent } from "../events.ts";
import { isEvent, type LogRow, type StoredEvent, type Subject, type UnreadableRow } from "../ledger.ts";
import type { Ledger } from "../ports.ts";
import { sentence } from "../wording.ts";
import { all, pageBytesMax } from "./paging.ts";

export type Told = (StoredEvent | UnreadableRow) & { readonly sentence: string };

export const told = (row: LogRow): Told =>
  isEvent(row) ? { ...row, sentence: inWords(row.event) } : { ...row, sentence: `this is no event any more: ${row.unreadable}` };

/** What somebody put into the log past Drawbridge may lack what its sentence is made of. */
function inWords(event: DrawbridgeEvent): string {
  try {
    const words: unknown = sentence(event);
    if (typeof words === "string") return words;
  } catch {
    // Said below: the event itself is shown, and verification says whether it was written so.
  }
  return `${event.type}, whose members are not those of such an event; see drawbridge audit verify`;
}

/** No subject's story is expected to be longer; `audit` pages through any. */
const eventsMax = 2000;

export async function historyOf(ledger: Pick<Ledger, "history">, subject: Subject): Promise<{ history: Told[]; complete: boolean }> {
  const { items, complete } = await all((page) => ledger.history(subject, page), eventsMax, pageBytesMax);
  return { history: items.map(told), complete };
}
