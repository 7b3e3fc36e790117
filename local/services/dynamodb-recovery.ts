// Point-in-time recovery: what a table held at a moment, worked out backwards from what it holds now and what has changed since.

import { flag, optionalNumber, rows, type Members } from "../members.ts";
import { AwsError, type Clock } from "../service.ts";
import type { DynaliteStore, Item, Table } from "./dynalite-store.ts";
import type { Change } from "./dynamodb-feed.ts";

export interface Backups {
  readonly recoveryDays: number;
  /** The earliest moment that can be gone back to. */
  since: number;
  readonly changes: Past[];
}

interface Past {
  readonly at: number;
  readonly change: Change;
}

/** No more is remembered of a table: a storm on a laptop is not to be kept for 35 days. */
const CHANGES_MAX = 20_000;
const SECOND_MS = 1000;

export const backupsSince = (now: number, recoveryDays: number): Backups => ({ recoveryDays, since: now, changes: [] });

export function remember(backups: Backups, change: Change, clock: Clock): void {
  backups.changes.push({ at: clock.now(), change });
  if (backups.changes.length <= CHANGES_MAX) return;
  const [forgotten] = backups.changes.splice(0, backups.changes.length - CHANGES_MAX);
  backups.since = forgotten?.at ?? backups.since;
}

/** The moment asked for: DynamoDB goes by whole seconds. */
export function momentOf(input: Members, { since }: Backups, clock: Clock): number {
  const now = clock.now();
  if (flag(input, "UseLatestRestorableTime")) return now;
  const given = input["RestoreDateTime"];
  const at = given instanceof Date ? given.getTime() : (optionalNumber(input, "RestoreDateTime") ?? 0) * SECOND_MS;
  const second = Math.floor(at / SECOND_MS) * SECOND_MS;
  if (second > now || second + SECOND_MS <= since)
    throw new AwsError(
      "InvalidRestoreTimeException",
      "An invalid restore time was specified. RestoreDateTime must be between EarliestRestorableDateTime and LatestRestorableDateTime.",
    );
  return second;
}

/** What the table held then. */
export async function itemsAt(store: DynaliteStore, table: Table, backups: Backups, moment: number): Promise<readonly Item[]> {
  const items = new Map((await allItems(store, table)).map((item): [string, Item] => [store.keyText(table, keyOf(table, item)), item]));
  for (const { at, change } of backups.changes.toReversed()) {
    if (at <= moment) break;
    const { before, after } = change;
    const key = store.keyText(table, keyOf(table, before ?? after ?? {}));
    if (before === undefined) items.delete(key);
    else items.set(key, before);
  }
  return [...items.values()];
}

async function allItems(store: DynaliteStore, { TableName }: Table): Promise<Item[]> {
  const all: Item[] = [];
  let from: unknown;
  do {
    const page: Members = await store.run("Scan", {
      TableName,
      ConsistentRead: true,
      ...(from === undefined ? {} : { ExclusiveStartKey: from }),
    });
    all.push(...(rows(page, "Items") as Item[]));
    from = page["LastEvaluatedKey"];
  } while (from !== undefined);
  return all;
}

const keyOf = (table: Table, item: Item): Item =>
  Object.fromEntries(table.KeySchema.map(({ AttributeName }) => [AttributeName, item[AttributeName] ?? {}]));

/** What comes with the data: keys, indexes, the way of paying and encryption. Stream, time to live, recovery and protection do not. */
export function restoredAs(described: Members, TargetTableName: string): Members {
  const indexes = rows(described, "GlobalSecondaryIndexes").map(({ IndexName, KeySchema, Projection }) => ({
    IndexName,
    KeySchema,
    Projection,
  }));
  return {
    TableName: TargetTableName,
    AttributeDefinitions: described["AttributeDefinitions"],
    KeySchema: described["KeySchema"],
    BillingMode: "PAY_PER_REQUEST",
    ...(indexes.length === 0 ? {} : { GlobalSecondaryIndexes: indexes }),
    ...(described["SSEDescription"] === undefined ? {} : { SSESpecification: { Enabled: true, SSEType: "KMS" } }),
  };
}
