// Records and events as the domain makes them, for contracts to write and read back.

import type { Entry } from "../../lib/allow-list.ts";
import { evolve, replay, type Connection } from "../../lib/connection.ts";
import type { ConnectionEvent, PolicyEvent } from "../../lib/events.ts";
import type { AccountId, EndpointId, Instant, ServiceId, ZoneId } from "../../lib/ids.ts";
import { isEvent, noHead, type Change, type Head, type LogRow, type StoredEvent } from "../../lib/ledger.ts";
import type { Service } from "../../lib/service.ts";
import { accountOf, endpointOf, serviceOf } from "../fakes/endpoint-services.ts";

export const acme = accountOf(2);
export const payments = serviceOf(0xa);
export const at = (text: string): Instant => new Date(text).toISOString() as Instant;
export const noon = at("2026-11-23T12:00:00Z");
const zone = "Z0123456789ABCDEFGHIJ" as ZoneId;

/** Rows of a log that nobody altered. */
export const eventsIn = (rows: readonly LogRow[]): StoredEvent[] =>
  rows.map((row) => {
    if (isEvent(row)) return row;
    throw new Error(`${row.subject} ${String(row.seq)}: ${row.unreadable}`);
  });

type Kind<T extends ConnectionEvent = ConnectionEvent> = T extends ConnectionEvent ? Omit<T, "at" | "by" | "because"> : never;

export const event = (kind: Kind, when: Instant = noon): ConnectionEvent => ({
  ...kind,
  at: when,
  by: { kind: "drawbridge" },
  because: { rule: "observed", detail: "AWS shows it" },
});

export const requested = (
  endpoint: EndpointId,
  when: Instant = noon,
  service: ServiceId = payments,
  account: AccountId = acme,
): ConnectionEvent =>
  event(
    {
      type: "ConnectionRequested",
      observed: { endpoint, service, account, state: "pendingAcceptance", region: "eu-west-1", ipAddressType: "ipv4", createdAt: when },
    },
    when,
  );

export const asked = (question: string, when: Instant = noon): ConnectionEvent => event({ type: "ApprovalRequested", question }, when);
export const approved = (when: Instant = noon): ConnectionEvent =>
  event({ type: "ConnectionApproved", label: "acme", entry: { service: payments, principal: `account#${acme}`, version: 1 } }, when);
export const available = event({ type: "ConnectionAvailable" });
export const named = (fqdn: string): ConnectionEvent =>
  event({ type: "NameAssigned", name: { fqdn, zone, target: { name: `x.${fqdn}`, zone: "Z38GZ743OKFT7T" }, types: ["A"], made: false } });
export const unnamed = (fqdn: string): ConnectionEvent => event({ type: "NameRemoved", fqdn });
/** An event that changes nothing but the count, as often as wanted. */
export const refused = event({ type: "AnswerRefused", choice: "approve", why: "it is closed" });

/** The change that adds these events to a connection as it was. */
export function next(
  before: Connection | undefined,
  head: Head,
  events: readonly ConnectionEvent[],
): Extract<Change, { of: "connection" }> {
  const after = events.reduce<Connection | undefined>(evolve, before);
  if (after === undefined) throw new Error("a change needs events");
  return { of: "connection", after, events, expected: head };
}

export const first = (...events: readonly ConnectionEvent[]): Extract<Change, { of: "connection" }> => {
  const after = replay(events);
  if (after === undefined) throw new Error("a change needs events");
  return { of: "connection", after, events, expected: noHead };
};

/** A connection with an available endpoint, ready for a name. */
export const connected = (number: number): Extract<Change, { of: "connection" }> =>
  first(requested(endpointOf(number)), approved(), available);

export const entry = (account: AccountId, version: number, more: Partial<Entry> = {}): Entry => ({
  service: payments,
  principal: `account#${account}`,
  verdict: "accept",
  conditions: {},
  version,
  author: "arn:aws:iam::111111111111:user/op",
  at: noon,
  ...more,
});

export const entryEvent = (
  type: "EntryAdded" | "EntryRemoved",
  { service, principal, version }: Entry,
  when: Instant = noon,
): PolicyEvent => {
  const common = {
    entry: { service, principal, version },
    at: when,
    by: { kind: "operator", arn: "arn:aws:iam::111111111111:user/op" },
    because: { rule: "operator", detail: "asked for" },
  } as const;
  return type === "EntryAdded" ? { type, to: { verdict: "accept" }, ...common } : { type, from: { verdict: "accept" }, ...common };
};

export const service = (id: ServiceId, version = 1, more: Partial<Service> = {}): Service => ({
  service: id,
  mode: "enforce",
  outsideAccept: "keep",
  addedAt: noon,
  addedBy: "arn:aws:iam::111111111111:user/op",
  zone: { id: zone, name: "pl.example.com" },
  version,
  ...more,
});

const byAnOperator = {
  by: { kind: "operator", arn: "arn:aws:iam::111111111111:user/op" },
  because: { rule: "operator", detail: "asked for" },
} as const;

export const serviceEvent = (id: ServiceId, when: Instant = noon): PolicyEvent => ({
  type: "ServiceAdded",
  service: id,
  to: { mode: "enforce" },
  at: when,
  ...byAnOperator,
});

export const removedEvent = (id: ServiceId, when: Instant = noon): PolicyEvent => ({
  type: "ServiceRemoved",
  service: id,
  from: { mode: "enforce" },
  at: when,
  ...byAnOperator,
});
