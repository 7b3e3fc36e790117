// Answers that the log gives: who let an account in, who was connected at a moment, how fast decisions are.

import type { AccountId, EndpointId, Instant, ServiceId } from "../ids.ts";
import { instant, milliseconds } from "../ids.ts";
import type { Actor, Because, EntryRef } from "../events.ts";
import type { StoredEvent } from "../ledger.ts";
import type { Status } from "../connection-states.ts";
import { optional } from "../optional.ts";
import { isIn, type Life } from "./lives.ts";

/** One connection, and by whom and what it was let in. */
export interface Access {
  readonly endpoint: EndpointId;
  readonly account: AccountId;
  readonly service: ServiceId;
  readonly status: Status;
  readonly since?: Instant;
  readonly by?: Actor;
  readonly because?: Because;
  readonly entry?: EntryRef;
  readonly reason?: string;
  readonly approvers?: readonly string[];
  /** It is still in. */
  readonly stands: boolean;
  readonly ended?: { readonly at: Instant; readonly by: Actor; readonly because: Because };
}

export function accessOf({ connection, letIn, ended }: Life): Access {
  const { endpoint, account, service, status } = connection;
  const event = letIn?.event;
  const stands = isIn(connection);
  return {
    endpoint,
    account,
    service,
    status,
    stands,
    ...(event === undefined ? {} : { since: event.at, by: event.by, because: event.because }),
    ...optional("entry", event !== undefined && "entry" in event ? event.entry : undefined),
    ...optional("reason", event !== undefined && "reason" in event && typeof event.reason === "string" ? event.reason : undefined),
    ...optional("approvers", event !== undefined && "approvers" in event ? (event.approvers as readonly string[] | undefined) : undefined),
    ...(stands || ended === undefined ? {} : { ended: { at: ended.event.at, by: ended.event.by, because: ended.event.because } }),
  };
}

/** Who was in at the moment that the lives were told to: those whom AWS had shown available, or who were about to be. */
export const accessReport = (lives: Iterable<Life>): Access[] =>
  [...lives]
    .filter(({ connection }) => isIn(connection))
    .map(accessOf)
    .sort((a, b) => (a.service + a.account + a.endpoint < b.service + b.account + b.endpoint ? -1 : 1));

/** The version of an entry as the log holds it: who wrote it, when and why. */
export interface EntryAuthor {
  readonly at: Instant;
  readonly by: Actor;
  readonly because: Because;
}

/** Of an entry's history, the event that wrote the version. */
export function authorOf(history: readonly StoredEvent[], { version }: EntryRef): EntryAuthor | undefined {
  const event = history
    .map((stored) => stored.event)
    .find((one) => (one.type === "EntryAdded" || one.type === "EntryChanged") && one.entry.version === version);
  return event === undefined ? undefined : { at: event.at, by: event.by, because: event.because };
}

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

/** Takes the events of a period; a request counts where it was made, whenever it was decided. */
export function statistics(events: Iterable<StoredEvent>): Statistics {
  const cases = new Map<string, Case>();
  for (const { subject, event, service } of events) {
    if (event.type === "ConnectionRequested") cases.set(subject, { service: service ?? "*", requested: event.at });
    const open = cases.get(subject);
    const accepted = verdicts[event.type];
    if (open === undefined || open.decided !== undefined || accepted === undefined) continue;
    cases.set(subject, { ...open, decided: event.at, automatic: event.by.kind === "entry", accepted });
  }
  const groups = Map.groupBy(cases.values(), ({ service, requested }) => `${service} ${monday(requested)}`);
  return {
    total: figures([...cases.values()]),
    byServiceAndWeek: [...groups]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, its]) => {
        const [service = "*", week = ""] = key.split(" ");
        return { service: service as ServiceId | "*", week, ...figures(its) };
      }),
  };
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
