// The whole outside in memory: every port, remembering what it was told, with a clock that the story moves.

import { fakeClock, countingIds, type FakeClock } from "./clock.ts";
import { fakeEndpointServices, type FakeEndpointServices } from "./endpoint-services.ts";
import {
  fakeBus,
  fakeKeys,
  fakePeople,
  fakeUndelivered,
  fakeWake,
  type FakeBus,
  type FakePeople,
  type FakeUndelivered,
  type FakeWake,
} from "./outboxes.ts";
import { fakeOrganizations, type FakeOrganizations } from "./organizations.ts";
import { fakePermits } from "./permits.ts";
import { fakeProofs, type FakeProofs } from "./proofs.ts";
import { fakeSlips, type FakeSlips } from "./slips.ts";
import { fakeSubscriptions, type FakeSubscriptions } from "./subscriptions.ts";
import { fakeTables, type FakeTables } from "./tables.ts";
import { fakeZones, type FakeZones } from "./zones.ts";
import type {
  AllowList,
  Approvers,
  Bus,
  Clock,
  Connections,
  EndpointServices,
  Keys,
  Ledger,
  NewId,
  Organizations,
  People,
  Permits,
  Proofs,
  Services,
  Slips,
  Subscriptions,
  Undelivered,
  Wake,
  Zones,
} from "../../lib/ports.ts";
import type { SlackTrial } from "../../lib/slack/try-out.ts";

export interface FakeWorld {
  readonly clock: FakeClock;
  readonly ec2: FakeEndpointServices;
  readonly tables: FakeTables;
  readonly proofs: FakeProofs;
  readonly zones: FakeZones;
  readonly wake: FakeWake;
  readonly bus: FakeBus;
  readonly undelivered: FakeUndelivered;
  readonly people: FakePeople;
  readonly organizations: FakeOrganizations;
  readonly slips: FakeSlips;
  readonly subscriptions: FakeSubscriptions;
  /** Of the decisions topic, by account. */
  readonly contacts: FakeSubscriptions;
  /** All ports together, as one process sees them: whatever part of the core is played, they fit. */
  ports(holder?: string): Ports;
}

export interface Ports {
  readonly clock: Clock;
  readonly newId: NewId;
  readonly endpointServices: EndpointServices;
  readonly connections: Connections;
  readonly ledger: Ledger;
  readonly allowList: AllowList;
  readonly services: Services;
  readonly organizations: Organizations;
  readonly permits: Permits;
  readonly zones: Zones;
  readonly wake: Wake;
  readonly proofs: Proofs;
  readonly bus: Bus;
  readonly undelivered: Undelivered;
  readonly people: People;
  readonly approvers: Approvers;
  readonly slips: Slips;
  readonly subscriptions: Subscriptions;
  readonly contacts: Pick<Subscriptions, "subscribe" | "confirm">;
  readonly keys: Keys;
  readonly slack: SlackTrial;
}

/** No app is configured. */
const noSlack: SlackTrial = {
  reach: async () => () => ({ state: "untried" }),
  asks: async () => false,
  tell: async () => ({ state: "no-app" }),
};

export function fakeWorld(start?: string): FakeWorld {
  const clock = fakeClock(start);
  const newId = countingIds();
  const ec2 = fakeEndpointServices(clock.now);
  const tables = fakeTables();
  const organizations = fakeOrganizations();
  const permits = fakePermits();
  const proofs = fakeProofs(clock.now);
  const zones = fakeZones();
  const [wake, bus, undelivered, people, keys] = [fakeWake(), fakeBus(), fakeUndelivered(), fakePeople(), fakeKeys()];
  const [slips, subscriptions, contacts] = [fakeSlips(clock.now), fakeSubscriptions(), fakeSubscriptions()];
  const { connections, ledger, allowList, services, approvers } = tables;
  return {
    clock,
    ec2,
    tables,
    proofs,
    zones,
    wake,
    bus,
    undelivered,
    people,
    slips,
    subscriptions,
    contacts,
    organizations,
    ports: (holder = "story") => ({
      organizations: organizations.port,
      permits,
      clock: clock.now,
      newId,
      connections,
      ledger,
      allowList,
      services,
      keys,
      endpointServices: ec2.port,
      zones: zones.port,
      wake: wake.port,
      proofs: proofs.of(holder),
      bus: bus.port,
      undelivered: undelivered.port,
      people: people.port,
      approvers,
      slips: slips.port,
      subscriptions: subscriptions.port,
      contacts: contacts.port,
      slack: noSlack,
    }),
  };
}
