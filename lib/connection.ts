// The connection: its states, the moves between them as one table, and how each event changes it.

import type {
  Actor,
  Because,
  ClosedReason,
  ConnectionEvent,
  ConnectionEventType,
  EffectKind,
  EntryRef,
  Facts,
  Name,
  Verdict,
} from "./events.ts";
import type { Instant } from "./ids.ts";

/** States in the order of a connection's life, with what each means. */
export const states = {
  requested: "AWS shows it waiting; nothing is decided yet",
  asking: "approvers have been asked",
  approved: "decided: accept; AWS does not show it available yet",
  connected: "accepted, and AWS has shown it available",
  denied: "decided: reject; AWS does not show it rejected yet",
  rejected: "AWS shows it rejected; only a new endpoint can follow",
  adopted: "accepted before Drawbridge took the service into care",
  closed: "the endpoint is deleted, failed, expired or vanished",
} as const;
export type Status = keyof typeof states;

/** Where an event leads: a state, the same state, or one of several that the event itself settles. */
type Move = Status | "same" | readonly Status[];

/**
 * Which event may happen in which state, and where it leads; `none` is a connection not seen before.
 * What is not here cannot happen: `evolve` throws, since it would be a bug in `decide`.
 */
export const moves: Readonly<Record<Status | "none", Partial<Record<ConnectionEventType, Move>>>> = {
  none: { ConnectionRequested: "requested", ConnectionAdopted: "adopted" },
  requested: {
    ...tried(),
    VerdictNoted: "same",
    ApprovalRequested: "asking",
    ConnectionApproved: "approved",
    ConnectionDenied: "denied",
    AcceptedOutside: ["approved", "requested"],
    RejectedOutside: "rejected",
    ConnectionClosed: "closed",
  },
  asking: {
    ...tried(),
    ConnectionApproved: "approved",
    ConnectionDenied: "denied",
    AcceptedOutside: ["approved", "requested"],
    RejectedOutside: "rejected",
    ConnectionClosed: "closed",
  },
  approved: {
    ...tried(),
    VerdictNoted: "same",
    ConnectionAvailable: "connected",
    ConnectionDenied: "denied",
    RejectedOutside: "rejected",
    ConnectionClosed: "closed",
  },
  connected: {
    ...tried(),
    NameAssigned: "same",
    VerdictNoted: "same",
    ConnectionDenied: "denied",
    RejectedOutside: "rejected",
    ConnectionClosed: "closed",
  },
  denied: { ...tried(), ConnectionRejected: "rejected", ConnectionClosed: "closed" },
  rejected: {
    ...tried(),
    AcceptedOutside: ["approved", "requested"],
    ConnectionClosed: "closed",
  },
  adopted: {
    ...tried(),
    VerdictNoted: "same",
    ConnectionDenied: "denied",
    ConnectionRejected: "rejected",
    RejectedOutside: "rejected",
    ConnectionClosed: "closed",
  },
  closed: { ...tried(), ConnectionFound: ["requested", "approved", "denied", "adopted"] },
};

/** What may happen in every state and leaves it. A name may turn out made, and be removed, whatever was decided meanwhile. */
function tried(): Partial<Record<ConnectionEventType, Move>> {
  const types = [
    "AnswerRefused",
    "Attributed",
    "EffectFailed",
    "EffectRecovered",
    "NameMade",
    "NameRemoved",
    "ConnectionMissing",
    "ConnectionFound",
  ] as const;
  return Object.fromEntries(types.map((type) => [type, "same"]));
}

/** How the connection was decided, and why. */
export interface Decision {
  readonly verdict: "accept" | "reject";
  readonly by: Actor;
  readonly because: Because;
  readonly at: Instant;
  readonly entry?: EntryRef;
  /** The DNS label that the deciding entry gives. */
  readonly label?: string;
  readonly reason?: string;
}

export interface Question {
  readonly id: string;
  readonly at: Instant;
  readonly because: Because;
  readonly entry?: EntryRef;
}

/** An effect that AWS has refused so far. */
export interface Trouble {
  readonly effect: EffectKind;
  readonly code: string;
  readonly message: string;
  readonly first: Instant;
  readonly last: Instant;
  readonly count: number;
}

interface Known extends Omit<Facts, "state"> {
  readonly seenAt: Instant;
  readonly changedAt: Instant;
  /** How many events it has: the sequence of the last one, and the version a commit checks. */
  readonly seq: number;
  readonly names: readonly Name[];
  readonly trouble?: Trouble;
  /** Since when complete listings of the service have been without it. */
  readonly missingSince?: Instant;
  /** CloudTrail events already told about, newest last. */
  readonly attributed: readonly string[];
}

export type Connection = Known &
  (
    | { readonly status: "requested"; readonly noted?: Verdict; readonly acceptedOutside?: boolean }
    | { readonly status: "asking"; readonly question: Question }
    | {
        readonly status: "approved" | "connected";
        readonly decision: Decision;
        readonly noted?: Verdict;
      }
    | { readonly status: "denied" | "rejected"; readonly decision: Decision }
    | { readonly status: "adopted"; readonly noted?: Verdict }
    | {
        readonly status: "closed";
        readonly reason: ClosedReason;
        readonly decision?: Decision;
        /** It was adopted, and is again if it turns out to be there after all. */
        readonly adopted?: true;
      }
  );

/** Applies one event. Throws when the move is not in the table: a bug, never a user's mistake. */
export function evolve(connection: Connection | undefined, event: ConnectionEvent): Connection {
  const from = connection?.status ?? "none";
  const next =
    connection === undefined ? begin(event) : ({ ...changed(known(connection), event), ...life(connection, event) } as Connection);
  if (!allowed(from, event.type, next.status)) throw new Error(`${event.type} cannot lead from ${from} to ${next.status}`);
  return next;
}

