// Slips in the Proofs table, beside the claims. Its TTL only cleans up; the time is checked here.

import {
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  PutItemCommand,
  UpdateItemCommand,
  type DynamoDBClient,
  type WriteRequest,
} from "@aws-sdk/client-dynamodb";
import { instant, milliseconds } from "../ids.ts";
import { pieces } from "../loop/concurrently.ts";
import type { Clock, Slip, Slips } from "../ports.ts";
import { getRow } from "./batch-get.ts";
import { calling } from "./errors.ts";
import { readItem, writeItem, type Item } from "./item.ts";
import { untilDone } from "./left-undone.ts";
import { queryAll } from "./pages.ts";
import type { Pause } from "./pause.ts";

/** What BatchWriteItem takes. */
const keysPerCall = 25;

export function slipsTable(client: DynamoDBClient, table: string, clock: Clock, wait?: Pause): Slips {
  const seconds = (): number => milliseconds(clock()) / 1000;
  const where = `table ${table}`;
  return {
    get: async (kind, id) => {
      const row = await getRow(client, table, { kind, id });
      return row === undefined ? undefined : read(row, seconds());
    },
    put: async ({ kind, id, until, data, count }) => {
      const row = { kind, id, data, expiresAt: Math.ceil(milliseconds(until) / 1000), until, ...(count === undefined ? {} : { count }) };
      await calling("dynamodb:PutItem", () => client.send(new PutItemCommand({ TableName: table, Item: writeItem(row) })), where);
    },
    remove: async (kind, ids) => {
      const [only] = ids;
      if (ids.length === 1 && only !== undefined) {
        const command = new DeleteItemCommand({ TableName: table, Key: writeItem({ kind, id: only }) });
        await calling("dynamodb:DeleteItem", () => client.send(command), where);
        return;
      }
      for (const part of pieces(ids, keysPerCall)) {
        const removals = part.map((id): WriteRequest => ({ DeleteRequest: { Key: writeItem({ kind, id }) } }));
        const call = async (some: readonly WriteRequest[]): Promise<readonly WriteRequest[]> => {
          const command = new BatchWriteItemCommand({ RequestItems: { [table]: [...some] } });
          const reply = await calling("dynamodb:BatchWriteItem", () => client.send(command), where);
          return reply.UnprocessedItems?.[table] ?? [];
        };
        await untilDone("dynamodb:BatchWriteItem", where, removals, call, wait);
      }
    },
    ofKind: async (kind) => {
      const rows = await queryAll(client, { table, hash: ["kind", kind], keys: ["kind", "id"], consistent: true });
      return rows.flatMap((row) => read(row, seconds()) ?? []);
    },
    count: async (kind, id, most) => {
      const update = new UpdateItemCommand({
        TableName: table,
        Key: writeItem({ kind, id }),
        UpdateExpression: "ADD #count :one",
        ConditionExpression: "expiresAt > :now AND (attribute_not_exists(#count) OR #count < :most)",
        ExpressionAttributeNames: { "#count": "count" },
        ExpressionAttributeValues: writeItem({ ":one": 1, ":now": Math.floor(seconds()), ":most": most }),
        ReturnValues: "ALL_NEW",
      });
      return calling(
        "dynamodb:UpdateItem",
        async () => {
          try {
            return Number(readItem((await client.send(update)).Attributes)["count"]);
          } catch (error) {
            if (error instanceof ConditionalCheckFailedException) return undefined;
            throw error;
          }
        },
        where,
      );
    },
  };
}

/** Claims lie beside the slips and are none. */
function read(row: Item, now: number): Slip | undefined {
  const { kind, id, expiresAt, data, count } = row;
  if (typeof expiresAt !== "number" || expiresAt <= now || typeof data !== "object" || data === null) return undefined;
  return {
    kind: String(kind),
    id: String(id),
    until: instant(expiresAt * 1000),
    data: data as Slip["data"],
    ...(typeof count === "number" ? { count } : {}),
  };
}
