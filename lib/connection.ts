// The connection: what its record holds in each state, and how each event changes it.

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
  NameContent,
  Scope,
  Verdict,
} from "./events.ts";
import { moves, type Status } from "./connection-states.ts";
import type { Instant } from "./ids.ts";
import { firstLabels } from "./names.ts";
import { optional } from "./optional.ts";
import { grantsAfter, type Grant, type Vpc } from "./vpcs.ts";

/** How the connection was decided, and why. */
export interface Decision {
  readonly verdict: "accept" | "reject";
  readonly by: Actor;
  readonly because: Because;
  readonly at: Instant;
  readonly entry?: EntryRef;
  /** The DNS label that the deciding entry gives. */
  readonly label?: string;
  /** The consumer's VPC, which the entry names. */
  readonly vpc?: Vpc;
  readonly reason?: string;
}

export interface Question {
  readonly id: string;
  readonly at: Instant;
  readonly because: Because;
  readonly entry?: EntryRef;
  /** Who agrees so far, where several must; lib/asking-policy.ts says which of them count. */
  readonly votes?: readonly Vote[];
  /** How many reminders were due when the last one went out. */
  readonly reminded?: number;
  readonly remindedAt?: Instant;
  readonly escalatedAt?: Instant;
}

/** An approver's agreement. */
export interface Vote {
  readonly name: string;
  readonly arn?: string;
  readonly at: Instant;
  readonly channel: "link" | "slack" | "command";
  readonly scope?: Scope;
}

/** An effect that AWS has refused so far. */
export interface Trouble {
  readonly effect: EffectKind;
  /** The one name that it is about. */
  readonly name?: string;
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
  /** The private zones that its VPC may be associated with. */
  readonly grants?: readonly Grant[];
  readonly trouble?: Trouble;
  /** Since when complete listings of the service have been without it. */
  readonly missingSince?: Instant;
  /** CloudTrail events already told about, newest last. */
  readonly attributed: readonly string[];
  /** The limited entry that counts it: one of its places is taken until the connection ends. */
  readonly counter?: string;
  /** The cut that approvers were told of. */
  readonly revocation?: { readonly due: Instant; readonly entry: EntryRef };
  /** The expiry that approvers were told of. */
  readonly expiryTold?: Instant;
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

/** It is over, and nothing of it is left in Route 53: nothing can follow. */
export const isDone = ({ status, names, grants = [] }: Connection): boolean =>
  status === "closed" && names.length === 0 && grants.length === 0;

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
    case "ApprovalGiven":
    case "ApprovalReminded":
    case "ApprovalEscalated":
      return connection.status === "asking" ? { status: "asking", question: waited(connection.question, event) } : stays(connection);
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
    case "LabelChanged":
      return "decision" in connection && connection.decision !== undefined
        ? { ...stays(connection), decision: { ...connection.decision, label: event.label } }
        : stays(connection);
    case "VpcNamed":
      return "decision" in connection && connection.decision !== undefined
        ? { ...stays(connection), decision: { ...without(connection.decision, "vpc"), ...optional("vpc", event.vpc) } }
        : stays(connection);
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

/** The question after one more agreement, reminder, or escalation. */
function waited(
  question: Question,
  event: Extract<ConnectionEvent, { type: "ApprovalGiven" | "ApprovalReminded" | "ApprovalEscalated" }>,
): Question {
  switch (event.type) {
    case "ApprovalGiven": {
      const { by, approver: name, arn, scope, at } = event;
      const vote: Vote = {
        name,
        at,
        channel: by.kind === "approver" ? by.channel : "command",
        ...optional("arn", arn),
        ...optional("scope", scope),
      };
      return { ...question, votes: [...(question.votes ?? []).filter((other) => other.name !== name), vote] };
    }
    case "ApprovalReminded":
      return { ...question, reminded: event.reminder, remindedAt: event.at };
    case "ApprovalEscalated":
      return { ...question, escalatedAt: event.at };
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
    case "NameClashed": {
      const { found: message, fqdn: name, first, count } = event;
      return { ...next, trouble: { effect: "make-name", name, code: event.type, message, first, last: event.at, count } };
    }
    case "EffectRecovered":
      return without(next, "trouble");
    case "Attributed":
      return { ...next, attributed: [...next.attributed, event.event].slice(-attributionsKept) };
    case "ConnectionAvailable":
      // A name from before an absence may be gone by now: it is made again, which does nothing where it is there.
      return { ...next, names: next.names.map(unmade) };
    case "LabelChanged":
      // A name that is wanted again may be gone by now: its removal may have been carried out and not told yet.
      return { ...next, names: next.names.map((name) => (firstLabels(next, event.label).includes(firstOf(name)) ? unmade(name) : name)) };
    case "NameAssigned":
      return { ...(next.trouble?.effect === "make-name" ? without(next, "trouble") : next), names: [...next.names, event.name] };
    case "NameChanged":
      return {
        ...next,
        names: next.names.map((name) => (name.fqdn === event.fqdn ? { ...unmade(name), target: event.target, types: event.types } : name)),
      };
    case "NameDrifted":
      return { ...next, names: next.names.map((name) => (name.fqdn === event.fqdn ? unmade(name) : name)) };
    case "NameMade":
      return {
        ...next,
        names: next.names.map((name) => (name.fqdn === event.fqdn ? { ...without(name, "was"), made: true } : name)),
      };
    case "NameRemoved":
      return { ...next, names: next.names.filter((name) => name.fqdn !== event.fqdn) };
    case "VpcGranted":
    case "VpcAuthorized":
    case "VpcWithdrawn": {
      const grants = grantsAfter(next.grants ?? [], event);
      return { ...without(next, "grants"), ...(grants.length === 0 ? {} : { grants }) };
    }
    case "ConnectionMissing":
      return { ...next, missingSince: event.at };
    case "ConnectionFound":
      return without(next, "missingSince");
    case "ConnectionApproved":
      return { ...next, ...optional("counter", event.counter) };
    case "ConnectionCounted":
      return { ...next, counter: event.counter };
    case "ConnectionDenied":
    case "RejectedOutside":
    case "ConnectionClosed":
      return unheld(next);
    case "RevocationAnnounced":
      return { ...next, revocation: { due: event.due, entry: event.entry } };
    case "RevocationWithdrawn":
      return without(next, "revocation");
    case "ExpiryAnnounced":
      return { ...next, expiryTold: event.expires };
    default:
      return next;
  }
}

/** Nothing holds it any longer, and nothing more is told of its end. */
const unheld = (known: Known): Known => without(without(without(known, "counter"), "revocation"), "expiryTold");

/** Its records are made, or made anew: what they may hold until then is kept, since only what is known can be deleted exactly. */
function unmade(name: Name): Name {
  const { target, types, was = [] } = name;
  const held = was.some((one) => sameContent(one, name)) ? was : [...was, { target, types }];
  return { ...name, made: false, was: held.slice(-contentsKept) };
}

const firstOf = ({ fqdn }: Name): string => fqdn.split(".", 1)[0] ?? "";

const sameContent = (a: NameContent, b: NameContent): boolean =>
  a.target.name === b.target.name && a.target.zone === b.target.zone && a.types.join() === b.types.join();

const contentsKept = 5;
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
  const { counter, revocation, expiryTold } = connection;
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
    ...optional("grants", connection.grants),
    ...optional("counter", counter),
    ...optional("revocation", revocation),
    ...optional("expiryTold", expiryTold),
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
