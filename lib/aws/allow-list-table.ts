// The AllowList table: the entries at exact keys and the list of one service; and what of the Settings table bears on verdicts.

import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Entry, Removed } from "../allow-list.ts";
import type { ServiceId } from "../ids.ts";
import type { EntryKey } from "../ledger.ts";
import type { AllowList, Bearing } from "../ports.ts";
import { getRows } from "./batch-get.ts";
import { findListed, isEntry, isFound, isRemoved, readListed } from "./entry-row.ts";
import { counterKind, freezeKind, readCount, readFreeze, readUnits, unitsKind } from "./freeze-row.ts";
import type { Item } from "./item.ts";
import { queryAll, queryPage } from "./pages.ts";

export function allowListTable(client: DynamoDBClient, table: string, settings: string): AllowList {
  const rowsAt = (keys: readonly EntryKey[]): Promise<Item[]> =>
    getRows(
      client,
      table,
      keys.map(({ service, principal }) => ({ service, principal })),
    );
  const listed = async (keys: readonly EntryKey[]): Promise<(Entry | Removed)[]> =>
    (await rowsAt(keys)).map((row) => readListed(table, row));
  return {
    read: async (keys) => (await listed(keys)).filter(isEntry),
    inspect: async (keys) => (await rowsAt(keys)).map((row) => findListed(table, row)).filter(isFound),
    standing: async (keys) => {
      const all = await listed(keys);
      return { entries: all.filter(isEntry), removed: all.filter(isRemoved) };
    },
    bearing: async (service) => bearingOf(settings, service, await getRows(client, settings, bearingKeys(service))),
    counts: async (counters) => {
      const rows = await getRows(
        client,
        settings,
        counters.map((id) => ({ kind: counterKind, id })),
      );
      return new Map(rows.map((row) => readCount(settings, row)));
    },
    freezes: async () => {
      const rows = await queryAll(client, { table: settings, hash: ["kind", freezeKind], keys: ["kind", "id"], consistent: true });
      return rows.map((row) => readFreeze(settings, row));
    },
    ofService: async (service, request) => {
      const page = await queryPage(
        client,
        { table, hash: ["service", service], keys: ["service", "principal"], consistent: true },
        request,
      );
      return { ...page, items: page.items.map((row) => findListed(table, row)).filter(isFound) };
    },
  };
}

export const bearingKeys = (service: ServiceId): Item[] =>
  [service, "*"].flatMap((id) => [
    { kind: freezeKind, id },
    { kind: unitsKind, id },
  ]);

export function bearingOf(table: string, service: ServiceId, rows: readonly Item[]): Bearing {
  const at = (kind: string, id: string): Item | undefined => rows.find((row) => row["kind"] === kind && row["id"] === id);
  const marks = (id: string): Bearing["units"]["here"] => {
    const row = at(unitsKind, id);
    return row === undefined ? { entries: 0, rejects: 0 } : readUnits(table, row);
  };
  return {
    freezes: [service, "*"].flatMap((id) => {
      const row = at(freezeKind, id);
      return row === undefined ? [] : [readFreeze(table, row)];
    }),
    units: { here: marks(service), everywhere: marks("*") },
  };
}
