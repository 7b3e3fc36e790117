// Consumers of one service with a zone, on fakes: what names they have, and how entry, service and connection come to change.

import { beforeEach } from "vitest";
import { zoneId, type EndpointId, type ZoneId } from "../../lib/ids.ts";
import type { Connection } from "../../lib/connection.ts";
import { connectionSubject, entrySubject, noHead, serviceSubject } from "../../lib/ledger.ts";
import { admit } from "../../lib/loop/admit.ts";
import type { Item } from "../../lib/loop/batch.ts";
import { giveNames, type NamePorts } from "../../lib/loop/names.ts";
import { observe } from "../../lib/loop/observe.ts";
import { readMessage } from "../../lib/messages.ts";
import type { Look } from "../../lib/ports.ts";
import type { Service } from "../../lib/service.ts";
import { acme, entry, entryEvent, noon, payments, service, serviceEvent } from "../contracts/samples.ts";
import { endpointOf } from "../fakes/endpoint-services.ts";
import { fakeWorld, type FakeWorld } from "../fakes/world.ts";

export const zone = zoneId("Z0123456789ABCDEFGHIJ");
export const other = zoneId("Z0123456789ABCDEFGHIK");
export const first = endpointOf(1);
export const acmes = ["A acme.pl.example.com", "TXT _drawbridge.acme.pl.example.com"];

type Ports = ReturnType<FakeWorld["ports"]> & Pick<NamePorts, "owner" | "zoneLeft">;
type Looks = readonly (Omit<Look, "service" | "why"> & Partial<Look>)[];

export const items = (...looks: Looks): Item[] =>
  looks.map((look, index) => ({
    id: `m${String(index)}`,
    wanted: readMessage(JSON.stringify({ look: { service: payments, why: "sweep", ...look } })),
  }));

export interface Naming {
  readonly world: FakeWorld;
  readonly ports: Ports;
  readonly record: (endpoint: EndpointId) => Promise<Connection | undefined>;
  readonly typesOf: (endpoint: EndpointId) => string[];
  /** The zone's records, but for what marks its changes. */
  readonly shown: (at?: ZoneId) => string[];
  /** One run of the function that gives names; over the whole service when nothing else is said. */
  readonly dns: (...looks: Looks) => Promise<unknown>;
  readonly connect: (...endpoints: EndpointId[]) => Promise<void>;
  readonly keep: (change: Partial<Service>) => Promise<void>;
  readonly allow: (members: { readonly name?: string; readonly label?: string }) => Promise<void>;
}

/** Brings the service into care before each test of the file, with an entry that lets its consumer in. */
export function naming(): Naming {
  let world: FakeWorld;
  let ports: Ports;

  async function allow(members: { readonly name?: string; readonly label?: string }): Promise<void> {
    const expected = await ports.ledger.head(entrySubject(payments, `account#${acme}`));
    const allowed = entry(acme, expected.seq + 1, members);
    await ports.ledger.commit({ of: "entry", key: allowed, after: allowed, events: [entryEvent("EntryAdded", allowed)], expected });
  }

  beforeEach(async () => {
    world = fakeWorld(noon);
    ports = { ...world.ports(), owner: (endpoint) => `drawbridge ${endpoint}` };
    world.ec2.addService(payments);
    world.zones.addZone(zone, "pl.example.com");
    world.zones.addZone(other, "private.example.org");
    const inCare = service(payments, 1, { zone: { id: zone, name: "pl.example.com" } });
    await ports.ledger.commit({ of: "service", key: payments, after: inCare, events: [serviceEvent(payments)], expected: noHead });
    await allow({ name: "acme" });
    world.clock.advance(60);
  });

  return {
    get world() {
      return world;
    },
    get ports() {
      return ports;
    },
    record: async (endpoint) => (await ports.connections.load([endpoint])).get(endpoint)?.connection,
    typesOf: (endpoint) =>
      world.tables.committed.filter(({ subject }) => subject === connectionSubject(endpoint)).map(({ event }) => event.type),
    shown: (at = zone) =>
      world.zones
        .sets(at)
        .filter(({ name }) => !name.startsWith("_drawbridge-change."))
        .map((set) => `${set.type} ${set.name}`)
        .sort(),
    dns: async (...looks) => giveNames(ports, items(...(looks.length === 0 ? [{}] : looks))),
    async connect(...endpoints) {
      for (const endpoint of endpoints) world.ec2.connect({ endpoint, service: payments, account: acme });
      await admit(ports, items({ endpoints }));
      world.ec2.settle();
      await observe(ports, items({ endpoints }));
    },
    async keep(change) {
      const expected = await ports.ledger.head(serviceSubject(payments));
      const before = await ports.services.get(payments);
      const after = { ...(before ?? service(payments, 1)), ...change, version: expected.seq + 1 };
      await ports.ledger.commit({ of: "service", key: payments, after, events: [serviceEvent(payments)], expected });
    },
    allow,
  };
}
