// The Proofs table: what has been claimed, until when. Its TTL only cleans up; the time is checked here.

import { ConditionalCheckFailedException, DeleteItemCommand, PutItemCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { milliseconds } from "../ids.ts";
import type { Clock, Proofs } from "../ports.ts";
import { calling } from "./errors.ts";
import { writeItem } from "./item.ts";

/** `holder` is this process's own id: it gives back only what it holds, never what another has claimed since. */
export function proofsTable(client: DynamoDBClient, table: string, clock: Clock, holder: string): Proofs {
  const held = new Map<string, string>();
  let claims = 0;
  return {
    claim: async (kind, id, seconds) => {
      const now = milliseconds(clock()) / 1000;
      const by = `${holder}#${String((claims += 1))}`;
      const put = new PutItemCommand({
        TableName: table,
        // Rounded up, so that a claim never ends early.
        Item: writeItem({ kind, id, holder: by, expiresAt: Math.ceil(now) + seconds }),
        // The last part is true when the SDK repeats a call whose answer was lost.
        ConditionExpression: "attribute_not_exists(id) OR expiresAt <= :now OR holder = :by",
        ExpressionAttributeValues: writeItem({ ":now": Math.floor(now), ":by": by }),
      });
      const claimed = await unlessRefused("dynamodb:PutItem", table, () => client.send(put));
      if (claimed) held.set(`${kind}#${id}`, by);
      return claimed;
    },
    extend: async (kind, id, seconds) => {
      const by = held.get(`${kind}#${id}`);
      if (by === undefined) return false;
      const put = new PutItemCommand({
        TableName: table,
        Item: writeItem({ kind, id, holder: by, expiresAt: Math.ceil(milliseconds(clock()) / 1000) + seconds }),
        ConditionExpression: "holder = :by",
        ExpressionAttributeValues: writeItem({ ":by": by }),
      });
      return unlessRefused("dynamodb:PutItem", table, () => client.send(put));
    },
    release: async (kind, id) => {
      const by = held.get(`${kind}#${id}`);
      if (by === undefined) return;
      held.delete(`${kind}#${id}`);
      const remove = new DeleteItemCommand({
        TableName: table,
        Key: writeItem({ kind, id }),
        ConditionExpression: "holder = :by",
        ExpressionAttributeValues: writeItem({ ":by": by }),
      });
      await unlessRefused("dynamodb:DeleteItem", table, () => client.send(remove));
    },
  };
}

const unlessRefused = (action: string, table: string, send: () => Promise<unknown>): Promise<boolean> =>
  calling(
    action,
    async () => {
      try {
        await send();
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },
    `table ${table}`,
  );
