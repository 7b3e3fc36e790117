// What the world still lacks: from what was decided and what AWS shows, the effects that close the gap. Pure.

import type { Connection, Trouble } from "./connection.ts";
import type { EffectKind, Name } from "./events.ts";
import { milliseconds, type Instant } from "./ids.ts";
import { isAccepted, waits, type DnsTarget, type Seen } from "./observed.ts";
import type { Service } from "./service.ts";

/** Each is safe to repeat. */
export type Effect =
  | { readonly kind: "accept" }
  | { readonly kind: "reject" }
  | { readonly kind: "look-again" }
  | { readonly kind: "assign-name"; readonly target: DnsTarget }
  | { readonly kind: "make-name"; readonly name: Name }
  | { readonly kind: "remove-name"; readonly name: Name };

/** After a refusal the next try waits 1, 2, 4 … minutes, at most an hour. */
const backOffMinutesMax = 60;

export function plan(connection: Connection, seen: Seen, service: Service, now: Instant): Effect[] {
  return gaps(connection, seen, service).filter(({ kind }) => !(connection.trouble?.effect === kind && resting(connection.trouble, now)));
}

/** All that is lacking, also what was refused and rests until its next try. */
export function gaps(connection: Connection, seen: Seen, service: Service): Effect[] {
  return service.mode === "observe" ? [] : [...onAws(connection, seen), ...onNames(connection, seen, service)];
}

/** Only a decision of our own is carried out; what was decided outside has happened already. */
function onAws(connection: Connection, seen: Seen): Effect[] {
  if (!seen.listed) return [];
  const { state } = seen.observed;
  if (connection.status === "approved") {
    if (waits(state)) return connection.decision.by.kind === "outside" ? [] : [{ kind: "accept" }];
    return state === "pending" ? [{ kind: "look-again" }] : [];
  }
  if (connection.status === "denied") return waits(state) || isAccepted(state) ? [{ kind: "reject" }] : [];
  return [];
}

function onNames(connection: Connection, seen: Seen, service: Service): Effect[] {
  if (connection.status !== "connected")
    return connection.status === "approved" ? [] : connection.names.map((name) => ({ kind: "remove-name", name }));
  const unmade = connection.names.filter(({ made }) => !made);
  if (unmade.length > 0) return unmade.map((name) => ({ kind: "make-name", name }));
  if (connection.names.length > 0 || service.zone === undefined || !seen.listed || seen.observed.dns === undefined) return [];
  return [{ kind: "assign-name", target: seen.observed.dns }];
}

function resting({ count, last }: Trouble, now: Instant): boolean {
  const minutes = Math.min(2 ** (count - 1), backOffMinutesMax);
  return milliseconds(now) - milliseconds(last) < minutes * 60_000;
}

/** The effects on AWS that a function carries out, as `perform` groups them. */
export const isOnAws = (kind: Effect["kind"]): kind is Extract<EffectKind, "accept" | "reject"> => kind === "accept" || kind === "reject";
export const isOnNames = (kind: Effect["kind"]): boolean => kind === "assign-name" || kind === "make-name" || kind === "remove-name";
