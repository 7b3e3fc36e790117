// Pages of a list in memory, with cursors as strict as the real ones.

import { BadInput } from "../../lib/faults.ts";
import type { Page, PageRequest } from "../../lib/ledger.ts";
import { badCursor, limitOf, readCursorJson, writeCursor } from "../../lib/aws/pages.ts";

/** `items` in their order, each with a key that sorts the same; `question` is what a cursor belongs to. */
export function pageOf<T>(
  items: readonly { readonly key: string; readonly value: T }[],
  question: string,
  request: PageRequest = {},
): Page<T> {
  const limit = limitOf(request);
  const after = request.cursor === undefined ? undefined : readAfter(request.cursor, question);
  const start = after === undefined ? 0 : items.findIndex(({ key }) => key === after) + 1;
  if (after !== undefined && start === 0) throw new BadInput("cursor", request.cursor, "the fake no longer has the item it stands for");
  const page = items.slice(start, start + limit);
  const last = page.at(-1);
  const values = page.map(({ value }) => structuredClone(value));
  return last === undefined || start + limit >= items.length
    ? { items: values }
    : { items: values, cursor: writeCursor({ question, after: last.key }) };
}

function readAfter(cursor: string, question: string): string {
  const { question: given, after } = readCursorJson(cursor);
  if (given !== question || typeof after !== "string") throw badCursor(cursor);
  return after;
}

/** Sorts by key as DynamoDB does: by bytes. */
export const byKey = <T>(items: readonly { readonly key: string; readonly value: T }[]): { readonly key: string; readonly value: T }[] =>
  [...items].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
