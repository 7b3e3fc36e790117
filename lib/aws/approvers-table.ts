// The approvers, in the Settings table.

import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Approvers } from "../ports.ts";
import { approverKind, readApprover } from "./approver-row.ts";
import { getRow } from "./batch-get.ts";
import { queryAll } from "./pages.ts";

export const approversTable = (client: DynamoDBClient, table: string): Approvers => ({
  get: async (name) => {
    const row = await getRow(client, table, { kind: approverKind, id: name });
    return row === undefined ? undefined : readApprover(table, row);
  },
  all: async () => {
    const rows = await queryAll(client, { table, hash: ["kind", approverKind], keys: ["kind", "id"], consistent: true });
    return rows.map((row) => readApprover(table, row));
  },
});
