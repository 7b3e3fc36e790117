// The accounts that Drawbridge let ask at a service, in the Settings table: only these may it take back.

import { ConditionalCheckFailedException, DeleteItemCommand, PutItemCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { isAccountId, type Instant, type ServiceId } from "../ids.ts";
import { optional } from "../optional.ts";
import type { Permits } from "../ports.ts";
import { calling } from "./errors.ts";
import { writeItem } from "./item.ts";
import { queryAll } from "./pages.ts";
import { rowVersion } from "./rows.ts";

const permitKind = (service: ServiceId): string => `principal#${service}`;

export const permitsTable = (client: DynamoDBClient, table: string): Permits => ({
  of: async (service) => {
    const rows = await queryAll(client, { table, hash: ["kind", permitKind(service)], keys: ["kind", "id"], consistent: true });
    return rows.flatMap(({ id, keptAt }) => {
      const account = String(id);
      return isAccountId(account) ? [{ account, ...optional("at", keptAt as Instant | undefined) }] : [];
    });
  },
  keep: async (service, { account, at }) => {
    const Item = writeItem({ kind: permitKind(service), id: account, v: rowVersion, keptAt: at });
    await calling("dynamodb:PutItem", () => client.send(new PutItemCommand({ TableName: table, Item })), `table ${table}`);
  },
  forget: async (service, { account, at }) => {
    const remove = new DeleteItemCommand({
      TableName: table,
      Key: writeItem({ kind: permitKind(service), id: account }),
      ...(at === undefined
        ? { ConditionExpression: "attribute_not_exists(keptAt)" }
        : { ConditionExpression: "keptAt = :at", ExpressionAttributeValues: writeItem({ ":at": at }) }),
    });
    await calling(
      "dynamodb:DeleteItem",
      () =>
        client.send(remove).catch((error: unknown) => {
          if (!(error instanceof ConditionalCheckFailedException)) throw error;
        }),
      `table ${table}`,
    );
  },
});
