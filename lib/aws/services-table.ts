// The services in care, in the Settings table.

import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Services } from "../ports.ts";
import { getRow } from "./batch-get.ts";
import { queryAll } from "./pages.ts";
import { readService, serviceKind } from "./service-row.ts";

export const servicesTable = (client: DynamoDBClient, table: string): Services => ({
  get: async (service) => {
    const row = await getRow(client, table, { kind: serviceKind, id: service });
    return row === undefined ? undefined : readService(table, row);
  },
  all: async () => {
    const rows = await queryAll(client, {
      table,
      hash: ["kind", serviceKind],
      keys: ["kind", "id"],
      consistent: true,
    });
    return rows.map((row) => readService(table, row));
  },
});
