// The row that a commit leaves, read back by its own reader first: what nobody could read is never written.

import type { Change, Head } from "../ledger.ts";
import { approverRow, readApprover } from "./approver-row.ts";
import { connectionRow, readConnection } from "./connection-row.ts";
import { entryRow, readListed } from "./entry-row.ts";
import { freezeRow, readFreeze } from "./freeze-row.ts";
import { asStored, type Item } from "./item.ts";
import { readService, serviceRow } from "./service-row.ts";

/** Nothing where the record goes. Throws what is wrong with it. */
export function recordRow(table: string, change: Extract<Change, { of: "connection" }>, head: Head): Item;
export function recordRow(table: string, change: Change, head: Head): Item | undefined;
export function recordRow(table: string, change: Change, head: Head): Item | undefined {
  const [row, read] = rowOf(change, head);
  if (row !== undefined) read(table, asStored(row));
  return row;
}

type Reader = (table: string, row: Item) => unknown;

function rowOf(change: Change, head: Head): readonly [Item | undefined, Reader] {
  switch (change.of) {
    case "connection":
      return [connectionRow({ connection: change.after, head }), readConnection];
    case "entry": {
      const listed = change.after ?? change.tombstone;
      return [listed && entryRow(listed), readListed];
    }
    case "service":
      return [change.after && serviceRow(change.after), readService];
    case "approver":
      return [change.after && approverRow(change.after), readApprover];
    case "freeze":
      return [change.after && freezeRow(change.after), readFreeze];
  }
}
