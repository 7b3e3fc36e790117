// Reading many rows by their exact keys, strongly consistent, however many DynamoDB hands back at a time.

import { BatchGetItemCommand, GetItemCommand, type AttributeValue, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { Fault } from "../faults.ts";
import { concurrently, pieces } from "../loop/concurrently.ts";
import { calling } from "./errors.ts";
import { readItem, writeItem, type Item } from "./item.ts";
import { pause, type Pause } from "./pause.ts";

/** What BatchGetItem takes. */
const keysPerCall = 100;
const callsAtOnce = 8;
const triesMax = 6;

/** The rows that exist, in no order. One key is read with GetItem, so that a function that needs no more has no more rights. */
export async function getRows(client: DynamoDBClient, table: string, keys: readonly Item[], wait: Pause = pause): Promise<Item[]> {
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

async function getPart(client: DynamoDBClient, table: string, keys: readonly Item[], wait: Pause): Promise<Item[]> {
  const rows: Item[] = [];
  let left: Record<string, AttributeValue>[] = keys.map(writeItem);
  for (let tries = 1; left.length > 0; tries += 1) {
    if (tries > triesMax)
      throw new Fault(
        "Unprocessed",
        "dynamodb:BatchGetItem",
        `table ${table} left ${String(left.length)} keys unread after ${String(triesMax)} tries`,
        true,
      );
    if (tries > 1) await wait(tries - 1);
    const asked = left;
    const reply = await calling(
      "dynamodb:BatchGetItem",
      () =>
        client.send(
          new BatchGetItemCommand({
            RequestItems: { [table]: { Keys: asked, ConsistentRead: true } },
          }),
        ),
      `table ${table}`,
    );
    rows.push(...(reply.Responses?.[table] ?? []).map(readItem));
    left = reply.UnprocessedKeys?.[table]?.Keys ?? [];
  }
  return rows;
}
