// The list's verdict a second time, written without lib/: what the invariants hold the real one against.

import type { Entry } from "../../lib/allow-list.ts";
import type { Row } from "./ec2.ts";
import type { Habits } from "./ec2.ts";
import { entryId, type Table } from "./store.ts";

type Verdict = "accept" | "ask" | "reject";
type Answer = "yes" | "no" | "unknown";

/** What the list says of this endpoint when the clock shows `clock`. */
export function verdictOf(table: Table, row: Row, habits: Habits, clock: string): Verdict {
  const ranked = ranks(row).flatMap((id) => table.get(id) ?? []);
  if (ranked.some((entry) => entry.verdict === "reject" && applies(entry, row, habits, clock) === "yes")) return "reject";
  const [first] = ranked;
  if (first === undefined || applies(first, row, habits, clock) !== "yes") return "ask";
  return first.verdict;
}

/** The entry that would let it in, if one does. */
export const acceptingEntry = (table: Table, row: Row): Entry | undefined => ranks(row).flatMap((id) => table.get(id) ?? [])[0];

const ranks = (row: Row): string[] => {
  const principals = [`endpoint#${row.endpoint}`, `account#${row.account}`, "any"];
  return [
    ...principals.map((principal) => entryId({ service: row.service, principal })),
    ...principals.map((principal) => entryId({ service: "*", principal })),
  ];
};

function applies(entry: Entry, row: Row, habits: Habits, clock: string): Answer {
  const { regions, ipAddressTypes, notBefore, expires } = entry.conditions;
  const answers: Answer[] = [];
  if (notBefore !== undefined) answers.push(Date.parse(clock) >= Date.parse(notBefore) ? "yes" : "no");
  if (expires !== undefined) answers.push(Date.parse(clock) < Date.parse(expires) ? "yes" : "no");
  if (regions !== undefined) answers.push(isAmong(habits.showsRegion ? row.region : undefined, regions));
  if (ipAddressTypes !== undefined) answers.push(isAmong(habits.showsIpAddressType ? row.ipAddressType : undefined, ipAddressTypes));
  if (answers.includes("no")) return "no";
  return answers.includes("unknown") ? "unknown" : "yes";
}

const isAmong = (value: string | undefined, wanted: readonly string[]): Answer =>
  value === undefined ? "unknown" : wanted.includes(value) ? "yes" : "no";
