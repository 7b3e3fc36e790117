// The AllowList table: the entries at exact keys, and the list of one service.

import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { AllowList } from "../ports.ts";
import { getRows } from "./batch-get.ts";
import { readEntry } from "./entry-row.ts";
import { queryPage } from "./pages.ts";

export const allowListTable = (client: DynamoDBClient, table: string): AllowList => ({
  read: async (keys) => {
    const rows = await getRows(
      client,
      table,
      keys.map(({ service, principal }) => ({ service, principal })),
    );
    return rows.map((row) => readEntry(table, row));
  },
  ofService: async (service, request) => {
    const page = await queryPage(client, { table, hash: ["service", service], keys: ["service", "principal"], consistent: true }, request);
    return { ...page, items: page.items.map((row) => readEntry(table, row)) };
  },
});
