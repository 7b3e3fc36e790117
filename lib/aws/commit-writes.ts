// The writes of one commit, each with its condition: together they let exactly one writer add the next events.

import type { TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { Fault } from "../faults.ts";
import { claims, counts, unitMarks, type Change, type Head, type StoredEvent } from "../ledger.ts";
import { approverKind } from "./approver-row.ts";
import { eventKey, eventRow } from "./event-row.ts";
import { counterKind, freezeKind, unitsKind } from "./freeze-row.ts";
import { writeItem, type Item } from "./item.ts";
import { recordRow } from "./record-row.ts";
import { rowVersion } from "./rows.ts";
import { serviceKind } from "./service-row.ts";
import type { Keys } from "./spread.ts";

export interface Tables {
  readonly auditLog: string;
  readonly connections: string;
  readonly settings: string;
  /** Absent in functions that never change an entry. */
  readonly allowList?: string;
}

/** One write, and which part of the commit it is: a refused claim means something else than a refused record. */
export interface Write {
  readonly what: "record" | "event" | "claim" | "place" | "mark";
  readonly item: TransactWriteItem;
}

/** The record as it is after the change, or its removal, and the names it claims and gives up. */
export function changeWrites(tables: Tables, change: Change, head: Head): Write[] {
  if (change.of === "connection") {
    const row = recordRow(tables.connections, change, head);
    return [
      { what: "record", item: connectionPut(tables.connections, row, change.expected) },
      ...claimWrites(tables.settings, change),
      ...placeWrites(tables.settings, change),
    ];
  }
  const [table, key] = placeOf(tables, change);
  const record: Write = { what: "record", item: putOrDelete(table, key, recordRow(table, change, head)) };
  return change.of === "entry" ? [record, ...markWrites(tables.settings, change)] : [record];
}

/** Where the record of everything but a connection lies. */
function placeOf({ settings, allowList }: Tables, change: Exclude<Change, { of: "connection" }>): readonly [table: string, key: Item] {
  switch (change.of) {
    case "entry": {
      if (allowList === undefined)
        throw new Fault("WrongSetting", "the function's environment", "ALLOW_LIST_TABLE is missing, and an entry is to be changed", false);
      const { service, principal } = change.key;
      return [allowList, { service, principal }];
    }
    case "service":
      return [settings, { kind: serviceKind, id: change.key }];
    case "approver":
      return [settings, { kind: approverKind, id: change.key }];
    case "freeze":
      return [settings, { kind: freezeKind, id: change.key }];
  }
}

/** Events are only ever added. Where no record vouches for the head, the log's own last event must be it. */
export function eventWrites(
  { auditLog }: Tables,
  { of, expected }: Change,
  stored: readonly StoredEvent[],
  keysOf: (event: StoredEvent) => Keys = () => ({}),
): Write[] {
  const puts = stored.map((event): Write => ({
    what: "event",
    item: {
      Put: {
        TableName: auditLog,
        Item: writeItem(eventRow(event, keysOf(event))),
        ConditionExpression: "attribute_not_exists(subject)",
      },
    },
  }));
  const [first] = stored;
  if (of === "connection" || expected.seq === 0 || first === undefined) return puts;
  const check: TransactWriteItem = {
    ConditionCheck: {
      TableName: auditLog,
      Key: writeItem(eventKey(first.subject, expected.seq)),
      ConditionExpression: "#hash = :hash",
      ExpressionAttributeNames: { "#hash": "hash" },
      ExpressionAttributeValues: writeItem({ ":hash": expected.hash }),
    },
  };
  return [{ what: "event", item: check }, ...puts];
}

function connectionPut(table: string, item: Item, expected: Head): TransactWriteItem {
  const row = { TableName: table, Item: writeItem(item) };
  if (expected.seq === 0) return { Put: { ...row, ConditionExpression: "attribute_not_exists(endpoint)" } };
  return {
    Put: {
      ...row,
      ConditionExpression: "seq = :seq AND headHash = :hash",
      ExpressionAttributeValues: writeItem({ ":seq": expected.seq, ":hash": expected.hash }),
    },
  };
}

const putOrDelete = (table: string, key: Item, row: Item | undefined): TransactWriteItem =>
  row === undefined ? { Delete: { TableName: table, Key: writeItem(key) } } : { Put: { TableName: table, Item: writeItem(row) } };

/** Places under a limit: one more only while there are fewer than the entry allows. */
function placeWrites(table: string, { events }: Extract<Change, { of: "connection" }>): Write[] {
  return counts(events).map(({ counter, add, atMost }): Write => {
    const limited = atMost !== undefined && add > 0;
    return {
      what: "place",
      item: {
        Update: {
          TableName: table,
          Key: writeItem({ kind: counterKind, id: counter }),
          UpdateExpression: "ADD #count :add SET v = :v",
          ExpressionAttributeNames: { "#count": "count" },
          ExpressionAttributeValues: writeItem({ ":add": add, ":v": rowVersion, ...(limited ? { ":most": atMost } : {}) }),
          ...(limited ? { ConditionExpression: "attribute_not_exists(#count) OR #count < :most" } : {}),
        },
      },
    };
  });
}

/** Whether there are entries for units and organizations at all, so that nobody asks AWS Organizations in vain. */
function markWrites(table: string, change: Extract<Change, { of: "entry" }>): Write[] {
  const marks = unitMarks(change);
  if (marks === undefined) return [];
  const item: TransactWriteItem = {
    Update: {
      TableName: table,
      Key: writeItem({ kind: unitsKind, id: change.key.service }),
      UpdateExpression: "ADD entries :entries, rejects :rejects SET v = :v",
      ExpressionAttributeValues: writeItem({ ":entries": marks.entries, ":rejects": marks.rejects, ":v": rowVersion }),
    },
  };
  return [{ what: "mark", item }];
}

/** A name that one commit both claims and gives up is a single write: what the record holds afterwards counts. */
function claimWrites(table: string, { after, events }: Extract<Change, { of: "connection" }>): Write[] {
  const { claim, release } = claims(events);
  const kept = new Set(after.names.map(({ fqdn }) => fqdn));
  return [...new Set([...claim, ...release])].map((fqdn): Write => {
    const own = {
      ConditionExpression: "attribute_not_exists(id) OR endpoint = :own",
      ExpressionAttributeValues: writeItem({ ":own": after.endpoint }),
    };
    const key = { kind: "name", id: fqdn };
    const item: TransactWriteItem = kept.has(fqdn)
      ? {
          Put: {
            TableName: table,
            Item: writeItem({ ...key, endpoint: after.endpoint, v: rowVersion }),
            ...own,
          },
        }
      : { Delete: { TableName: table, Key: writeItem(key), ...own } };
    return { what: "claim", item };
  });
}
