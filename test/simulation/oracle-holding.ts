// From when on a connection is to be cut, a second time, written without lib/.

import type { Entry } from "../../lib/allow-list.ts";
import type { Connection } from "../../lib/connection.ts";
import type { Disconnect } from "../../lib/disconnect.ts";
import type { Service } from "../../lib/service.ts";
import type { Habits, Row } from "./ec2.ts";
import type { ListRead } from "./lambda.ts";
import { applies, matching, rejecting, verdictOf } from "./oracle.ts";
import { saysSince, whenOver } from "./oracle-since.ts";
import { belongingOf, isDoubt, type Belonging } from "./oracle-units.ts";
import { entryId } from "./store.ts";

const never = Infinity;

/** At once is now, also where another's clock is ahead. */
const after = (since: number, disconnect: Disconnect, clock: string): number =>
  disconnect === "keep" ? never : disconnect === "now" ? Math.min(since, Date.parse(clock)) : since + disconnect.afterHours * 3_600_000;

function speaksSince(entry: Entry): number {
  const { notBefore } = entry.conditions;
  return Math.max(saysSince(entry), notBefore === undefined ? 0 : Date.parse(notBefore));
}

/** The moment, or Infinity while it is held. `connection` is accepted. */
export function cutAt(
  list: ListRead,
  connection: Connection,
  row: Row,
  service: Service,
  habits: Habits,
  clock: string,
  waits?: boolean,
): number {
  const waiting = connection.status === "approved" && (waits ?? row.states.every(({ state }) => state === "pendingAcceptance"));
  const { table, counts } = list;
  const belongs = belongingOf(list, row);
  const isAdopted = connection.status === "adopted";
  const decision = "decision" in connection ? connection.decision : undefined;
  const live = Date.parse(isAdopted ? (connection.createdAt ?? connection.seenAt) : (decision?.at ?? connection.seenAt));
  const rejected = rejecting(table, row, habits, clock, belongs).map((entry) => {
    const since = speaksSince(entry);
    // Who is accepted and not let in yet has nothing to keep.
    return live <= since && !waiting ? after(since, entry.disconnect ?? service.onReject ?? "now", clock) : after(since, "now", clock);
  });
  if (rejected.length > 0) return Math.min(...rejected);
  if (isAdopted || decision?.by.kind !== "entry") return never;
  // Nobody is cut because AWS Organizations does not answer.
  if (matching(table, row, clock, belongs).some(isDoubt)) return never;
  // Only what the list would not let in any more, a freeze apart, is lost with its entry.
  if (verdictOf(table, row, habits, clock, { counts, own: connection.counter, in: belongs }) !== "ask") return never;
  return Math.min(ended(list, entryId(decision.by.entry), service, clock), asked(table, row, habits, clock, live, belongs));
}

function ended({ table, removed }: ListRead, id: string, service: Service, clock: string): number {
  const gone = removed.get(id);
  if (gone !== undefined) return after(Date.parse(gone.removed.at), gone.removed.disconnect ?? service.onRemoval ?? "keep", clock);
  const there = table.get(id);
  // An answer that lasts a while holds nobody, and its end ends nothing.
  const [entry] = there?.afterwards === undefined ? [there] : whenOver(there);
  const expires = entry?.conditions.expires;
  if (entry === undefined || expires === undefined || Date.parse(clock) < Date.parse(expires)) return never;
  return after(Date.parse(expires), entry.onExpiry ?? service.onExpiry ?? "keep", clock);
}

/** An ask entry that came later, where it says what that means. */
function asked(table: ListRead["table"], row: Row, habits: Habits, clock: string, live: number, belongs: Belonging): number {
  const [first] = matching(table, row, clock, belongs);
  if (first?.verdict !== "ask" || first.disconnect === undefined || applies(first, row, habits, clock) !== "yes") return never;
  const since = speaksSince(first);
  return live <= since ? after(since, first.disconnect, clock) : never;
}
