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
  /** What let it in last: a decision, or somebody outside. */
  readonly letIn?: StoredEvent;
  /** What ended that, when it has ended. */
  readonly ended?: StoredEvent;
  /** An event is missing, is none any more, or contradicts those before it: what is told may not be what was. */
  readonly incomplete?: true;
}

const entering = new Set(["ConnectionApproved", "AcceptedOutside", "ConnectionAdopted"]);
/** Accepted outside, where the service does not keep that, lets nobody in. */
const letsIn = (event: ConnectionEvent): boolean => entering.has(event.type) && !(event.type === "AcceptedOutside" && !event.kept);
const leaving = new Set(["ConnectionDenied", "RejectedOutside", "ConnectionRejected", "ConnectionClosed"]);

/** The events that lead from one state to another: a life told from them alone is in the right state. */
export const movingTypes: readonly ConnectionEventType[] = [
  ...new Set(
    Object.values(moves).flatMap((row) =>
      Object.entries(row).flatMap(([type, move]) => (move === "same" ? [] : [type as ConnectionEventType])),
    ),
  ),
];

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
      [...all].flatMap(([subject, rows]) => {
        const its = until(
          rows.toSorted((a, b) => a.seq - b.seq),
          at,
        );
        return its.length === 0 ? [] : [lifeOf(subject, its, whole)];
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

function lifeOf(subject: Subject, rows: readonly LogRow[], whole: boolean): Life {
  const events = rows.filter(isEvent);
  const isWhole = rows.every(({ seq }, index) => seq === index + 1);
  let incomplete = events.length < rows.length || (whole ? !isWhole : rows[0]?.seq !== 1);
  let connection: Connection | undefined;
  let letIn: StoredEvent | undefined;
  let ended: StoredEvent | undefined;
  for (const stored of events) {
    const event = stored.event as ConnectionEvent;
    const next = evolved(connection, event);
    if (next === undefined) incomplete = true;
    else connection = next;
    if (letsIn(event)) letIn = stored;
    if (leaving.has(event.type)) ended ??= stored;
    else if (letsIn(event) || (connection !== undefined && passes(connection))) ended = undefined;
  }
  const [first] = events;
  return {
    endpoint: subject.slice(subjectOfAny.length) as EndpointId,
    ...optional("service", connection?.service ?? (first?.service as ServiceId | undefined)),
    ...optional("account", connection?.account ?? first?.account),
    ...optional("connection", connection),
    ...optional("letIn", letIn),
    ...optional("ended", ended),
    ...(incomplete ? { incomplete } : {}),
  };
}

/** Nothing where it cannot be: then somebody altered the log, and the others' lives are told all the same. */
function evolved(connection: Connection | undefined, event: ConnectionEvent): Connection | undefined {
  try {
    return evolve(connection, event);
  } catch {
    return undefined;
  }
}

/** It may pass, as far as Drawbridge is concerned. */
export const isIn = ({ connection, letIn, ended }: Life): boolean =>
  connection === undefined ? letIn !== undefined && ended === undefined : passes(connection);

const passes = ({ status }: Connection): boolean => status === "approved" || status === "connected" || status === "adopted";
