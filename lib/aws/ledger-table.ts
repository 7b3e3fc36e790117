// The one write: a record, its events and its claims in one DynamoDB transaction; and the reading of the log.

import {
  TransactionCanceledException,
  TransactWriteItemsCommand,
  type DynamoDBClient,
  type TransactWriteItem,
} from "@aws-sdk/client-dynamodb";
import type { DrawbridgeEvent } from "../events.ts";
import { Fault } from "../faults.ts";
import { optional } from "../optional.ts";
import {
  accountOf,
  approverSubject,
  chain,
  connectionSubject,
  entrySubject,
  freezeSubject,
  noHead,
  serviceSubject,
  type Change,
  type Head,
  type StoredEvent,
} from "../ledger.ts";
import type { Ledger } from "../ports.ts";
import { changeWrites, eventWrites, type Tables, type Write } from "./commit-writes.ts";
import { asFault } from "./errors.ts";
import { readHead, readLogRow } from "./event-row.ts";
import { asStored } from "./item.ts";
import { queryRows, type Question } from "./pages.ts";
import { pause, type Pause } from "./pause.ts";
import { sha256 } from "./sha256.ts";
import { spreading, type Spread } from "./spread.ts";

type Refusal = "conflict" | "claimed" | "full";

/** What one transaction takes. */
export const writesMax = 100;
const triesMax = 4;

/** All but the search over everybody's events, which few need (searchable-ledger.ts). */
export function ledgerTables(client: DynamoDBClient, tables: Tables, wait: Pause = pause): Omit<Ledger, "search"> {
  const { auditLog } = tables;
  const spread = spreading();
  const subjectQuery = (subject: string): Question => ({
    table: auditLog,
    hash: ["subject", subject],
    keys: ["subject", "seq"],
    consistent: true,
  });
  return {
    commit: (change) => commit(client, tables, change, spread, wait),
    head: async (subject) => {
      const { items } = await queryRows(client, { ...subjectQuery(subject), newestFirst: true }, { limit: 1 }, (row) =>
        readHead(auditLog, row),
      );
      return items[0] ?? noHead;
    },
    history: (subject, { newestFirst = false, ...request } = {}) =>
      queryRows(client, { ...subjectQuery(subject), newestFirst }, request, readLogRow),
  };
}

async function commit(client: DynamoDBClient, tables: Tables, change: Change, spread: Spread, wait: Pause): Promise<Head | Refusal> {
  const stored = chained(change);
  const last = stored.at(-1);
  if (last === undefined) return change.expected;
  const head: Head = { seq: last.seq, hash: last.hash, at: last.event.at };
  const writes = [
    ...changeWrites(tables, change, head),
    ...eventWrites(tables, change, stored, spread.keysOf),
    ...alsoWrites(tables, change),
  ];
  if (writes.length > writesMax)
    throw new Fault(
      "TooLarge",
      "the audit log",
      `one commit for ${last.subject} has ${String(writes.length)} writes, and a transaction takes ${String(writesMax)}`,
      false,
    );
  for (let tries = 1; ; tries += 1) {
    const result = await transact(client, writes);
    if (result === "done") {
      for (const event of stored) spread.written(event);
      return head;
    }
    if (result !== "busy") return result;
    if (tries === triesMax) return "conflict";
    await wait(tries);
  }
}

/** What an answer about an account writes beside its decision. */
function alsoWrites(tables: Tables, change: Change): Write[] {
  const also = change.of === "connection" ? change.also : undefined;
  if (also === undefined) return [];
  const stored = chained(also);
  const head = { seq: stored.at(-1)?.seq ?? also.expected.seq, hash: stored.at(-1)?.hash ?? also.expected.hash };
  return [...changeWrites(tables, also, head), ...eventWrites(tables, also, stored)];
}

/** What is hashed is what the table will give back. */
function chained(change: Change): StoredEvent[] {
  const events = change.events.map((event: DrawbridgeEvent) => asStored(event));
  switch (change.of) {
    case "connection": {
      const { endpoint, service, account } = change.after;
      return chain(connectionSubject(endpoint), change.expected, events, { service, account }, sha256);
    }
    case "entry": {
      const { service, principal } = change.key;
      return chain(
        entrySubject(service, principal),
        change.expected,
        events,
        { service, ...optional("account", accountOf(principal)) },
        sha256,
      );
    }
    case "service":
      return chain(serviceSubject(change.key), change.expected, events, { service: change.key }, sha256);
    case "approver":
      return chain(approverSubject(change.key), change.expected, events, {}, sha256);
    case "freeze":
      return chain(freezeSubject(change.key), change.expected, events, { service: change.key }, sha256);
  }
}

/** `busy`: another transaction was at one of the rows at the same moment; nothing is said about the conditions. */
async function transact(client: DynamoDBClient, writes: readonly Write[]): Promise<"done" | "busy" | Refusal> {
  try {
    await client.send(
      new TransactWriteItemsCommand({
        TransactItems: writes.map(({ item }): TransactWriteItem => item),
      }),
    );
    return "done";
  } catch (error) {
    if (!(error instanceof TransactionCanceledException)) throw asFault("dynamodb:TransactWriteItems", error, tablesOf(writes));
    return cancelled(error, writes);
  }
}

const tablesOf = (writes: readonly Write[]): string =>
  `tables ${[...new Set(writes.flatMap(({ item }) => item.Put?.TableName ?? item.Update?.TableName ?? item.Delete?.TableName ?? item.ConditionCheck?.TableName ?? []))].join(", ")}`;

function cancelled(error: TransactionCanceledException, writes: readonly Write[]): "busy" | Refusal {
  const reasons = (error.CancellationReasons ?? []).map(({ Code = "None", Message }, index) => ({
    code: Code,
    message: Message ?? "",
    write: writes[index],
  }));
  const failed = reasons.filter(({ code }) => code !== "None");
  const other = failed.find(({ code }) => code !== "ConditionalCheckFailed" && code !== "TransactionConflict");
  if (other !== undefined) {
    const passing = other.code === "ThrottlingError" || other.code === "ProvisionedThroughputExceeded";
    throw new Fault(
      other.code,
      "dynamodb:TransactWriteItems",
      `${other.message} (${other.write?.what ?? "one of the writes"})`,
      passing,
      error,
    );
  }
  if (failed.length === 0) throw asFault("dynamodb:TransactWriteItems", error);
  const refused = failed.filter(({ code }) => code === "ConditionalCheckFailed");
  if (refused.length === 0) return "busy";
  if (refused.every(({ write }) => write?.what === "place")) return "full";
  return refused.every(({ write }) => write?.what === "claim" || write?.what === "place") ? "claimed" : "conflict";
}
