// The log as a stream: page after page in time's order, up to a moment that is fixed at the start.

import { instant, type Instant } from "../lib/ids.ts";
import { isEvent, type LogRow, type Subject } from "../lib/ledger.ts";
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
export function settledEnd(asked: Instant | undefined, now = Date.now()): Instant {
  const settled = instant(now - settleMilliseconds);
  return asked !== undefined && asked < settled ? asked : settled;
}

export type Query = Readonly<Record<string, string | undefined>>;

/** Pages, oldest first; `cursor` goes on with a list that was broken off. */
export async function* pages(api: Api, query: Query, cursor?: string): AsyncGenerator<Page> {
  let next = cursor;
  do {
    const page: Page = await api.get<Page>("/audit", { ...query, oldestFirst: "true", limit: pageSize, cursor: next });
    yield page;
    next = page.cursor;
  } while (next !== undefined);
}

/** Every row of the log that the filters let through, with the count so far for whoever watches. */
export async function* events({ api, terminal }: Pick<Call, "api" | "terminal">, query: Query): AsyncGenerator<LogRow> {
  let count = 0;
  for await (const { items } of pages(api, query)) {
    for (const item of items) yield stored(item);
    count += items.length;
    if (terminal.interactive && items.length > 0)
      terminal.err(painted(`${String(count)} events so far, up to ${lastOf(items)} …`, "dim", terminal.aside));
  }
}

/** The same of these types alone, list after list: the index gives no others, unless one service is asked for, which has an index of its own. */
export async function* eventsOfTypes(call: Pick<Call, "api" | "terminal">, types: readonly string[], query: Query): AsyncGenerator<LogRow> {
  if (query["service"] !== undefined) return yield* events(call, query);
  for (const type of types) yield* events(call, { ...query, type });
}

/** One chain, read by its key: nothing lags, whatever an index shows. */
export const chainOf = ({ api }: Pick<Call, "api">, subject: Subject): Promise<LogRow[]> => rowsOf(api, { subject });

/** All of them at once: for lists that are known to be short. */
export async function rowsOf(api: Api, query: Query): Promise<LogRow[]> {
  const rows: LogRow[] = [];
  for await (const { items } of pages(api, query)) rows.push(...items.map(stored));
  return rows;
}

/** The row as the log holds it: without the words that the API adds. */
export function stored({ sentence: _sentence, ...rest }: Told): LogRow {
  return rest;
}

export function lastOf(items: readonly Told[]): string {
  const last = items.at(-1);
  return last === undefined ? "" : isEvent(last) ? last.event.at : (last.at ?? "");
}
