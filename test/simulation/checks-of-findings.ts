// What must hold of the explanation that a verdict of the list carries: the entries that the run read, each as it was, and which decided.

import type { ConnectionEvent } from "../../lib/events.ts";
import type { Row } from "./ec2.ts";
import type { Invocation } from "./lambda.ts";
import { momentsOf } from "./moments.ts";
import { matching } from "./oracle.ts";
import { belongingOf, isDoubt } from "./oracle-units.ts";
import { entryId } from "./store.ts";

type Verdict = Extract<ConnectionEvent, { type: "VerdictNoted" | "ApprovalRequested" | "ConnectionApproved" | "ConnectionDenied" }>;

export const isVerdict = (event: ConnectionEvent): event is Verdict =>
  event.type === "VerdictNoted" ||
  event.type === "ApprovalRequested" ||
  event.type === "ConnectionApproved" ||
  event.type === "ConnectionDenied";

/** Rules of people and of their silence, which no entry speaks. */
const ofPeople: ReadonlySet<string> = new Set(["approvers", "operator", "break-glass", "silence"]);

/** What is wrong with it; nothing where it is right. */
export function findingsFault(event: Verdict, row: Row, by: Invocation): string | undefined {
  const { findings = [], because, entry } = event;
  if (ofPeople.has(because.rule)) return findings.length === 0 ? undefined : "what people decided rests on no entries";
  const list = by.reads.lastList.get(row.endpoint);
  if (list === undefined) return "the list was not read";
  const told = findings.map(
    (one) => `${one.author === undefined ? "in doubt" : entryId(one.entry)} ${one.verdict} ${String(one.entry.version)}`,
  );
  const read = momentsOf(list, by, event.at).map((clock) =>
    matching(list.table, row, clock, belongingOf(list, row)).map((one) =>
      isDoubt(one) ? "in doubt ask 0" : `${entryId(one)} ${one.verdict} ${String(one.version)}`,
    ),
  );
  if (!read.some((one) => one.join() === told.join())) return `it tells of ${told.join()}, and the list has ${read[0]?.join() ?? ""}`;
  const deciding = findings.filter(({ decides }) => decides);
  if (deciding.length !== (findings.length === 0 ? 0 : 1)) return `${String(deciding.length)} entries decide`;
  const [first] = deciding;
  // The end of an entry that is gone, or was not the first to speak, may decide a cut.
  const isCut = event.type === "ConnectionDenied" && event.revokes;
  if (!isCut && first?.author !== undefined && (entry === undefined || entryId(first.entry) !== entryId(entry)))
    return `${entryId(first.entry)} decides, and the event names another`;
  if (event.type !== "ConnectionDenied" || entry === undefined) return undefined;
  const named = list.table.get(entryId(entry));
  const gone = because.rule === "entry-removed" ? list.removed.get(entryId(entry)) : undefined;
  const reason = gone?.removed.reason ?? (named?.verdict === "reject" && because.rule === "reject-entry" ? named.reason : undefined);
  return event.reason === reason ? undefined : `its reason is ${String(event.reason)}, and its entry's ${String(reason)}`;
}
