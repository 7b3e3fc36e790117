// The states of a connection, and the moves between them as one table.

import type { ConnectionEventType } from "./events.ts";

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
    ApprovalGiven: "same",
    ApprovalReminded: "same",
    ApprovalEscalated: "same",
    ConnectionApproved: "approved",
    ConnectionDenied: "denied",
    AcceptedOutside: ["approved", "requested"],
    RejectedOutside: "rejected",
    ConnectionClosed: "closed",
  },
  approved: {
    ...tried(),
    ...foretold(),
    LabelChanged: "same",
    VpcNamed: "same",
    VerdictNoted: "same",
    ConnectionAvailable: "connected",
    ConnectionDenied: "denied",
    RejectedOutside: "rejected",
    ConnectionClosed: "closed",
  },
  connected: {
    ...tried(),
    ...foretold(),
    LabelChanged: "same",
    VpcNamed: "same",
    NameAssigned: "same",
    NameChanged: "same",
    VpcGranted: "same",
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
    ...foretold(),
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
    "NameDrifted",
    "NameClashed",
    "VpcAuthorized",
    "VpcWithdrawn",
    "ConnectionMissing",
    "ConnectionFound",
  ] as const;
  return Object.fromEntries(types.map((type) => [type, "same"]));
}

/** What may be told, and counted, of a connection that is accepted. */
function foretold(): Partial<Record<ConnectionEventType, Move>> {
  return { ConnectionCounted: "same", RevocationAnnounced: "same", RevocationWithdrawn: "same", ExpiryAnnounced: "same" };
}