function allowed(from: Status | "none", type: ConnectionEventType, to: Status): boolean {
  const move = moves[from][type];
  return move === "same" ? to === from : move === to || (Array.isArray(move) && move.includes(to));
}

export const replay = (events: readonly ConnectionEvent[]): Connection | undefined =>
  events.reduce<Connection | undefined>(evolve, undefined);

function begin(event: ConnectionEvent): Connection {
  if (event.type !== "ConnectionRequested" && event.type !== "ConnectionAdopted") throw new Error(`${event.type} cannot be first`);
  const { state: _, ...facts } = event.observed;
  const status = event.type === "ConnectionRequested" ? "requested" : "adopted";
  return {
    ...facts,
    status,
    seenAt: event.at,
    changedAt: event.at,
    seq: 1,
    names: [],
    attributed: [],
  };
}

/** What belongs to one status alone: it is dropped when the status changes. */
function life(connection: Connection, event: ConnectionEvent): object {
  switch (event.type) {
    case "VerdictNoted":
      return { ...stays(connection), noted: event.verdict };
    case "ApprovalRequested":
      return {
        status: "asking",
        question: {
          id: event.question,
          at: event.at,
          because: event.because,
          ...optional("entry", event.entry),
        },
      };
    case "ConnectionApproved":
      return { status: "approved", decision: decided("accept", event) };
    case "ConnectionDenied":
      return { status: "denied", decision: decided("reject", event) };
    case "AcceptedOutside":
      return event.kept ? { status: "approved", decision: decided("accept", event) } : { status: "requested", acceptedOutside: true };
    case "RejectedOutside":
      return { status: "rejected", decision: decided("reject", event) };
    case "ConnectionAvailable":
      return { ...stays(connection), status: "connected" };
    case "ConnectionRejected":
      return { ...stays(connection), status: "rejected", ...("decision" in connection ? {} : { decision: decided("reject", event) }) };
    case "ConnectionClosed":
      return {
        status: "closed",
        reason: event.reason,
        ...("decision" in connection ? optional("decision", connection.decision) : {}),
        ...(connection.status === "adopted" ? { adopted: true } : {}),
      };
    case "ConnectionFound":
      return connection.status === "closed" ? found(connection) : stays(connection);
    default:
      return stays(connection);
  }
}

/** A connection that two listings had missed goes on where its decision left it. */
function found({ decision, adopted }: Extract<Connection, { status: "closed" }>): object {
  if (decision === undefined) return { status: adopted === true ? "adopted" : "requested" };
  return { status: decision.verdict === "accept" ? "approved" : "denied", decision };
}

/** What every status has. */
function changed(known: Known, event: ConnectionEvent): Known {
  const next = { ...known, seq: known.seq + 1, changedAt: event.at };
  switch (event.type) {
    case "EffectFailed": {
      const { effect, code, message, first, count } = event;
      return { ...next, trouble: { effect, code, message, first, last: event.at, count } };
    }
    case "EffectRecovered":
      return without(next, "trouble");
    case "Attributed":
      return { ...next, attributed: [...next.attributed, event.event].slice(-attributionsKept) };
    case "ConnectionAvailable":
      // A name from before an absence may be gone by now: it is made again, which does nothing where it is there.
      return { ...next, names: next.names.map((name) => ({ ...name, made: false })) };
    case "NameAssigned":
      return { ...next, names: [...next.names, event.name] };
    case "NameMade":
      return {
        ...next,
        names: next.names.map((name) => (name.fqdn === event.fqdn ? { ...name, made: true } : name)),
      };
    case "NameRemoved":
      return { ...next, names: next.names.filter((name) => name.fqdn !== event.fqdn) };
    case "ConnectionMissing":
      return { ...next, missingSince: event.at };
    case "ConnectionFound":
      return without(next, "missingSince");
    default:
      return next;
  }
}

const attributionsKept = 10;

function decided(
  verdict: "accept" | "reject",
  event: Extract<
    ConnectionEvent,
    { type: "ConnectionApproved" | "ConnectionDenied" | "ConnectionRejected" | "AcceptedOutside" | "RejectedOutside" }
  >,
): Decision {
  const { by, because, at } = event;
  const entry = "entry" in event ? event.entry : undefined;
  const label = "label" in event ? event.label : undefined;
  const reason = "reason" in event ? event.reason : undefined;
  return {
    verdict,
    by,
    because,
    at,
    ...optional("entry", entry),
    ...optional("label", label),
    ...optional("reason", reason),
  };
}

function known(connection: Connection): Known {
  const { endpoint, service, account, region, ipAddressType, createdAt, seenAt, changedAt, seq, names, trouble, missingSince, attributed } =
    connection;
  return {
    endpoint,
    service,
    account,
    seenAt,
    changedAt,
    seq,
    names,
    attributed,
    ...optional("region", region),
    ...optional("ipAddressType", ipAddressType),
    ...optional("createdAt", createdAt),
    ...optional("trouble", trouble),
    ...optional("missingSince", missingSince),
  };
}

function stays(connection: Connection): object {
  const own = new Set(["status", "question", "decision", "noted", "acceptedOutside", "reason", "adopted"]);
  return Object.fromEntries(Object.entries(connection).filter(([key]) => own.has(key)));
}

const without = <T extends object, K extends keyof T>(from: T, key: K): Omit<T, K> => {
  const { [key]: _, ...rest } = from;
  return rest;
};

/** A member that is left out, rather than present and undefined, when there is nothing to say. */
export const optional = <K extends string, V>(key: K, value: V | undefined): { [k in K]?: V } =>
  (value === undefined ? {} : { [key]: value }) as { [k in K]?: V };
