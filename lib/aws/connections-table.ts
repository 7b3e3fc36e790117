// The Connections table: records by endpoint, and lists by service, by account and by open question.

import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Connection } from "../connection.ts";
import type { Page, PageRequest } from "../ledger.ts";
import type { Connections } from "../ports.ts";
import { getRows } from "./batch-get.ts";
import { readConnection } from "./connection-row.ts";
import { queryPage, type Question } from "./pages.ts";

export function connectionsTable(client: DynamoDBClient, table: string): Connections {
  const list = async (
    index: string,
    hash: Question["hash"],
    range: string,
    request: PageRequest | undefined,
  ): Promise<Page<Connection>> => {
    const page = await queryPage(client, { table, index, hash, keys: [...new Set(["endpoint", hash[0], range])] }, request);
    return { ...page, items: page.items.map((item) => readConnection(table, item).connection) };
  };
  return {
    load: async (endpoints) => {
      const rows = await getRows(
        client,
        table,
        endpoints.map((endpoint) => ({ endpoint })),
      );
      return new Map(rows.map((row) => readConnection(table, row)).map((kept) => [kept.connection.endpoint, kept]));
    },
    ofService: (service, request) => list("byService", ["service", service], "endpoint", request),
    ofAccount: (account, request) => list("byAccount", ["account", account], "endpoint", request),
    asking: (service, request) => list("byOpen", ["openAt", service], "openSince", request),
  };
}
