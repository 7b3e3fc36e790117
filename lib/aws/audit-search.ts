// Searching the audit log by its indexes. By time it walks from day to day, since each day is an index key of its own.

import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { BadInput } from "../faults.ts";
import { instant, milliseconds, type Instant } from "../ids.ts";
import type { Page, PageRequest } from "../ledger.ts";
import type { AuditQuery } from "../ports.ts";
import type { Item } from "./item.ts";
import { badCursor, limitOf, queryPage, readCursorJson, writeCursor, type Question } from "./pages.ts";

/** How far back a search by time goes when it does not say. */
export const daysBack = 90;
/** Days asked in one page: empty ones make short pages, which still have a cursor. */
const daysPerPage = 40;
const day = 24 * 60 * 60 * 1000;

const indexes = {
  service: ["byService", "service"],
  account: ["byAccount", "account"],
  actor: ["byActor", "actor"],
  type: ["byType", "type"],
  decision: ["byDecision", "decision"],
} as const;

/** From `from`, included, to `to`, not included. */
export function searchPage(
  client: DynamoDBClient,
  table: string,
  query: AuditQuery,
  request: PageRequest,
  now: Instant,
): Promise<Page<Item>> {
  if (query.by === "time") return byTime(client, table, query, request, now);
  const [index, attribute] = indexes[query.by];
  if (query.value === undefined || query.value === "") throw new BadInput(query.by, query.value, `say which ${query.by} to search for`);
  return queryPage(client, indexQuery(table, query, index, attribute, query.value), request);
}

/** An event's key starts with its instant and goes on, so a bound that is an instant alone lies before all its events. */
const indexQuery = (
  table: string,
  { from, to, oldestFirst = false }: AuditQuery,
  index: string,
  attribute: string,
  value: string,
): Question => ({
  table,
  index,
  hash: [attribute, value],
  keys: ["subject", "seq", attribute, "atKey"],
  newestFirst: !oldestFirst,
  ...(from === undefined && to === undefined
    ? {}
    : {
        range: {
          name: "atKey",
          ...(from === undefined ? {} : { from }),
          ...(to === undefined ? {} : { to }),
        },
      }),
});

async function byTime(client: DynamoDBClient, table: string, query: AuditQuery, request: PageRequest, now: Instant): Promise<Page<Item>> {
  const limit = limitOf(request);
  const days = daysOf(query, now);
  const start = request.cursor === undefined ? { day: days[0], cursor: undefined } : readDayCursor(request.cursor, days);
  if (start.day === undefined) return { items: [] };
  const items: Item[] = [];
  let { cursor } = start;
  let index = days.indexOf(start.day);
  for (let asked = 0; index < days.length && asked < daysPerPage && items.length < limit; asked += 1) {
    const bucket = days[index] as string;
    const page = await queryPage(client, indexQuery(table, query, "byTime", "bucket", bucket), {
      limit: limit - items.length,
      ...(cursor === undefined ? {} : { cursor }),
    });
    items.push(...page.items);
    ({ cursor } = page);
    if (cursor === undefined) index += 1;
  }
  const next = days[index];
  return next === undefined ? { items } : { items, cursor: writeCursor({ day: next, ...(cursor === undefined ? {} : { cursor }) }) };
}

/** The days of the search in its order. Clocks differ, so the last one is a little later than now. */
function daysOf({ from, to, oldestFirst = false }: AuditQuery, now: Instant): string[] {
  const end = to === undefined ? milliseconds(now) + 60 * 60 * 1000 : milliseconds(to);
  const begin = from === undefined ? end - daysBack * day : milliseconds(from);
  const first = Math.floor(begin / day);
  const count = Math.max(0, Math.floor(end / day) - first + 1);
  const days = Array.from({ length: count }, (_, index) => instant((first + index) * day).slice(0, 10));
  return oldestFirst ? days : days.reverse();
}

function readDayCursor(text: string, days: readonly string[]): { day: string; cursor: string | undefined } {
  const { day, cursor } = readCursorJson(text);
  if (typeof day !== "string" || !days.includes(day) || (cursor !== undefined && typeof cursor !== "string")) throw badCursor(text);
  return { day, cursor };
}
