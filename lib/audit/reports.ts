// Answers that the log gives: who let an account in, who was connected at a moment, how fast decisions are.

import type { AccountId, EndpointId, Instant, ServiceId } from "../ids.ts";
import { instant, milliseconds } from "../ids.ts";
import type { Actor, Because, DrawbridgeEvent, EntryRef } from "../events.ts";
import { isEvent, type LogRow, type StoredEvent } from "../ledger.ts";
import type { Status } from "../connection-states.ts";
import { optional } from "../optional.ts";
import { isIn, type Act, type Life } from "./lives.ts";

/** By whom and by what a connection was let in, one time. */
export interface LetIn {
  readonly since?: Instant;
  /** Where it was done outside and CloudTrail has told who, that is who. */
  readonly by?: Actor;
  /** The CloudTrail event that names them. */
  readonly cloudTrail?: string;
  readonly because?: Because;
  readonly entry?: EntryRef;
  readonly reason?: string;
  readonly approvers?: readonly string[];
}
export interface Ended {
  readonly at: Instant;
  readonly by: Actor;
  readonly cloudTrail?: string;
  readonly because: Because;
}

/** One connection, and by whom and what it was let in last. */
export interface Access extends LetIn {
  readonly endpoint: EndpointId;
  readonly account: AccountId | "not known";
  readonly service: ServiceId | "not known";
  readonly status: Status | "not known";
  /** It is still in. */
  readonly stands: boolean;
  /** The log lacks some of its events, or they contradict each other: what is told may not be what was. */
  readonly incomplete?: true;
  readonly ended?: Ended;
  /** The times before the last, oldest first. */
  readonly earlier: readonly (LetIn & { readonly ended?: Ended })[];
}

export function accessOf(life: Life): Access {
  const { endpoint, account = "not known", service = "not known", connection, admissions, ended, incomplete } = life;
  const stands = isIn(life);
  return {
    endpoint,
    account,
    service,
    status: connection?.status ?? "not known",
    stands,
    ...optional("incomplete", incomplete),
    ...letInBy(admissions.at(-1)?.letIn),
    ...(stands || ended === undefined ? {} : { ended: endedBy(ended) }),
    earlier: admissions
      .slice(0, -1)
      .map((one) => ({ ...letInBy(one.letIn), ...(one.ended === undefined ? {} : { ended: endedBy(one.ended) }) })),
  };
}

function letInBy(act: Act | undefined): LetIn {
  if (act === undefined) return {};
  const { event } = act.stored;
  return {
    since: event.at,
    because: event.because,
    ...doneBy(act),
    ...optional("entry", entryOf(event)),
    ...optional("reason", "reason" in event && typeof event.reason === "string" ? event.reason : undefined),
    ...optional("approvers", "approvers" in event && Array.isArray(event.approvers) ? event.approvers : undefined),
  };
}

const endedBy = (act: Act): Ended => ({ at: act.stored.event.at, because: act.stored.event.because, ...doneBy(act) });

const doneBy = ({ stored: { event }, attributed }: Act): { by: Actor; cloudTrail?: string } =>
  attributed === undefined ? { by: event.by } : { by: { kind: "outside", arn: attributed.arn }, cloudTrail: attributed.event };

/** What somebody made of an event past Drawbridge may name an entry that is none. */
function entryOf(event: DrawbridgeEvent): EntryRef | undefined {
  const entry: unknown = "entry" in event ? event.entry : undefined;
  const { service, principal, version } = (entry ?? {}) as Partial<EntryRef>;
  return typeof service === "string" && typeof principal === "string" && typeof version === "number"
    ? { service, principal, version }
    : undefined;
}

/**
 * Who was in at the moment that the lives were told to: those whom AWS had shown available, or who were about to be.
 * Whoever has no whole history may have been.
 */
export const accessReport = (lives: Iterable<Life>): Access[] =>
  [...lives]
    .filter((life) => isIn(life) || life.incomplete === true)
    .map(accessOf)
    .sort((a, b) => (a.service + a.account + a.endpoint < b.service + b.account + b.endpoint ? -1 : 1));

/** One change of an entry as the log holds it: who made it, when and why. */
export interface EntryAuthor {
  readonly at: Instant;
  readonly by: Actor;
  readonly because: Because;
}
export interface EntryTurn<Row extends LogRow = LogRow> extends EntryAuthor {
  /** The version that the entry has since; none where it was removed. */
  readonly version?: number;
  readonly row: Row;
}

