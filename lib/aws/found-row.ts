// A row of the log as a search finds it: what it holds, and where it stands in the index, whatever somebody made of it.

import type { Instant } from "../ids.ts";
import type { LogRow } from "../ledger.ts";
import { readLogRow } from "./event-row.ts";
import type { Item, Row } from "./item.ts";

/** Where a row stands: the key that an index sorts by, and the table's own. */
export interface Standing {
  readonly atKey: string;
  readonly subject: string;
  readonly seq: string;
}

export interface FoundRow {
  readonly row: LogRow;
  readonly standing: Standing;
  /** As it sorts: an instant, unless somebody wrote another key. */
  readonly at: Instant;
  /** What it takes as JSON. */
  readonly bytes: number;
}

export function foundRow(row: Row): FoundRow {
  const read = readLogRow(row);
  const standing = { atKey: row["atKey"]?.S ?? "", subject: row["subject"]?.S ?? "", seq: row["seq"]?.S ?? "" };
  return { row: read, standing, at: standing.atKey.slice(0, 24) as Instant, bytes: Buffer.byteLength(JSON.stringify(read)) };
}

/** An event's key in an index holds its key in the table: instant, subject, sequence. */
function standingOf(atKey: string): Standing {
  const [first, last] = [atKey.indexOf("#"), atKey.lastIndexOf("#")];
  return { atKey, subject: atKey.slice(first + 1, last), seq: atKey.slice(last + 1) };
}

/** As a cursor holds it. */
export type Written = string | readonly [string, string, string];

export function written({ atKey, subject, seq }: Standing): Written {
  const told = standingOf(atKey);
  return told.subject === subject && told.seq === seq ? atKey : [atKey, subject, seq];
}

export const unwritten = (standing: Written): Standing =>
  typeof standing === "string" ? standingOf(standing) : { atKey: standing[0], subject: standing[1], seq: standing[2] };

/** Where a query of an index goes on after it. */
export const startAfter = ({ atKey, subject, seq }: Standing, attribute: string, value: string): Item => ({
  subject,
  seq,
  [attribute]: value,
  atKey,
});
