// Reading many rows by their exact keys, strongly consistent, however many DynamoDB hands back at a time.

import { BatchGetItemCommand, GetItemCommand, type AttributeValue, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { concurrently, pieces } from "../loop/concurrently.ts";
import { calling } from "./errors.ts";
import { readItem, writeItem, type Item } from "./item.ts";
import { untilDone } from "./left-undone.ts";
import type { Pause } from "./pause.ts";

/** What BatchGetItem takes. */
const keysPerCall = 100;
const callsAtOnce = 8;

type Key = Record<string, AttributeValue>;

/** The rows that exist, in no order. One key is read with GetItem, so that a function that needs no more has no more rights. */
export async function getRows(client: DynamoDBClient, table: string, keys: readonly Item[], wait?: Pause): Promise<Item[]> {
  const distinct = [...new Map(keys.map((key) => [JSON.stringify(key), key])).values()];
  const [only] = distinct;
  if (only !== undefined && distinct.length === 1) {
    const row = await getRow(client, table, only);
    return row === undefined ? [] : [row];
  }
  const parts = await concurrently(pieces(distinct, keysPerCall), callsAtOnce, (part) => getPart(client, table, part, wait));
  return parts.flat();
}

export async function getRow(client: DynamoDBClient, table: string, key: Item): Promise<Item | undefined> {
  const { Item: row } = await calling(
    "dynamodb:GetItem",
    () => client.send(new GetItemCommand({ TableName: table, Key: writeItem(key), ConsistentRead: true })),
    `table ${table}`,
  );
  return row === undefined ? undefined : readItem(row);
}

async function getPart(client: DynamoDBClient, table: string, keys: readonly Item[], wait?: Pause): Promise<Item[]> {
  const [action, where] = ["dynamodb:BatchGetItem", `table ${table}`];
  const rows: Item[] = [];
  const call = async (Keys: readonly Key[]): Promise<readonly Key[]> => {
    const command = new BatchGetItemCommand({ RequestItems: { [table]: { Keys: [...Keys], ConsistentRead: true } } });
    const reply = await calling(action, () => client.send(command), where);
    rows.push(...(reply.Responses?.[table] ?? []).map(readItem));
    return reply.UnprocessedKeys?.[table]?.Keys ?? [];
  };
  await untilDone(action, where, keys.map(writeItem), call, wait);
  return rows;
}
