// What became true: from the connection, a signal and the facts, the events to keep. Pure.

import { logged, type Entry, type Judgement, type Removed } from "./allow-list.ts";
import type { Approver } from "./approver.ts";
import { askingOf } from "./asking-policy.ts";
import { answeredBy, waitFor } from "./decide-asking.ts";
import { hold } from "./decide-holding.ts";
import { observe } from "./decide-seen.ts";
import { evolve, type Connection } from "./connection.ts";
import { optional } from "./optional.ts";
import type { Actor, Because, Choice, ConnectionEvent, EffectKind, EntryRef, RefusalCause, Scope, Source } from "./events.ts";
import type { Instant } from "./ids.ts";
import { toldOfNames, type NameSignal } from "./names.ts";
import { waits, type Seen } from "./observed.ts";
import type { Service } from "./service.ts";
import { sameVpc, toldOfVpcs, type VpcSignal } from "./vpcs.ts";
import { byEntry, did, glassBroken, refusedAnswer, ruled, stamp } from "./stamp.ts";

/** What reached us. Each means: look at this connection again. */
export type Signal =
  | { readonly kind: "look" }
  | {
      readonly kind: "answered";
      readonly question?: string;
      readonly choice: Choice;
      readonly by: Actor;
      readonly reason?: string;
      /** The approver whom an operator is, by their IAM identity. */
      readonly as?: string;
      readonly scope?: Scope;
      /** The entry that is written when this answer decides. */
      readonly standing?: EntryRef;
      readonly breakGlass?: true;
    }
  | {
      readonly kind: "attributed";
      readonly action: "accept" | "reject";
      readonly arn: string;
      readonly event: string;
    }
  | {
      readonly kind: "settled";
      readonly effect: EffectKind;
      readonly failure?: { readonly code: string; readonly message: string };
    }
  | NameSignal
  | VpcSignal;

/** What is known at this moment. `seen` and `judgement` are absent where the function may not ask. */
export interface Known {
  readonly now: Instant;
  readonly source: Source;
  readonly service: Service;
  readonly seen?: Seen;
  /** When AWS was asked for it, where that was before `now`: the answer, or the commit, may have taken minutes. */
  readonly askedAt?: Instant;
  readonly judgement?: Judgement;
  /** When the list was judged, where that is not `now`: by this clock, which may lag behind the record's. */
  readonly judgedAt?: Instant;
  /** What stands at the key of the entry that let the connection in. */
  readonly holder?: Entry | Removed;
  /** Those who may be asked, read only where silence is about to decide. */
  readonly approvers?: readonly Approver[];
  /** The id that a question gets if one is put; from the caller, since the core draws no random numbers. */
  readonly nextQuestion?: string;
}

/** The events that follow from the signal and from what AWS shows, in order; none when nothing is new. */
export function decide(connection: Connection | undefined, signal: Signal, known: Known): ConnectionEvent[] {
  const events: ConnectionEvent[] = [];
  let now = connection;
  const add = (step: (at: Connection | undefined) => ConnectionEvent[]): void => {
    for (const made of step(now)) {
      const event = released(made, now);
      events.push(event);
      now = evolve(now, event);
    }
  };
  add((at) => observe(at, known));
  add((at) => (at === undefined ? [] : hear(at, signal, known)));
  add((at) => (at === undefined ? [] : follow(at, known)));
  add((at) => (at === undefined ? [] : relabel(at, known)));
  return events;
}

/** The end of a connection gives its place under a limit back. */
function released(event: ConnectionEvent, connection: Connection | undefined): ConnectionEvent {
  if (connection?.counter === undefined) return event;
  const ends = event.type === "ConnectionDenied" || event.type === "RejectedOutside" || event.type === "ConnectionClosed";
  return ends ? { ...event, counter: connection.counter } : event;
}

// What the signal itself says

