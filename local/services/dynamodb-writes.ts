// Single and batch writes: each with the item before and after it, for the change feed.

import { isMembers, optionalText, record, text } from "../members.ts";
import { AwsError } from "../service.ts";
import type { Checked, DynaliteStore, Input, Item, Table } from "./dynalite-store.ts";
import type { Change } from "./dynamodb-feed.ts";

export interface Written {
  readonly result: Record<string, unknown>;
  readonly changes: readonly Change[];
}

/** PutItem, UpdateItem, DeleteItem. Runs in its turn: nothing else writes meanwhile. */
export async function writeOne(store: DynaliteStore, action: string, input: Input): Promise<Written> {
  const checked = store.check(action, input);
  const table = await store.table(text(input, "TableName"));
  const key = keyOf(table, checked);
  // A wrong key is refused by the action itself, in DynamoDB's words.
  const before = isWholeKey(store, table, key) ? await store.item(table, key) : undefined;
  try {
    const result = await store.perform(checked);
    return { result, changes: [{ table, before, after: await store.item(table, key) }] };
  } catch (error) {
    throw withItem(error, input, before);
  }
}

export async function writeBatch(store: DynaliteStore, input: Input): Promise<Written> {
  const checked = store.check("BatchWriteItem", input);
  const places: { table: Table; key: Item; before: Item | undefined }[] = [];
  for (const [name, requests] of Object.entries(record(checked.data, "RequestItems"))) {
    const table = await store.table(name);
    for (const request of Array.isArray(requests) ? requests.filter(isMembers) : []) {
      const put = record(request, "PutRequest")["Item"];
      const key = keysOnly(table, (put ?? record(request, "DeleteRequest")["Key"] ?? {}) as Item);
      if (isWholeKey(store, table, key)) places.push({ table, key, before: await store.item(table, key) });
    }
  }
  const result = await store.perform(checked);
  const changes: Change[] = [];
  for (const { table, key, before } of places) changes.push({ table, before, after: await store.item(table, key) });
  return { result, changes };
}

export function keyOf(table: Table, { data }: Checked): Item {
  return keysOnly(table, (data["Item"] ?? data["Key"] ?? {}) as Item);
}

/** The failed condition's item, for callers that asked for it. */
function withItem(error: unknown, input: Input, before: Item | undefined): unknown {
  const asks = optionalText(input, "ReturnValuesOnConditionCheckFailure") === "ALL_OLD";
  if (!(error instanceof AwsError) || error.code !== "ConditionalCheckFailedException" || !asks || before === undefined) return error;
  return new AwsError(error.code, error.message, error.status, { ...error.details, Item: before });
}

function isWholeKey(store: DynaliteStore, table: Table, key: Item): boolean {
  return store.keyFault(table, key) === undefined;
}

function keysOnly(table: Table, item: Item): Item {
  const pairs = table.KeySchema.flatMap(({ AttributeName }) =>
    item[AttributeName] === undefined ? [] : [[AttributeName, item[AttributeName]] as const],
  );
  return Object.fromEntries(pairs);
}
