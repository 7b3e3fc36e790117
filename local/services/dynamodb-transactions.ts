// TransactWriteItems and TransactGetItems: all of it or none of it, with AWS's reasons for none.

import { isMembers, optionalText, record, rows, text } from "../members.ts";
import type { Members } from "../members.ts";
import { AwsError } from "../service.ts";
import type { Clock } from "../service.ts";
import type { Checked, DynaliteStore, Input, Item, Table } from "./dynalite-store.ts";
import type { Change } from "./dynamodb-feed.ts";
import { tableName } from "./dynamodb-tables.ts";
import { keyOf } from "./dynamodb-writes.ts";
import type { Written } from "./dynamodb-writes.ts";

const ITEMS_MAX = 100;
const BYTES_MAX = 4 * 1024 * 1024;
const TOKEN_LIVES_MS = 10 * 60 * 1000;

/** A condition check needs what a delete needs: a key and a condition. */
const ACTIONS = { Put: "PutItem", Update: "UpdateItem", Delete: "DeleteItem", ConditionCheck: "DeleteItem" } as const;
type Kind = keyof typeof ACTIONS;

export interface TransactOperation {
  readonly kind: Kind;
  readonly input: Members;
}

interface Prepared extends TransactOperation {
  readonly checked: Checked;
  readonly table: Table;
  readonly key: Item;
}

interface Reason {
  readonly Code: string;
  readonly Message?: string;
  readonly Item?: Item;
}

export interface Transactions {
  write(input: Input): Promise<Written>;
  get(input: Input): Promise<Record<string, unknown>>;
}

export function createTransactions(store: DynaliteStore, clock: Clock): Transactions {
  const tokens = new Map<string, { readonly asked: string; readonly at: number }>();
  return {
    async write(input) {
      const operations = transactOperations(input);
      checkCount(operations.length, input["TransactItems"]);
      const token = optionalText(input, "ClientRequestToken");
      if (token !== undefined && isRepeat(tokens, clock, token, input)) return { result: {}, changes: [] };
      const prepared = await prepare(store, operations);
      const before = await judge(store, prepared);
      const changes = await apply(store, prepared, before);
      if (token !== undefined) tokens.set(token, { asked: JSON.stringify(input), at: clock.now() });
      return { result: {}, changes };
    },
    async get(input) {
      const gets = rows(input, "TransactItems").map((item) => record(item, "Get"));
      checkCount(gets.length, input["TransactItems"]);
      const Responses: Record<string, unknown>[] = [];
      for (const get of gets) {
        const { Item } = await store.run("GetItem", { ...get, TableName: tableName(get["TableName"]), ConsistentRead: true });
        Responses.push(Item === undefined ? {} : { Item });
      }
      return { Responses };
    },
  };
}

export function transactOperations(input: Members): TransactOperation[] {
  return rows(input, "TransactItems").map((item) => {
    const [entry, ...more] = Object.entries(item).filter((pair): pair is [Kind, Members] => pair[0] in ACTIONS && isMembers(pair[1]));
    if (entry === undefined || more.length > 0) {
      throw new AwsError("ValidationException", "TransactItems can only contain one of Check, Put, Update or Delete");
    }
    const [kind, given] = entry;
    return { kind, input: { ...given, TableName: tableName(given["TableName"]) } };
  });
}

function checkCount(count: number, given: unknown): void {
  if (count >= 1 && count <= ITEMS_MAX) return;
  const constraint = count < 1 ? "greater than or equal to 1" : `less than or equal to ${ITEMS_MAX}`;
  const value = JSON.stringify(given ?? null).slice(0, 100);
  throw new AwsError(
    "ValidationException",
    `1 validation error detected: Value '${value}' at 'transactItems' failed to satisfy constraint: Member must have length ${constraint}`,
  );
}

function isRepeat(tokens: Map<string, { asked: string; at: number }>, clock: Clock, token: string, input: Input): boolean {
  const before = tokens.get(token);
  if (before === undefined || clock.now() - before.at > TOKEN_LIVES_MS) return false;
  if (before.asked === JSON.stringify(input)) return true;
  throw new AwsError("IdempotentParameterMismatchException", "The provided ClientRequestToken was already used with a different request");
}

