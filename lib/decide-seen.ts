// What AWS shows of a connection, told as events: met, missed, found again, moved on, and what was done outside. Pure.

import { evolve, type Connection } from "./connection.ts";
import type { Known } from "./decide.ts";
import type { Because, ConnectionEvent, Facts } from "./events.ts";
import { milliseconds, type Instant } from "./ids.ts";
import { isAccepted, isOver, waits, type Observed } from "./observed.ts";
import { optional } from "./optional.ts";
import { stamp, type Kind } from "./stamp.ts";
import { utc } from "./when.ts";

/** An endpoint that two complete listings miss, this far apart, is gone. */
const missingMinutes = 3;
/** For this long after a change AWS may still answer from before it. */
const settleSeconds = 120;

/** What AWS shows is held against the record: a new connection, one that is gone, and where its state has moved on. */
export function observe(connection: Connection | undefined, known: Known): ConnectionEvent[] {
  const { seen } = known;
  if (seen === undefined) return [];
  if (!seen.listed) return connection === undefined ? [] : miss(connection, known);
  if (connection === undefined) return meet(seen.observed, known);
  if (connection.missingSince === undefined) return compare(connection, seen.observed, known);
  if (connection.status === "closed" && (connection.reason !== "vanished" || isOver(seen.observed.state))) return [];
  const found = saw(known, { type: "ConnectionFound" });
  return [found, ...compare(evolve(connection, found), seen.observed, known)];
}

/** The first sight of a connection: one that AWS had accepted before we came is adopted, any other is a request. */
function meet(observed: Observed, known: Known): ConnectionEvent[] {
  const facts: Facts = {
    endpoint: observed.endpoint,
    service: observed.service,
    account: observed.account,
    state: observed.state,
    ...optional("region", observed.region),
    ...optional("ipAddressType", observed.ipAddressType),
    ...optional("createdAt", observed.createdAt),
  };
  const before = observed.createdAt !== undefined && observed.createdAt < known.service.addedAt;
  const first: ConnectionEvent =
    before && !waits(observed.state) && observed.state !== "unknown"
      ? saw(
          known,
          { type: "ConnectionAdopted", observed: facts },
          { rule: "adopted", detail: `${observed.state} since before ${utc(known.service.addedAt)}` },
        )
      : saw(known, { type: "ConnectionRequested", observed: facts });
  // Who rejected it before Drawbridge came is nobody's news.
  if (first.type === "ConnectionAdopted" && observed.state === "rejected") return [first, saw(known, { type: "ConnectionRejected" })];
  return [first, ...compare(evolve(undefined, first), observed, known)];
}

function miss(connection: Connection, known: Known): ConnectionEvent[] {
  if (connection.status === "closed") return [];
  if (connection.missingSince === undefined)
    return [saw(known, { type: "ConnectionMissing" }, { rule: "observed", detail: "a complete listing is without it" })];
  if (secondsFrom(connection.missingSince, known) < missingMinutes * 60) return [];
  return [
    saw(
      known,
      { type: "ConnectionClosed", reason: "vanished" },
      {
        rule: "observed",
        detail: `complete listings have been without it since ${utc(connection.missingSince)}`,
      },
    ),
  ];
}

/** Where AWS's state has moved on from what the record says. */
function compare(connection: Connection, { state }: Observed, known: Known): ConnectionEvent[] {
  if (connection.status === "closed") return [];
  if (isOver(state))
    return [
      saw(
        known,
        {
          type: "ConnectionClosed",
          reason: state === "failed" || state === "expired" ? state : "deleted",
        },
        { rule: "observed", detail: `AWS shows ${state}` },
      ),
    ];
  switch (connection.status) {
    case "requested":
      return connection.acceptedOutside === true
        ? refusedOutside(state, known)
        : [...acceptedOutside(state, known), ...refusedOutside(state, known)];
    case "asking":
      return [...acceptedOutside(state, known), ...refusedOutside(state, known)];
    case "approved":
      if (state === "available") return [saw(known, { type: "ConnectionAvailable" })];
      return refusedOutside(state, known);
    case "connected":
    case "adopted":
      return refusedOutside(state, known);
    case "denied":
      return state === "rejected" ? [saw(known, { type: "ConnectionRejected" })] : [];
    case "rejected":
      return secondsFrom(connection.changedAt, known) > settleSeconds ? acceptedOutside(state, known) : [];
  }
}

function acceptedOutside(state: Observed["state"], known: Known): ConnectionEvent[] {
  if (!isAccepted(state)) return [];
  const kept = known.service.outsideAccept === "keep";
  const because: Because = {
    rule: "outside",
    detail: `AWS shows ${state}, and Drawbridge has not accepted it`,
  };
  const accepted = stamp(known, { type: "AcceptedOutside", kept }, { kind: "outside" }, because);
  return kept && state === "available" ? [accepted, saw(known, { type: "ConnectionAvailable" })] : [accepted];
}

function refusedOutside(state: Observed["state"], known: Known): ConnectionEvent[] {
  if (state !== "rejected") return [];
  const because: Because = {
    rule: "outside",
    detail: "AWS shows rejected, and Drawbridge has not rejected it",
  };
  return [stamp(known, { type: "RejectedOutside" }, { kind: "outside" }, because)];
}

const saw = (known: Known, kind: Kind, because?: Because): ConnectionEvent =>
  stamp(known, kind, { kind: "aws" }, because ?? { rule: "observed", detail: shown(known) });

/** How long after this moment AWS was asked. */
const secondsFrom = (moment: Instant, { askedAt, now }: Known): number => (milliseconds(askedAt ?? now) - milliseconds(moment)) / 1000;

const shown = ({ seen }: Known): string => (seen?.listed === true ? `AWS shows ${seen.observed.state}` : "AWS does not show it");
