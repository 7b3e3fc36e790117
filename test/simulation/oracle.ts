// The list's verdict a second time, written without lib/: what the invariants hold the real one against.

import type { Entry } from "../../lib/allow-list.ts";
import type { Habits, Row } from "./ec2.ts";
import { doubtAt, isDoubt, unitPrincipals, type Belonging } from "./oracle-units.ts";
import { standing } from "./oracle-since.ts";
import { entryId, type Table } from "./store.ts";

export type Verdict = "accept" | "ask" | "reject";
export type Answer = "yes" | "no" | "unknown";

/** What bears on the list's word: a freeze, how many each limited entry holds, which of them counts this one, and its units. */
export interface Bearing {
  readonly frozen?: boolean;
  readonly counts?: ReadonlyMap<string, number>;
  readonly own?: string | undefined;
  /** Where its account belongs; nowhere that an entry speaks of when absent. */
  readonly in?: Belonging;
}

/** What the list says of this endpoint when the clock shows `clock`. */
export function verdictOf(table: Table, row: Row, habits: Habits, clock: string, bearing: Bearing = {}): Verdict {
  const ranked = matching(table, row, clock, bearing.in);
  if (rejecting(table, row, habits, clock, bearing.in).length > 0) return "reject";
  const [first] = ranked;
  if (first === undefined || applies(first, row, habits, clock, bearing) !== "yes") return "ask";
  // What may reject at any level keeps out, too, where it cannot be known whether it does.
  const doubted = ranked.some((entry) => entry.verdict === "reject" && applies(entry, row, habits, clock) === "unknown");
  return first.verdict === "accept" && (doubted || bearing.frozen === true) ? "ask" : first.verdict;
}

/** The entries that speak of this endpoint when the clock shows `clock`, most specific first. */
export function matching(table: Table, row: Row, clock: string, belongs?: Belonging): Entry[] {
  const nearest = [`endpoint#${row.endpoint}`, `account#${row.account}`, ...(belongs === undefined ? [] : unitPrincipals(belongs))];
  const at = (service: Entry["service"], principal: string): Entry[] => {
    const entry = table.get(entryId({ service, principal }));
    return entry === undefined ? [] : standing(entry, clock);
  };
  return ([row.service, "*"] as const).flatMap((service) => [
    ...nearest.flatMap((principal) => at(service, principal)),
    ...(belongs === undefined ? [] : doubtAt(service, belongs)),
    ...at(service, "any"),
  ]);
}

/** Those among them that reject it now. */
export const rejecting = (table: Table, row: Row, habits: Habits, clock: string, belongs?: Belonging): Entry[] =>
  matching(table, row, clock, belongs).filter((entry) => entry.verdict === "reject" && applies(entry, row, habits, clock) === "yes");

export function applies(entry: Entry, row: Row, habits: Habits, clock: string, { counts, own }: Bearing = {}): Answer {
  if (isDoubt(entry)) return "unknown";
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
