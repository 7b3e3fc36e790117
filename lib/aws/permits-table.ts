// The accounts that Drawbridge let ask at a service, in the Settings table: only these may it take back.

import { DeleteItemCommand, PutItemCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { isAccountId, type ServiceId } from "../ids.ts";
import type { Permits } from "../ports.ts";
import { calling } from "./errors.ts";
import { writeItem } from "./item.ts";
import { queryAll } from "./pages.ts";
import { rowVersion } from "./rows.ts";

const permitKind = (service: ServiceId): string => `principal#${service}`;

export const permitsTable = (client: DynamoDBClient, table: string): Permits => ({
  of: async (service) => {
    const rows = await queryAll(client, { table, hash: ["kind", permitKind(service)], keys: ["kind", "id"], consistent: true });
    return rows.map(({ id }) => String(id)).filter(isAccountId);
  },
  keep: async (service, account) => {
    const put = new PutItemCommand({ TableName: table, Item: writeItem({ kind: permitKind(service), id: account, v: rowVersion }) });
    await calling("dynamodb:PutItem", () => client.send(put), `table ${table}`);
  },
  forget: async (service, account) => {
    const remove = new DeleteItemCommand({ TableName: table, Key: writeItem({ kind: permitKind(service), id: account }) });
    await calling("dynamodb:DeleteItem", () => client.send(remove), `table ${table}`);
  },
});
