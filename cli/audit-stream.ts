// The log as a stream: page after page in time's order, up to a moment that is fixed at the start.

import type { StoredEvent } from "../lib/ledger.ts";
import type { Told } from "../lib/operator/history.ts";
import type { Api } from "./client.ts";
import type { Call } from "./command.ts";
import { painted } from "./render.ts";

/** So old an event is in every index: a list that ends there misses none. */
const settleMilliseconds = 10_000;
const pageSize = "1000";

export interface Page {
  readonly items: readonly Told[];
  readonly cursor?: string;
}

/** The end of a list that is to be complete: what was asked for, or just before now. */
export function settledEnd(asked: string | undefined, now = Date.now()): string {
  const settled = new Date(now - settleMilliseconds).toISOString();
  return asked !== undefined && new Date(asked).toISOString() < settled ? new Date(asked).toISOString() : settled;
}

/** Pages, oldest first; `cursor` goes on with a list that was broken off. */
export async function* pages(api: Api, query: Readonly<Record<string, string | undefined>>, cursor?: string): AsyncGenerator<Page> {
  let next = cursor;
  do {
    const page: Page = await api.get<Page>("/audit", { ...query, oldestFirst: "true", limit: pageSize, cursor: next });
    yield page;
    next = page.cursor;
  } while (next !== undefined);
}

/** Every event of the log that the filters let through, with the count so far for whoever watches. */
export async function* events(
  { api, terminal }: Pick<Call, "api" | "terminal">,
  query: Readonly<Record<string, string | undefined>>,
): AsyncGenerator<StoredEvent> {
  let count = 0;
  for await (const { items } of pages(api, query)) {
    for (const item of items) yield stored(item);
    count += items.length;
    if (terminal.interactive && items.length > 0)
      terminal.err(painted(`${String(count)} events so far, up to ${items.at(-1)?.event.at ?? ""} …`, "dim", terminal.aside));
  }
}

/** The event as the log holds it: without the words that the API adds. */
export function stored({ sentence: _sentence, ...rest }: Told): StoredEvent {
  return rest;
}
