// The life of connections on the fakes, with every read and written item counted: from the notification to the name.

import { bearingKeys } from "../../lib/aws/allow-list-table.ts";
import { connectionRow } from "../../lib/aws/connection-row.ts";
import { eventRow } from "../../lib/aws/event-row.ts";
import type { EndpointId } from "../../lib/ids.ts";
import { connectionSubject, noHead } from "../../lib/ledger.ts";
import { admit } from "../../lib/loop/admit.ts";
import type { Item } from "../../lib/loop/batch.ts";
import { giveNames } from "../../lib/loop/names.ts";
import { observe } from "../../lib/loop/observe.ts";
import { sweep } from "../../lib/loop/sweep.ts";
import { readMessage } from "../../lib/messages.ts";
import { zoneId } from "../../lib/ids.ts";
import { entry, entryEvent, noon, payments, service, serviceEvent } from "../../test/contracts/samples.ts";
import { accountOf, endpointOf } from "../../test/fakes/endpoint-services.ts";
import { fakeWorld, type FakeWorld } from "../../test/fakes/world.ts";
import type { Template } from "../template.ts";
import { readUnits, tableShapes, writeUnits } from "./units.ts";

export interface Tally {
  reads: number;
  readUnits: number;
  writes: number;
  writeUnits: number;
  transactions: number;
  events: number;
}

export interface Life {
  readonly accepted: Tally;
  readonly named: Tally;
  /** One sweep when nothing has changed. */
  readonly swept: Tally;
}

const zone = zoneId("Z0123456789ABCDEFGHIJ");

/** `connections` at once, in one batch, each accepted by an entry for everybody. */
export async function liveOnFakes(connections: number, template: Template): Promise<Life> {
  const world = fakeWorld(noon);
  const tally: Tally = { reads: 0, readUnits: 0, writes: 0, writeUnits: 0, transactions: 0, events: 0 };
  const ports = counted(world, template, tally);
  world.ec2.addService(payments);
  world.zones.addZone(zone, "pl.example.com");
  const inCare = service(payments, 1, { zone: { id: zone, name: "pl.example.com" } });
  await world.tables.ledger.commit({ of: "service", key: payments, after: inCare, events: [serviceEvent(payments)], expected: noHead });
  const everybody = { ...entry(accountOf(2), 1), principal: "any" as const };
  await world.tables.ledger.commit({
    of: "entry",
    key: everybody,
    after: everybody,
    events: [entryEvent("EntryAdded", everybody)],
    expected: noHead,
  });
  world.clock.advance(60);

  const endpoints = Array.from({ length: connections }, (_, index) => endpointOf(index + 1));
  for (const [index, endpoint] of endpoints.entries())
    world.ec2.connect({ endpoint, service: payments, account: String(200_000_000_000 + index) as never });
  const { allowList: _, ...unjudging } = ports;
  await observe(unjudging, notifications(endpoints));
  await admit(ports, [look(endpoints)]);
  const accepted = { ...tally };
  world.ec2.settle();
  world.clock.advance(10);
  await observe(unjudging, [look(endpoints, 1)]);
  await giveNames({ ...ports, owner: (endpoint) => `drawbridge ${endpoint}` }, [look(endpoints)]);
  const named = { ...tally };
  world.clock.advance(60);
  await sweep(ports);
  const swept = Object.fromEntries(
    Object.entries(tally).map(([key, count]) => [key, count - named[key as keyof Tally]]),
  ) as unknown as Tally;
  return { accepted, named, swept };
}

const notifications = (endpoints: readonly EndpointId[]): Item[] =>
  endpoints.map((endpoint) => ({
    id: endpoint,
    wanted: readMessage(
      JSON.stringify({ Type: "Notification", Message: JSON.stringify({ serviceId: payments, vpcEndpointId: endpoint }) }),
    ),
  }));
const look = (endpoints: readonly EndpointId[], attempt = 0): Item => ({
  id: "look",
  wanted: readMessage(JSON.stringify({ look: { service: payments, endpoints, attempt, why: "look-again" } })),
});

function counted(world: FakeWorld, template: Template, tally: Tally): ReturnType<FakeWorld["ports"]> {
  const shapes = tableShapes(template);
  const ports = world.ports();
  const shapeOf = (table: string): { readonly indexes: readonly (readonly string[])[] } => shapes[table] ?? { indexes: [] };
  const read = (rows: readonly (Readonly<Record<string, unknown>> | undefined)[], consistent = true): void => {
    tally.reads += rows.length;
    tally.readUnits += readUnits(rows, consistent);
  };
  const { tables } = world;
  return {
    ...ports,
    services: {
      get: async (id) => {
        read([tables.rows.services.get(id)]);
        return ports.services.get(id);
      },
      all: async () => {
        read([...tables.rows.services.values()]);
        return ports.services.all();
      },
    },
    connections: {
      ...ports.connections,
      load: async (endpoints) => {
        read(endpoints.map((endpoint) => tables.rows.connections.get(endpoint)));
        return ports.connections.load(endpoints);
      },
      ofService: async (id, request) => {
        const page = await ports.connections.ofService(id, request);
        // A query is billed by the sum of its rows, and may be stale.
        const bytes = page.items.map(({ endpoint }) => tables.rows.connections.get(endpoint));
        tally.reads += bytes.length;
        tally.readUnits += Math.max(0.5, queryUnits(bytes) / 2);
        return page;
      },
    },
    allowList: {
      ...ports.allowList,
      standing: async (keys) => {
        read(keys.map(() => undefined));
        return ports.allowList.standing(keys);
      },
      bearing: async (id) => {
        read(bearingKeys(id).map(() => undefined));
        return ports.allowList.bearing(id);
      },
      counts: async (counters) => {
        read(counters.map(() => undefined));
        return ports.allowList.counts(counters);
      },
    },
    proofs: {
      claim: async (...given) => {
        tally.writes += 1;
        tally.writeUnits += 1;
        return ports.proofs.claim(...given);
      },
      extend: async (...given) => {
        tally.writes += 1;
        tally.writeUnits += 1;
        return ports.proofs.extend(...given);
      },
      release: async (...given) => {
        tally.writes += 1;
        tally.writeUnits += 1;
        return ports.proofs.release(...given);
      },
    },
    ledger: {
      ...ports.ledger,
      commit: async (change) => {
        const before = tables.committed.length;
        const head = await ports.ledger.commit(change);
        // Others commit at the same time.
        const stored = tables.committed
          .slice(before)
          .filter(({ subject }) => change.of === "connection" && subject === connectionSubject(change.after.endpoint));
        if (typeof head === "string" || change.of !== "connection" || stored.length === 0) return head;
        tally.transactions += 1;
        tally.events += stored.length;
        tally.writes += 1 + stored.length;
        tally.writeUnits += writeUnits(connectionRow({ connection: change.after, head }), shapeOf("ConnectionsTable"), true);
        for (const event of stored) tally.writeUnits += writeUnits(eventRow(event), shapeOf("AuditLogTable"), true);
        for (const { type } of change.events) {
          if (type !== "NameAssigned" && type !== "NameRemoved") continue;
          tally.writes += 1;
          tally.writeUnits += 2;
        }
        return head;
      },
    },
  };
}

const queryUnits = (rows: readonly (Readonly<Record<string, unknown>> | undefined)[]): number =>
  Math.ceil(rows.reduce((bytes, row) => bytes + (row === undefined ? 0 : JSON.stringify(row).length), 0) / 4096);