async function prepare(store: DynaliteStore, operations: readonly TransactOperation[]): Promise<Prepared[]> {
  const prepared: Prepared[] = [];
  const seen = new Set<string>();
  let bytes = 0;
  for (const { kind, input } of operations) {
    if (kind === "ConditionCheck") text(input, "ConditionExpression");
    const checked = store.check(ACTIONS[kind], input);
    const table = await store.table(text(input, "TableName"));
    const key = keyOf(table, checked);
    if (store.keyFault(table, key) === undefined) {
      const place = `${table.TableName} ${store.keyText(table, key)}`;
      if (seen.has(place)) throw new AwsError("ValidationException", "Transaction request cannot include multiple operations on one item");
      seen.add(place);
    }
    bytes += kind === "Put" ? store.size((checked.data["Item"] ?? {}) as Item) : 0;
    prepared.push({ kind, input, checked, table, key });
  }
  if (bytes > BYTES_MAX) throw new AwsError("ValidationException", "Transaction request size exceeded the allowed limit of 4 MB");
  return prepared;
}

/** Checks every condition before anything is written; gives the items as they are. */
async function judge(store: DynaliteStore, prepared: readonly Prepared[]): Promise<(Item | undefined)[]> {
  const before: (Item | undefined)[] = [];
  const reasons: Reason[] = [];
  for (const { kind, input, checked, table, key } of prepared) {
    const fault =
      kind === "Put"
        ? store.itemFault(table, (checked.data["Item"] ?? {}) as Item)
        : store.keyFault(table, (checked.data["Key"] ?? {}) as Item);
    const existing = fault === undefined ? await store.item(table, key) : undefined;
    before.push(existing);
    if (fault !== undefined) {
      reasons.push({ Code: "ValidationError", Message: fault.message });
    } else if (store.holds(checked, existing)) {
      reasons.push({ Code: "None" });
    } else {
      const asks = optionalText(input, "ReturnValuesOnConditionCheckFailure") === "ALL_OLD";
      reasons.push({
        Code: "ConditionalCheckFailed",
        Message: "The conditional request failed",
        ...(asks && existing !== undefined ? { Item: existing } : {}),
      });
    }
  }
  if (reasons.some(({ Code }) => Code !== "None")) throw cancelled(reasons);
  return before;
}

async function apply(store: DynaliteStore, prepared: readonly Prepared[], before: readonly (Item | undefined)[]): Promise<Change[]> {
  const changes: Change[] = [];
  for (const [at, { kind, checked, table, key }] of prepared.entries()) {
    if (kind === "ConditionCheck") continue;
    try {
      await store.perform(checked);
    } catch (error) {
      // Only an update can still fail here: its expression meets an item that it does not fit.
      await undo(store, changes);
      if (!(error instanceof AwsError)) throw error;
      throw cancelled(
        prepared.map((_, index): Reason => (index === at ? { Code: "ValidationError", Message: error.message } : { Code: "None" })),
      );
    }
    changes.push({ table, before: before[at], after: await store.item(table, key) });
  }
  return changes;
}

async function undo(store: DynaliteStore, changes: readonly Change[]): Promise<void> {
  for (const { table, before, after } of changes.toReversed()) {
    const TableName = table.TableName;
    if (before !== undefined) await store.run("PutItem", { TableName, Item: before });
    else if (after !== undefined) {
      const Key = Object.fromEntries(table.KeySchema.map(({ AttributeName }) => [AttributeName, after[AttributeName]]));
      await store.run("DeleteItem", { TableName, Key });
    }
  }
}

function cancelled(CancellationReasons: readonly Reason[]): AwsError {
  const codes = CancellationReasons.map(({ Code }) => Code).join(", ");
  return new AwsError(
    "TransactionCanceledException",
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    400,
    { CancellationReasons },
  );
}
