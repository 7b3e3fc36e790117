// The log as operators read it: each stored event with its sentence.

import type { StoredEvent, Subject } from "../ledger.ts";
import type { Ledger } from "../ports.ts";
import { sentence } from "../wording.ts";
import { all } from "./paging.ts";

export interface Told extends StoredEvent {
  readonly sentence: string;
}

export const told = (stored: StoredEvent): Told => ({
  ...stored,
  sentence: sentence(stored.event),
});

/** No subject's story is expected to be longer; `audit` pages through any. */
const eventsMax = 2000;

export async function historyOf(ledger: Pick<Ledger, "history">, subject: Subject): Promise<{ history: Told[]; complete: boolean }> {
  const { items, complete } = await all((page) => ledger.history(subject, page), eventsMax);
  return { history: items.map(told), complete };
}
