// The log with its search by index, for those who look through everybody's events: operators, and whoever seals it.

import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { allTime, filed, isEvent, type LogRow, type PageRequest, type StoredEvent } from "../ledger.ts";
import type { AuditQuery, Clock, Ledger } from "../ports.ts";
import { searchPage } from "./audit-search.ts";
import type { Tables } from "./commit-writes.ts";
import { ledgerTables } from "./ledger-table.ts";
import type { Pause } from "./pause.ts";

export function searchableLedger(client: DynamoDBClient, tables: Tables, clock: Clock, wait?: Pause): Ledger {
  return {
    ...ledgerTables(client, tables, wait),
    search: async (query, request: PageRequest = {}) => {
      const page = await searchPage(client, tables.auditLog, query, request, clock());
      const values = new Set<string | undefined>([query.value ?? allTime].flat());
      // A value that looks like another's shard is found with it. What is no event any more is told wherever it stands.
      const isAsked = (row: LogRow): boolean => !isEvent(row) || values.has(valueOf(query.by, row));
      return { ...page, items: page.items.filter(isAsked) };
    },
  };
}

const valueOf = (by: AuditQuery["by"], stored: StoredEvent): string | undefined =>
  by === "service" || by === "account" ? stored[by] : filed(stored)[by === "time" ? "bucket" : by];