function hear(connection: Connection, signal: Signal, known: Known): ConnectionEvent[] {
  switch (signal.kind) {
    case "look":
      return [];
    case "answered":
      return answered(connection, signal, known);
    case "attributed":
      if (connection.attributed.includes(signal.event)) return [];
      return [
        stamp(
          known,
          { type: "Attributed", action: signal.action, arn: signal.arn, event: signal.event },
          { kind: "outside", arn: signal.arn },
          { rule: "outside", detail: `CloudTrail names who called ${signal.action}` },
        ),
      ];
    case "settled":
      return settled(connection, signal, known);
    case "vpc-granted":
    case "vpc-authorized":
    case "vpc-withdrawn":
      return toldOfVpcs(connection, signal).map((event) => did(known, event));
    case "vpc-drifted":
      return toldOfVpcs(connection, signal).map((event) =>
        did(known, event, { rule: "names", detail: "Route 53 no longer lists the authorization that it had been given" }),
      );
    default:
      return toldOfNames(connection, signal, known).map((event) => did(known, event));
  }
}

/** An answer decides an open question; an operator may also end a connection that is accepted. */
function answered(connection: Connection, signal: Extract<Signal, { kind: "answered" }>, known: Known): ConnectionEvent[] {
  const { choice, by, reason, question } = signal;
  const operator = by.kind === "operator";
  const refuse = (cause: RefusalCause, why: string): ConnectionEvent[] => [refusedAnswer(known, choice, by, { cause, why })];
  const named = connection.status === "asking" && connection.question.id === question;
  // Only an operator may decide without naming the question.
  if (!named && !(operator && question === undefined))
    return refuse("settled", `the question is closed: the connection is ${connection.status}`);
  if (!operator && known.service.mode === "observe")
    return refuse("observed", "the service is only observed, and nothing is carried out until it is enforced");
  const open = connection.status === "asking" || (operator && connection.status === "requested");
  const live =
    connection.status === "approved" ||
    connection.status === "connected" ||
    connection.status === "adopted" ||
    (connection.status === "requested" && connection.acceptedOutside === true);
  if (!open && !(operator && choice === "reject" && live)) return refuse("settled", `the connection is ${connection.status}`);
  if (choice === "approve" && known.judgement?.verdict === "reject")
    return refuse("reject-entry", `a reject entry applies: ${known.judgement.because.detail}`);
  if (connection.status === "asking") return answeredBy(connection, signal, known);
  const because =
    choice === "approve" && signal.breakGlass === true
      ? glassBroken(reason)
      : ruled(by, reason ?? `${choice === "approve" ? "approved" : "rejected"} by an operator`);
  const said = optional("reason", reason);
  if (
    choice === "approve" &&
    signal.breakGlass !== true &&
    known.judgement?.verdict === "ask" &&
    askingOf(known.service, known.judgement).approvers.length > 0
  )
    return refuse("unsure", "its approvers are only about to be asked");
  if (choice === "reject") return [stamp(known, { type: "ConnectionDenied", revokes: live, ...said }, by, because)];
  const kind = {
    type: "ConnectionApproved",
    ...said,
    ...optional("label", known.judgement?.label),
    ...optional("breakGlass", signal.breakGlass),
  } as const;
  return [stamp(known, kind, by, because)];
}

/** Each refused try is told, with the first one's time and their count; `plan` lets tries rest, so they stay few. */
function settled(connection: Connection, { effect, failure }: Extract<Signal, { kind: "settled" }>, known: Known): ConnectionEvent[] {
  const trouble = connection.trouble?.effect === effect ? connection.trouble : undefined;
  const because: Because = {
    rule: "effect",
    detail: failure === undefined ? `${effect} went through` : `${effect} refused: ${failure.code}`,
  };
  if (failure === undefined) {
    return trouble === undefined
      ? []
      : [did(known, { type: "EffectRecovered", effect, first: trouble.first, count: trouble.count }, because)];
  }
  // What is left of an old name is told of when the new one is there: one trouble at a time, so that each can rest.
  if (effect === "remove-name" && connection.status === "connected" && connection.trouble?.effect === "make-name") return [];
  const count = (trouble?.count ?? 0) + 1;
  return [did(known, { type: "EffectFailed", effect, ...failure, first: trouble?.first ?? known.now, count }, because)];
}

// What the allow-list says

