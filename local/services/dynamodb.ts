// DynamoDB: dynalite behind a front of ours that adds transactions, the change feed and the settings of tables.

import { text } from "../members.ts";
import type { Members } from "../members.ts";
import type { Call, Clock, Service } from "../service.ts";
import { createDynaliteStore } from "./dynalite-store.ts";
import type { DynaliteStore } from "./dynalite-store.ts";
import { dynamoDbDemands } from "./dynamodb-demands.ts";
import { createFeed } from "./dynamodb-feed.ts";
import type { Feed, StreamRecord } from "./dynamodb-feed.ts";
import { createTables, TABLE_ACTIONS, tableName } from "./dynamodb-tables.ts";
import type { Tables } from "./dynamodb-tables.ts";
import { createTransactions } from "./dynamodb-transactions.ts";
import type { Transactions } from "./dynamodb-transactions.ts";
import { createTurns } from "./dynamodb-turns.ts";
import type { Turns } from "./dynamodb-turns.ts";
import { writeBatch, writeOne } from "./dynamodb-writes.ts";
import type { Written } from "./dynamodb-writes.ts";

export type { StreamRecord } from "./dynamodb-feed.ts";

export interface DynamoDbService extends Service {
  /** The changes of a table with a stream, from now on: by its name, its ARN or its stream's ARN. */
  changes(tableName: string, listener: (record: StreamRecord) => void): () => void;
  close(): Promise<void>;
}

const READS = new Set(["GetItem", "BatchGetItem", "Query", "Scan"]);
const WRITES = new Set(["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"]);
const TRANSACTIONS = new Set(["TransactWriteItems", "TransactGetItems"]);

/** What one account has: nothing is shared between accounts. */
interface Account {
  readonly store: DynaliteStore;
  readonly tables: Tables;
  readonly turns: Turns;
  readonly transactions: Transactions;
}

// oxlint-disable-next-line typescript/require-await -- a promise by contract: another store may have to be started
export async function createDynamoDb(options: { region: string; clock: Clock }): Promise<DynamoDbService> {
  const accounts = new Map<string, Account>();
  const feed = createFeed(options);
  const accountOf = (id: string): Account => {
    const account = accounts.get(id) ?? createAccount(id, options);
    accounts.set(id, account);
    return account;
  };
  return {
    signingName: "dynamodb",
    actions: new Set([...TABLE_ACTIONS, ...READS, ...WRITES, ...TRANSACTIONS]),
    demands: (call) => dynamoDbDemands(call, (name) => accountOf(call.caller.account).tables.facts(name)),
    handle: async (call) => await handle(accountOf(call.caller.account), feed, call),
    changes: (table, listener) => feed.subscribe(table, listener),
    async close() {
      await Promise.all([...accounts.values()].map(({ store }) => store.close()));
    },
  };
}

function createAccount(id: string, { region, clock }: { region: string; clock: Clock }): Account {
  const store = createDynaliteStore(id, region);
  return { store, tables: createTables(store, clock), turns: createTurns(), transactions: createTransactions(store, clock) };
}

async function handle(account: Account, feed: Feed, call: Call): Promise<unknown> {
  const { store, tables, turns, transactions } = account;
  const { action } = call;
  const input = byName(call.input);
  const told = (written: Written): Record<string, unknown> => {
    for (const change of written.changes) {
      feed.emit(store, tables.facts(change.table.TableName)?.stream, change);
      tables.note(change);
    }
    return written.result;
  };
  if (action === "TransactWriteItems") return await turns.transaction(async () => told(await transactions.write(input)));
  if (action === "TransactGetItems") return await turns.transaction(async () => await transactions.get(input));
  if (action === "BatchWriteItem") return await turns.write(async () => told(await writeBatch(store, input)));
  if (WRITES.has(action)) {
    text(input, "TableName");
    return await turns.write(async () => told(await writeOne(store, action, input)));
  }
  if (READS.has(action)) return await turns.read(async () => await store.run(action, input));
  return await turns.write(async () => await tables.handle(call, input));
}

function byName(input: Members): Members {
  return input["TableName"] === undefined ? input : { ...input, TableName: tableName(input["TableName"]) };
}
