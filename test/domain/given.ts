// Stories of the core: given events, when a signal comes and AWS shows something, then events and a plan.

import type { Judgement } from "../../lib/allow-list.ts";
import { replay, type Connection } from "../../lib/connection.ts";
import { decide, type Known, type Signal } from "../../lib/decide.ts";
import type { Actor, ConnectionEvent } from "../../lib/events.ts";
import { accountId, endpointId, instant, serviceId, zoneId, type Instant } from "../../lib/ids.ts";
import type { AwsState, Observed, Seen } from "../../lib/observed.ts";
import { plan } from "../../lib/plan.ts";
import type { Service } from "../../lib/service.ts";

export const service = serviceId("vpce-svc-0123456789abcdef0");
export const endpoint = endpointId("vpce-0aaaaaaaaaaaaaaaa");
export const acme = accountId("222222222222");

const start = Date.parse("2026-11-23T10:00:00.000Z");
export const minute = (minutes: number): Instant => instant(start + minutes * 60_000);

export const inCare: Service = {
  service,
  mode: "enforce",
  zone: { id: zoneId("Z0123456789ABCDEFGHIJ"), name: "privatelink.example.com" },
  outsideAccept: "keep",
  addedAt: minute(-60),
  addedBy: "arn:aws:iam::111111111111:user/alice",
  version: 1,
};

export const shows = (state: AwsState, more: Partial<Observed> = {}): Seen => ({
  listed: true,
  observed: {
    endpoint,
    service,
    account: acme,
    state,
    region: "eu-west-1",
    ipAddressType: "ipv4",
    createdAt: minute(-1),
    dns: {
      name: `${endpoint}-x1y2z3.${service}.eu-west-1.vpce.amazonaws.com`,
      zone: "Z38GZ743OKFT7T",
    },
    ...more,
  },
});
export const absent: Seen = { listed: false };

export const says = (verdict: Judgement["verdict"], more: Partial<Judgement> = {}): Judgement => ({
  verdict,
  because: { rule: verdict === "reject" ? "reject-entry" : verdict === "ask" ? "no-entry" : "entry", detail: `the list says ${verdict}` },
  ...(verdict === "ask" ? {} : { entry: { service, principal: `account#${acme}`, version: 3 } }),
  findings: [],
  ...more,
});

export const approver: Actor = { kind: "approver", name: "Ann", channel: "link" };
export const operator: Actor = { kind: "operator", arn: "arn:aws:iam::111111111111:user/bob" };
export const look: Signal = { kind: "look" };

type Facts = Partial<Omit<Known, "source">>;

/** One life told step by step; `events` is all that was decided so far. */
export interface Life {
  readonly connection: Connection | undefined;
  readonly events: readonly ConnectionEvent[];
  /** The types of the events of the last step. */
  readonly last: readonly string[];
  when(signal: Signal, facts?: Facts): Life;
  plans(seen: Seen, at?: Instant, under?: Service): string[];
}

export const given = (events: readonly ConnectionEvent[] = [], last: readonly string[] = []): Life => {
  const connection = replay(events);
  return {
    connection,
    events,
    last,
    when(signal, facts = {}) {
      const known: Known = { now: minute(0), source: { kind: "notification" }, service: inCare, nextQuestion: "question-1", ...facts };
      const next = decide(connection, signal, known);
      return given(
        [...events, ...next],
        next.map(({ type }) => type),
      );
    },
    plans: (seen, at = minute(0), under = inCare) =>
      connection === undefined ? [] : plan(connection, seen, under, at).map(({ kind }) => kind),
  };
};

export const requested = given().when(look, { seen: shows("pendingAcceptance") });
export const approved = requested.when(look, { seen: shows("pendingAcceptance"), judgement: says("accept", { label: "acme" }) });
export const connected = approved.when(look, { seen: shows("available") });
export const asking = requested.when(look, { seen: shows("pendingAcceptance"), judgement: says("ask") });
export const denied = requested.when(look, { seen: shows("pendingAcceptance"), judgement: says("reject") });
export const rejected = denied.when(look, { seen: shows("rejected") });
