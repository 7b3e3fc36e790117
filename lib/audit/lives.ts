// The connections of a log, each told from its own events: what every report rests on.

import { evolve, type Connection } from "../connection.ts";
import { moves } from "../connection-states.ts";
import type { ConnectionEvent, ConnectionEventType } from "../events.ts";
import type { AccountId, EndpointId, Instant, ServiceId } from "../ids.ts";
import { connectionSubject, isEvent, type LogRow, type StoredEvent, type Subject } from "../ledger.ts";
import { optional } from "../optional.ts";

export interface Life {
  readonly endpoint: EndpointId;
  readonly service?: ServiceId;
  readonly account?: AccountId;
  /** As its events tell; absent when not even its beginning is there. */
  readonly connection?: Connection;
  /** Each time that it was let in, oldest first. */
  readonly admissions: readonly Admission[];
  /** What ended it, when it is not in: also where nobody ever let it in. */
  readonly ended?: Act;
  /** An event is missing, is none any more, or contradicts those before it: what is told may not be what was. */
  readonly incomplete?: true;
}

/** One time that a connection was let in: by a decision, or by somebody outside. */
export interface Admission {
  readonly letIn: Act;
  /** What ended it, when it has ended. */
  readonly ended?: Act;
}
/** What somebody did, and whom CloudTrail names where it was done outside. */
export interface Act {
  readonly stored: StoredEvent;
  readonly attributed?: AttributedEvent;
}
export type AttributedEvent = Extract<ConnectionEvent, { type: "Attributed" }>;

const entering = new Set(["ConnectionApproved", "AcceptedOutside", "ConnectionAdopted"]);
/** Accepted outside, where the service does not keep that, lets nobody in. */
const letsIn = (event: ConnectionEvent): boolean => entering.has(event.type) && !(event.type === "AcceptedOutside" && !event.kept);
const leaving = new Set(["ConnectionDenied", "RejectedOutside", "ConnectionRejected", "ConnectionClosed"]);

/** The events that lead from one state to another: a life told from them alone is in the right state. */
const movingTypes: readonly ConnectionEventType[] = [
  ...new Set(
    Object.values(moves).flatMap((row) =>
      Object.entries(row).flatMap(([type, move]) => (move === "same" ? [] : [type as ConnectionEventType])),
    ),
  ),
];

/** What a report of connections rests on: the same, and whom CloudTrail named. */
export const toldTypes: readonly ConnectionEventType[] = [...movingTypes, "Attributed"];

export interface Lives {
  /** In any order. */
  add(row: LogRow): void;
  told(): Life[];
}

/** Up to a moment, if one is given. With `whole`, every event of a connection is given, and a gap shows. */
export function livesUntil(at?: Instant, whole = false): Lives {
  const all = new Map<Subject, LogRow[]>();
  return {
    add(row) {
      if (!row.subject.startsWith(subjectOfAny)) return;
      const its = all.get(row.subject);
      if (its === undefined) all.set(row.subject, [lean(row)]);
      else its.push(lean(row));
    },
    told: () =>
      [...all].flatMap(([subject, unsorted]) => {
        const rows = unsorted.toSorted((a, b) => a.seq - b.seq);
        const its = until(rows, at);
        return its.length === 0 ? [] : [lifeOf(subject, its, { whole, later: rows.slice(its.length) })];
      }),
  };
}

/** No report tells what brought an event up, and that is the most of it. */
function lean(row: LogRow): LogRow {
  if (!isEvent(row)) return row;
  const { source: _, ...event } = row.event;
  return { ...row, event: event as StoredEvent["event"] };
}

const subjectOfAny = connectionSubject("" as EndpointId);

/** Clocks differ: what a chain has before its first event from after the moment had happened by then. */
function until(rows: readonly LogRow[], at: Instant | undefined): readonly LogRow[] {
  const end = at === undefined ? -1 : rows.findIndex((row) => isEvent(row) && row.event.at > at);
  return end === -1 ? rows : rows.slice(0, end);
}

/** `later`: what happened after the moment, of which only counts whom CloudTrail has named since. */
function lifeOf(subject: Subject, rows: readonly LogRow[], { whole, later }: { whole: boolean; later: readonly LogRow[] }): Life {
  const events = rows.filter(isEvent);
  const isWhole = rows.every(({ seq }, index) => seq === index + 1);
  let incomplete = events.length < rows.length || (whole ? !isWhole : rows[0]?.seq !== 1);
  let connection: Connection | undefined;
  const admissions: { letIn: StoredEvent; ended?: StoredEvent }[] = [];
  let ended: StoredEvent | undefined;
  for (const stored of events) {
    const event = stored.event as ConnectionEvent;
    const next = evolved(connection, event);
    if (next === undefined) incomplete = true;
    else connection = next;
    if (letsIn(event)) admissions.push({ letIn: stored });
    if (leaving.has(event.type)) ended ??= stored;
    else if (letsIn(event) || (connection !== undefined && passes(connection))) ended = undefined;
    const last = admissions.pop();
    if (last !== undefined) admissions.push({ letIn: last.letIn, ...optional("ended", ended) });
  }
  const [first] = events;
  const named = attributions([...rows, ...later].filter(isEvent));
  const act = (stored: StoredEvent): Act => ({ stored, ...optional("attributed", named.get(stored.seq)) });
  return {
    endpoint: subject.slice(subjectOfAny.length) as EndpointId,
    ...optional("service", connection?.service ?? (first?.service as ServiceId | undefined)),
    ...optional("account", connection?.account ?? first?.account),
    ...optional("connection", connection),
    admissions: admissions.map((one) => ({ letIn: act(one.letIn), ...(one.ended === undefined ? {} : { ended: act(one.ended) }) })),
    ...(ended === undefined ? {} : { ended: act(ended) }),
    ...(incomplete ? { incomplete } : {}),
  };
}

/**
 * Whom CloudTrail names for what was done outside, by that event's place: the first that tells of such a call afterwards,
 * and before it happened again; or else, where CloudTrail was faster than AWS's listing, the last before.
 */
function attributions(events: readonly StoredEvent[]): ReadonlyMap<number, AttributedEvent> {
  const found = new Map<number, AttributedEvent>();
  for (const [type, action] of outsideActs) {
    const acts = events.filter(({ event }) => event.type === type);
    const named = events.filter(({ event }) => event.type === "Attributed" && event.action === action);
    for (const [index, { seq }] of acts.entries()) {
      const [before, after] = [acts[index - 1]?.seq ?? 0, acts[index + 1]?.seq ?? Infinity];
      const earlier = named.findLast((one) => one.seq < seq && one.seq > before && found.get(before) !== one.event);
      const one = named.find((each) => each.seq > seq && each.seq < after) ?? earlier;
      if (one !== undefined) found.set(seq, one.event as AttributedEvent);
    }
  }
  return found;
}
const outsideActs = [
  ["AcceptedOutside", "accept"],
  ["RejectedOutside", "reject"],
] as const;

/** Nothing where it cannot be: then somebody altered the log, and the others' lives are told all the same. */
function evolved(connection: Connection | undefined, event: ConnectionEvent): Connection | undefined {
  try {
    return evolve(connection, event);
  } catch {
    return undefined;
  }
}

/** It may pass, as far as Drawbridge is concerned. */
export const isIn = ({ connection, admissions }: Life): boolean => {
  const last = admissions.at(-1);
  return connection === undefined ? last !== undefined && last.ended === undefined : passes(connection);
};

const passes = ({ status }: Connection): boolean => status === "approved" || status === "connected" || status === "adopted";
