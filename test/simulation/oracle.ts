// The list's verdict a second time, written without lib/: what the invariants hold the real one against.

import type { Entry } from "../../lib/allow-list.ts";
import type { Habits, Row } from "./ec2.ts";
import { entryId, type Table } from "./store.ts";

export type Verdict = "accept" | "ask" | "reject";
export type Answer = "yes" | "no" | "unknown";

/** What bears on the list's word: a freeze, how many each limited entry holds, and which of them counts this one. */
export interface Bearing {
  readonly frozen?: boolean;
  readonly counts?: ReadonlyMap<string, number>;
  readonly own?: string | undefined;
}

/** What the list says of this endpoint when the clock shows `clock`. */
export function verdictOf(table: Table, row: Row, habits: Habits, clock: string, bearing: Bearing = {}): Verdict {
  const ranked = matching(table, row);
  if (rejecting(table, row, habits, clock).length > 0) return "reject";
  const [first] = ranked;
  if (first === undefined || applies(first, row, habits, clock, bearing) !== "yes") return "ask";
  // What may reject at any level keeps out, too, where it cannot be known whether it does.
  const doubted = ranked.some((entry) => entry.verdict === "reject" && applies(entry, row, habits, clock) === "unknown");
  return first.verdict === "accept" && (doubted || bearing.frozen === true) ? "ask" : first.verdict;
}

/** The entries that speak of this endpoint, most specific first. */
export const matching = (table: Table, row: Row): Entry[] => ranks(row).flatMap((id) => table.get(id) ?? []);

/** Those among them that reject it now. */
export const rejecting = (table: Table, row: Row, habits: Habits, clock: string): Entry[] =>
  matching(table, row).filter((entry) => entry.verdict === "reject" && applies(entry, row, habits, clock) === "yes");

const ranks = (row: Row): string[] => {
  const principals = [`endpoint#${row.endpoint}`, `account#${row.account}`, "any"];
  return [
    ...principals.map((principal) => entryId({ service: row.service, principal })),
    ...principals.map((principal) => entryId({ service: "*", principal })),
  ];
};

export function applies(entry: Entry, row: Row, habits: Habits, clock: string, { counts, own }: Bearing = {}): Answer {
  const { regions, ipAddressTypes, notBefore, expires, atMost } = entry.conditions;
  const answers: Answer[] = [];
  if (notBefore !== undefined) answers.push(Date.parse(clock) >= Date.parse(notBefore) ? "yes" : "no");
  if (expires !== undefined) answers.push(Date.parse(clock) < Date.parse(expires) ? "yes" : "no");
  if (regions !== undefined) answers.push(isAmong(habits.showsRegion ? row.region : undefined, regions));
  if (ipAddressTypes !== undefined) answers.push(isAmong(habits.showsIpAddressType ? row.ipAddressType : undefined, ipAddressTypes));
  if (atMost !== undefined) answers.push(own === entryId(entry) || (counts?.get(entryId(entry)) ?? 0) < atMost ? "yes" : "no");
  if (answers.includes("no")) return "no";
  return answers.includes("unknown") ? "unknown" : "yes";
}

const isAmong = (value: string | undefined, wanted: readonly string[]): Answer =>
  value === undefined ? "unknown" : wanted.includes(value) ? "yes" : "no";