/** Of an entry's history, who wrote the version that decided, and what became of the entry since. */
export function turnsOf<Row extends LogRow>(
  history: readonly Row[],
  { version }: EntryRef,
): { author?: EntryTurn<Row & StoredEvent>; since: EntryTurn<Row & StoredEvent>[] } {
  const turns = history.filter(isEvent).flatMap((row): EntryTurn<Row & StoredEvent>[] => {
    const { event } = row;
    if (!("entry" in event) || !entryTypes.has(event.type)) return [];
    const { at, by, because } = event;
    return [{ at, by, because, row, ...(event.type === "EntryRemoved" ? {} : optional("version", entryOf(event)?.version)) }];
  });
  const index = turns.findIndex((turn) => turn.version === version);
  return index === -1 ? { since: [] } : { ...optional("author", turns[index]), since: turns.slice(index + 1) };
}
const entryTypes: ReadonlySet<string> = new Set(["EntryAdded", "EntryChanged", "EntryRemoved"]);

/** One service in one week. */
export interface Figures {
  readonly service: ServiceId | "*";
  /** The Monday it begins with. */
  readonly week: string;
  readonly requests: number;
  readonly decided: number;
  /** Decided by an entry, without people. */
  readonly automatic: number;
  readonly accepted: number;
  readonly rejected: number;
  /** Seconds from the request to the first decision. */
  readonly median?: number;
  readonly p95?: number;
}

interface Case {
  readonly service: ServiceId | "*";
  readonly requested: Instant;
  readonly decided?: Instant;
  readonly automatic?: boolean;
  readonly accepted?: boolean;
}

const verdicts: Readonly<Record<string, boolean>> = {
  ConnectionApproved: true,
  AcceptedOutside: true,
  ConnectionDenied: false,
  RejectedOutside: false,
};

export interface Statistics {
  readonly total: Omit<Figures, "service" | "week">;
  readonly byServiceAndWeek: readonly Figures[];
}

/** The events that figures are made of. */
export const decidingTypes: readonly string[] = ["ConnectionRequested", ...Object.keys(verdicts)];

/** Takes the events of a period, in any order; a request counts where it was made, whenever it was decided. */
export function statistics(events: Iterable<LogRow>): Statistics {
  const asked = [...events].filter(isEvent).filter(({ event }) => decidingTypes.includes(event.type));
  const cases = [...Map.groupBy(asked, ({ subject }) => subject).values()].flatMap(caseOf);
  const groups = Map.groupBy(cases, ({ service, requested }) => `${service} ${monday(requested)}`);
  return {
    total: figures(cases),
    byServiceAndWeek: [...groups]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, its]) => {
        const [service = "*", week = ""] = key.split(" ");
        return { service: service as ServiceId | "*", week, ...figures(its) };
      }),
  };
}

/** One connection's request and the first decision after it. */
function caseOf(its: readonly StoredEvent[]): Case[] {
  const inOrder = its.toSorted((a, b) => a.seq - b.seq);
  const begin = inOrder.findIndex(({ event }) => event.type === "ConnectionRequested");
  const request = inOrder[begin];
  if (request === undefined) return [];
  const decision = inOrder.slice(begin + 1).find(({ event }) => verdicts[event.type] !== undefined)?.event;
  const asked: Case = { service: request.service ?? "*", requested: request.event.at };
  if (decision === undefined) return [asked];
  return [{ ...asked, decided: decision.at, automatic: decision.by.kind === "entry", ...optional("accepted", verdicts[decision.type]) }];
}

function figures(cases: readonly Case[]): Statistics["total"] {
  const done = cases.filter(({ decided }) => decided !== undefined);
  const seconds = done.map(({ requested, decided }) => Math.max(0, (milliseconds(decided ?? requested) - milliseconds(requested)) / 1000));
  const sorted = seconds.sort((a, b) => a - b);
  return {
    requests: cases.length,
    decided: done.length,
    automatic: done.filter(({ automatic }) => automatic === true).length,
    accepted: done.filter(({ accepted }) => accepted === true).length,
    rejected: done.filter(({ accepted }) => accepted === false).length,
    ...optional("median", percentile(sorted, 0.5)),
    ...optional("p95", percentile(sorted, 0.95)),
  };
}

/** The smallest value that so much of the sorted list does not exceed. */
const percentile = (sorted: readonly number[], share: number): number | undefined =>
  sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];

/** The Monday of an instant's week, in UTC. */
function monday(at: Instant): string {
  const day = 24 * 60 * 60 * 1000;
  const date = Date.parse(at.slice(0, 10));
  return instant(date - ((new Date(date).getUTCDay() + 6) % 7) * day).slice(0, 10);
}