function follow(connection: Connection, known: Known): ConnectionEvent[] {
  const { judgement, service, seen } = known;
  if (judgement === undefined || seen?.listed !== true) return [];
  const { verdict } = judgement;
  if (service.mode === "observe") return note(connection, judgement, known);
  switch (connection.status) {
    case "requested":
      if (connection.acceptedOutside === true) return verdict === "accept" ? [approve(judgement, known)] : [deny(judgement, known, true)];
      if (!waits(seen.observed.state)) return [];
      if (verdict === "ask") return ask(judgement, known);
      return [verdict === "accept" ? approve(judgement, known) : deny(judgement, known, false)];
    case "asking":
      if (verdict === "ask") return waitFor(connection, known);
      return [
        verdict === "accept" ? approve(judgement, known, connection.question.id) : deny(judgement, known, false, connection.question.id),
      ];
    case "approved":
    case "connected":
    case "adopted":
      return hold(
        connection,
        { judgement, service, now: known.judgedAt ?? known.now, waiting: waits(seen.observed.state), ...optional("holder", known.holder) },
        known,
      );
    case "denied":
    case "rejected":
    case "closed":
      return [];
  }
}

/** While a service is only observed, the verdict is logged once, and again when it changes. */
function note(connection: Connection, { verdict, because, entry, findings }: Judgement, known: Known): ConnectionEvent[] {
  const matters =
    connection.status === "requested" ||
    ((connection.status === "approved" || connection.status === "connected" || connection.status === "adopted") && verdict === "reject");
  if (!matters || !("noted" in connection ? connection.noted !== verdict : true)) return [];
  return [did(known, { type: "VerdictNoted", verdict, ...optional("entry", entry), ...logged(findings) }, because)];
}

function ask({ because, entry, findings }: Judgement, known: Known): ConnectionEvent[] {
  if (known.nextQuestion === undefined) return [];
  const kind = { type: "ApprovalRequested", question: known.nextQuestion, ...optional("entry", entry), ...logged(findings) } as const;
  return [did(known, kind, because)];
}

function approve({ because, entry, label, limit, findings }: Judgement, known: Known, question?: string): ConnectionEvent {
  const kind = {
    type: "ConnectionApproved",
    ...optional("question", question),
    ...optional("entry", entry),
    ...optional("label", label),
    ...limit,
    ...logged(findings),
  } as const;
  return stamp(known, kind, byEntry(entry), because);
}

/** A reject entry denies; an accept past Drawbridge that a service enforces against is denied by the same list. */
function deny({ because, entry, verdict, findings }: Judgement, known: Known, revokes: boolean, question?: string): ConnectionEvent {
  const reason: Because =
    verdict === "reject" ? because : { rule: "outside", detail: `accepted outside Drawbridge, and ${because.detail}` };
  const kind = {
    type: "ConnectionDenied",
    revokes,
    ...optional("question", question),
    ...optional("entry", entry),
    ...optional("reason", verdict === "reject" ? findings.find(({ decides }) => decides)?.reason : undefined),
    ...logged(findings),
  } as const;
  return stamp(known, kind, byEntry(entry), reason);
}

/** The name follows the entries. A label that they no longer give is kept: a name that works is not taken away for that. */
function relabel(connection: Connection, known: Known): ConnectionEvent[] {
  const { judgement, service, seen } = known;
  if (connection.status !== "approved" && connection.status !== "connected") return [];
  if (judgement === undefined || seen?.listed !== true || service.mode === "observe") return [];
  const { label, vpc } = judgement;
  const { decision } = connection;
  const entry = optional("entry", judgement.entry);
  const events: ConnectionEvent[] = [];
  if (label !== undefined && label !== decision.label) {
    const detail = `the allow-list now calls it ${label}, and called it ${decision.label ?? `account ${connection.account}`}`;
    events.push(did(known, { type: "LabelChanged", label, ...entry }, { rule: "names", detail }));
  }
  const isNamed = vpc !== undefined && (decision.vpc === undefined || !sameVpc(vpc, decision.vpc));
  if (isNamed || (vpc === undefined && decision.vpc !== undefined && judgement.entry !== undefined)) {
    const detail = vpc === undefined ? "the allow-list no longer names its VPC" : `the allow-list names its VPC ${vpc.id} in ${vpc.region}`;
    events.push(did(known, { type: "VpcNamed", ...optional("vpc", vpc), ...entry }, { rule: "names", detail }));
  }
  return events;
}
