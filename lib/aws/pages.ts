// Pages of a query: a bounded limit, and cursors that only this query gave out.

import { QueryCommand, type DynamoDBClient, type QueryCommandInput } from "@aws-sdk/client-dynamodb";
import { BadInput } from "../faults.ts";
import type { Page, PageRequest } from "../ledger.ts";
import { calling } from "./errors.ts";
import { readItem, writeItem, type Item, type Row } from "./item.ts";

const pageSize = 100;
const pageSizeMax = 1000;

/** A query of one table or index by its hash key. */
export interface Question {
  readonly table: string;
  readonly index?: string;
  /** The hash key's name and value. */
  readonly hash: readonly [string, string];
  /** The names of all key attributes, the table's and the index's: what a cursor holds. */
  readonly keys: readonly string[];
  readonly range?: { readonly name: string; readonly from?: string; readonly to?: string };
  readonly newestFirst?: boolean;
  readonly consistent?: boolean;
  /** Begins after this key, which need not be there. */
  readonly after?: Item;
}

/** A page may hold fewer than asked for; there is more as long as there is a cursor. */
export const queryPage = (client: DynamoDBClient, question: Question, request: PageRequest = {}): Promise<Page<Item>> =>
  queryRows(client, question, request, readItem);

/** The same, each row read by `read`. */
export async function queryRows<T>(
  client: DynamoDBClient,
  question: Question,
  request: PageRequest,
  read: (row: Row) => T,
): Promise<Page<T>> {
  const start = request.cursor === undefined ? question.after : readCursor(question, request.cursor);
  const command = new QueryCommand({
    ...inputOf(question),
    Limit: limitOf(request),
    ...(start === undefined ? {} : { ExclusiveStartKey: writeItem(start) }),
  });
  const reply = await calling("dynamodb:Query", () => client.send(command), `table ${question.table}`);
  const items = (reply.Items ?? []).map(read);
  return reply.LastEvaluatedKey === undefined ? { items } : { items, cursor: writeCursor(readItem(reply.LastEvaluatedKey)) };
}

/** Everything the query finds, page by page. */
export async function queryAll(client: DynamoDBClient, question: Question): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const page: Page<Item> = await queryPage(client, question, {
      limit: pageSizeMax,
      ...(cursor === undefined ? {} : { cursor }),
    });
    items.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return items;
}

export function limitOf({ limit = pageSize }: PageRequest): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= pageSizeMax) return limit;
  throw new BadInput("limit", limit, `give a whole number from 1 to ${String(pageSizeMax)}`);
}

/** A cursor is opaque to whoever carries it: JSON, so that it can be checked when it comes back. */
export const writeCursor = (key: Item): string => Buffer.from(JSON.stringify(key)).toString("base64url");

export function readCursorJson(cursor: string): Item {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Item;
  } catch {
    // It is told below, with every other cursor that we did not give out.
  }
  throw badCursor(cursor);
}

export const badCursor = (cursor: string): BadInput =>
  new BadInput("cursor", cursor, "give the cursor of the page before, with the same question, or none");

function readCursor({ hash: [name, value], keys }: Question, cursor: string): Item {
  const key = readCursorJson(cursor);
  const names = Object.keys(key);
  const fits = names.length === keys.length && keys.every((one) => typeof key[one] === "string" && key[one] !== "") && key[name] === value;
  if (!fits) throw badCursor(cursor);
  return key;
}

function inputOf({ table, index, hash: [name, value], range, newestFirst = false, consistent = false }: Question): QueryCommandInput {
  const { from, to } = range ?? {};
  const bound =
    from !== undefined && to !== undefined
      ? "#r BETWEEN :from AND :to"
      : from !== undefined
        ? "#r >= :from"
        : to !== undefined
          ? "#r <= :to"
          : undefined;
  return {
    TableName: table,
    ...(index === undefined ? {} : { IndexName: index }),
    KeyConditionExpression: bound === undefined ? "#h = :h" : `#h = :h AND ${bound}`,
    ExpressionAttributeNames: {
      "#h": name,
      ...(bound === undefined || range === undefined ? {} : { "#r": range.name }),
    },
    ExpressionAttributeValues: writeItem({ ":h": value, ":from": from, ":to": to }),
    ScanIndexForward: !newestFirst,
    ...(consistent ? { ConsistentRead: true } : {}),
  };
}
