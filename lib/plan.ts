// What the world still lacks: from what was decided and what AWS shows, the effects that close the gap. Pure.

import type { Connection, Trouble } from "./connection.ts";
import type { EffectKind, Name, NameContent } from "./events.ts";
import { milliseconds, type Instant } from "./ids.ts";
import { contentOf, fitting, sameContent } from "./names.ts";
import { isAccepted, waits, type Seen } from "./observed.ts";
import type { Service } from "./service.ts";
import { vpcGaps, type VpcEffect } from "./vpcs.ts";

/** Each is safe to repeat. */
export type Effect =
  | { readonly kind: "accept" }
  | { readonly kind: "reject" }
  | { readonly kind: "look-again" }
  /** Gives a name, or tells the one it has what its records should hold. */
  | { readonly kind: "assign-name"; readonly content: NameContent }
  | { readonly kind: "make-name"; readonly name: Name }
  | { readonly kind: "remove-name"; readonly name: Name }
  | VpcEffect;

/** After a refusal the next try waits 1, 2, 4 … minutes, at most an hour. */
const backOffMinutesMax = 60;

export function plan(connection: Connection, seen: Seen, service: Service, now: Instant): Effect[] {
  const { trouble } = connection;
  if (trouble === undefined || !resting(trouble, now)) return gaps(connection, seen, service);
  return gaps(connection, seen, service).filter((effect) => !isTroubled(trouble, effect));
}

/** Whether the trouble is this effect's: a clash is one name's alone. */
export const isTroubled = ({ effect, name }: Trouble, wanted: Effect): boolean =>
  effect === wanted.kind && (name === undefined || !("name" in wanted) || wanted.name.fqdn === name);

/** All that is lacking, also what was refused and rests until its next try. */
export function gaps(connection: Connection, seen: Seen, service: Service): Effect[] {
  return service.mode === "observe"
    ? []
    : [...onAws(connection, seen), ...onNames(connection, seen, service), ...vpcGaps(connection, service)];
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
  const name = fitting(connection, service);
  const content = seen.listed ? contentOf(seen.observed, connection) : undefined;
  const assign: Effect[] = content === undefined ? [] : [{ kind: "assign-name", content }];
  if (service.zone !== undefined && name === undefined) return assign;
  // What AWS shows while the consumer modifies its endpoint is nothing to go by.
  const settled = seen.listed && seen.observed.state === "available";
  if (name !== undefined && settled && content !== undefined && !sameContent(name, content)) return assign;
  const others = connection.names.filter((other) => other !== name);
  // From before its label or its zone changed. The last one that works goes when the new one is there.
  const kept = name?.made === false ? others.findLast(({ made, was }) => made || was !== undefined) : undefined;
  const wanted = [name, kept].flatMap((one): Effect[] => (one?.made === false ? [{ kind: "make-name", name: one }] : []));
  return [...wanted, ...others.flatMap((other): Effect[] => (other === kept ? [] : [{ kind: "remove-name", name: other }]))];
}

/** What was refused rests 1, 2, 4 … minutes before the next try. */
export function resting({ count, last }: Pick<Trouble, "count" | "last">, now: Instant): boolean {
  const minutes = Math.min(2 ** (count - 1), backOffMinutesMax);
  return milliseconds(now) - milliseconds(last) < minutes * 60_000;
}

/** The effects on AWS that a function carries out, as `perform` groups them. */
export const isOnAws = (kind: Effect["kind"]): kind is Extract<EffectKind, "accept" | "reject"> => kind === "accept" || kind === "reject";
export const isOnNames = (kind: Effect["kind"]): boolean =>
  kind === "assign-name" || kind === "make-name" || kind === "remove-name" || kind.endsWith("-vpc");
