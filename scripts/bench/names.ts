// 1,000 consumers accepted at once get their names, on virtual time: Drawbridge's own dns beside one Route 53 call each.

import { asFault } from "../../lib/aws/errors.ts";
import { zoneId, type EndpointId } from "../../lib/ids.ts";
import { noHead } from "../../lib/ledger.ts";
import { admit } from "../../lib/loop/admit.ts";
import type { Item } from "../../lib/loop/batch.ts";
import { giveNames, type NamePorts } from "../../lib/loop/names.ts";
import { observe } from "../../lib/loop/observe.ts";
import { readMessage } from "../../lib/messages.ts";
import { recordSets, type StandingSet } from "../../lib/names.ts";
import { createTokenBuckets, type BucketSize } from "../../local/token-bucket.ts";
import { entry, entryEvent, noon, payments, service, serviceEvent } from "../../test/contracts/samples.ts";
import { endpointOf } from "../../test/fakes/endpoint-services.ts";
import { fakeWorld, type FakeWorld } from "../../test/fakes/world.ts";
import type { AccountId } from "../../lib/ids.ts";
import type { Section } from "./figures.ts";
import { latency, virtualAws, VirtualQueue, type VirtualAws } from "./virtual-aws.ts";

const zone = zoneId("Z0123456789ABCDEFGHIJ");
const zoneName = "pl.example.com";
/** Of Route 53, in milliseconds; assumed. */
const taking = { change: 300, list: 100 } as const;
const owner = (endpoint: EndpointId): string => `drawbridge ${endpoint.slice(5).padStart(32, "0")}`;

/** Route 53's limit for all calls of the account: the old one, and the one since July 2026. */
export const limits = {
  "5/s": { holds: 5, refillsPerSecond: 5 },
  "10/s, burst 50": { holds: 50, refillsPerSecond: 10 },
} as const satisfies Record<string, BucketSize>;

export interface Named {
  readonly changes: number;
  readonly calls: number;
  readonly throttles: number;
  readonly clashes: number;
  readonly namedAfter: number;
  /** The zone holds exactly what the rules say. */
  readonly right: boolean;
}

/** The zone behind its bucket, with the SDK's four tries; two changes at once are refused as AWS does. */
function virtualZone(aws: VirtualAws, world: FakeWorld, limit: BucketSize) {
  const buckets = createTokenBuckets({ now: () => aws.schedule.now, after: () => () => undefined });
  const counts = { changes: 0, calls: 0, throttles: 0, last: 0 };
  let busy = false;
  const called = async <T>(action: string, milliseconds: number, work: () => Promise<T>): Promise<T> => {
    for (let tries = 1; ; tries += 1) {
      counts.calls += 1;
      const changing = action.endsWith("ChangeResourceRecordSets");
      const refused = !buckets.take("account", limit) ? "Throttling" : changing && busy ? "PriorRequestNotComplete" : undefined;
      if (refused === undefined) {
        busy ||= changing;
        await aws.takes(milliseconds, () => undefined);
        if (changing) busy = false;
        return work();
      }
      counts.throttles += 1;
      await aws.takes(taking.list, () => undefined);
      if (tries === 4)
        throw asFault(action, Object.assign(new Error("Rate exceeded"), { name: refused, $metadata: { httpStatusCode: 400 } }));
      await aws.takes(500 * 2 ** (tries - 1), () => undefined);
    }
  };
  const { zones } = world.ports();
  const port: NamePorts["zones"] = {
    change: (...given) =>
      called("route53:ChangeResourceRecordSets", taking.change, async () => {
        const result = await zones.change(...given);
        if (result === "done") counts.changes += 1;
        counts.last = aws.seconds();
        return result;
      }),
    at: (...given) => called("route53:ListResourceRecordSets", taking.list, () => zones.at(...given)),
    all: (...given) => called("route53:ListResourceRecordSets", taking.list, () => zones.all(...given)),
  };
  return { port, counts };
}

/** Consumers of a tenth as many accounts, all accepted and shown available: what follows is dns's work alone. */
async function accepted(consumers: number): Promise<{ world: FakeWorld; endpoints: EndpointId[] }> {
  const world = fakeWorld(noon);
  const ports = world.ports();
  world.ec2.addService(payments);
  world.zones.addZone(zone, zoneName);
  const inCare = service(payments, 1, { zone: { id: zone, name: zoneName } });
  await ports.ledger.commit({ of: "service", key: payments, after: inCare, events: [serviceEvent(payments)], expected: noHead });
  const accounts = Array.from({ length: Math.ceil(consumers / 10) }, (_, index) => String(200_000_000_000 + index) as AccountId);
  for (const [index, account] of accounts.entries()) {
    const allowed = entry(account, 1, { name: `consumer-${String(index)}` });
    await ports.ledger.commit({ of: "entry", key: allowed, after: allowed, events: [entryEvent("EntryAdded", allowed)], expected: noHead });
  }
  world.clock.advance(60);
  const endpoints = Array.from({ length: consumers }, (_, index) => endpointOf(index + 1));
  for (const [index, endpoint] of endpoints.entries())
    world.ec2.connect({ endpoint, service: payments, account: accounts[index % accounts.length] as AccountId });
  const all: Item[] = [{ id: "all", wanted: readMessage(JSON.stringify({ look: { service: payments, endpoints, why: "look-again" } })) }];
  await admit(ports, all);
  world.ec2.settle();
  await observe(ports, all);
  return { world, endpoints };
}

const available = (endpoint: EndpointId): string =>
  JSON.stringify({ source: "drawbridge", detail: { type: "ConnectionAvailable", service: payments, endpoint } });

/** `dns` as it is deployed: batches of a thousand after two seconds, two at a time. */
export async function playNames(consumers: number, limit: BucketSize): Promise<Named> {
  const { world, endpoints } = await accepted(consumers);
  const aws = virtualAws(100);
  const { port, counts } = virtualZone(aws, world, limit);
  const { connections, ledger, services, endpointServices, proofs, newId } = world.ports();
  const slow =
    <A extends unknown[], R>(milliseconds: number, call: (...given: A) => Promise<R>) =>
    async (...given: A): Promise<R> => {
      await aws.takes(milliseconds, () => undefined);
      return call(...given);
    };
  const ports: NamePorts = {
    clock: () => aws.clock(),
    newId,
    owner,
    zones: port,
    services: { get: slow(latency.read, (id: typeof payments) => services.get(id)), all: slow(latency.read, () => services.all()) },
    connections: { ...connections, load: slow(latency.read * 2, (ids: readonly EndpointId[]) => connections.load(ids)) },
    ledger: { commit: slow(latency.commit, (change: Parameters<typeof ledger.commit>[0]) => ledger.commit(change)) },
    endpointServices: {
      connections: slow(latency.listPage * Math.ceil(consumers / 1000), (id: typeof payments) => endpointServices.connections(id)),
    },
    proofs: {
      claim: slow(latency.commit, (...given: Parameters<typeof proofs.claim>) => proofs.claim(...given)),
      release: slow(latency.commit, (...given: Parameters<typeof proofs.release>) => proofs.release(...given)),
    },
    wake: { dns: async (look, delay) => queue.send(JSON.stringify({ look }), delay) },
  };
  const queue = new VirtualQueue(aws, {
    batch: 1000,
    windowSeconds: 2,
    concurrency: 2,
    work: async (_, messages) => {
      const failures = await giveNames(
        ports,
        messages.map(({ id, body }) => ({ id, wanted: readMessage(body) })),
      );
      return new Map(failures.map(({ id }) => [id, 720]));
    },
  });
  for (const [index, endpoint] of endpoints.entries())
    aws.schedule.after((index * 1000) / consumers, () => queue.send(available(endpoint)));
  await aws.schedule.run();
  return { ...(await outcome(world, endpoints)), ...counts, namedAfter: counts.last };
}

async function outcome(world: FakeWorld, endpoints: readonly EndpointId[]): Promise<Pick<Named, "clashes" | "right">> {
  const records = await world.ports().connections.load(endpoints);
  const wanted = [...records.values()].flatMap(({ connection }) =>
    connection.names.flatMap((name) => recordSets(name, owner(connection.endpoint))),
  );
  const there = world.zones.sets(zone).filter(({ name }) => !name.startsWith("_drawbridge-change."));
  const clashes = world.tables.committed.filter(({ event }) => event.type === "NameClashed" || event.type === "EffectFailed").length;
  const made = [...records.values()].every(({ connection }) => connection.names.length === 1 && connection.names[0]?.made === true);
  return { clashes, right: made && JSON.stringify(texts(there)) === JSON.stringify(texts(wanted)) };
}

const texts = (sets: readonly StandingSet[]): string[] => sets.map((set) => JSON.stringify(set)).sort();

/** The usual design: a call for each consumer, two at a time as the zone and the queue let them, tried again until it is through. */
export async function playEach(consumers: number, limit: BucketSize): Promise<Named> {
  const { world, endpoints } = await accepted(consumers);
  const aws = virtualAws(100);
  const { port, counts } = virtualZone(aws, world, limit);
  const waiting = [...endpoints];
  const lane = async (): Promise<void> => {
    for (let endpoint = waiting.shift(); endpoint !== undefined; endpoint = waiting.shift()) {
      const name = {
        fqdn: `${endpoint}.${zoneName}`,
        target: { name: `${endpoint}-x.${payments}.eu-west-1.vpce.amazonaws.com`, zone: "Z38GZ743OKFT7T" },
        types: ["A"] as const,
      };
      try {
        await port.change(zone, [], recordSets(name, owner(endpoint)));
      } catch {
        waiting.push(endpoint);
      }
    }
  };
  aws.schedule.after(0, () => void Promise.all([lane(), lane()]));
  await aws.schedule.run();
  return { ...counts, clashes: 0, namedAfter: counts.last, right: world.zones.sets(zone).length === 2 * consumers };
}

export async function namesSection(consumers = 1000): Promise<Section> {
  const rows: [string, string, Named][] = [];
  for (const [limit, size] of Object.entries(limits)) {
    rows.push(["Drawbridge", limit, await playNames(consumers, size)]);
    rows.push(["one call each", limit, await playEach(consumers, size)]);
  }
  const ours = rows.flatMap(([who, , named]) => (who === "Drawbridge" ? [named] : []));
  const most = (member: "changes" | "calls" | "clashes"): number => Math.max(...ours.map((named) => named[member]));
  const title = `The names of ${consumers.toLocaleString("en-US")} consumers accepted at once`;
  return {
    name: "names",
    title,
    tables: [
      {
        head: [
          "who",
          "account's limit",
          "change batches",
          "Route 53 calls",
          "of them refused",
          "clashes",
          "all named after, s",
          "zone is right",
        ],
        rows: rows.map(([who, limit, { changes, calls, throttles, clashes, namedAfter, right }]) => [
          who,
          limit,
          changes,
          calls,
          throttles,
          clashes,
          namedAfter,
          right ? "yes" : "no",
        ]),
      },
    ],
    notes: [
      "The same `dns` as deployed, on virtual time; a tenth as many accounts as consumers, so that nine in ten share their label and get a name with a suffix. Each name is two records, and AWS takes 1,000 in a change.",
      "One call each: no log, no claims, two at a time, tried again until it is through. Two changes of a zone at once are refused by AWS with PriorRequestNotComplete.",
    ],
    targets: [
      { what: "change batches", wanted: "at most 5", got: String(most("changes")), reached: most("changes") <= 5 },
      { what: "Route 53 calls", wanted: "at most 20", got: String(most("calls")), reached: most("calls") <= 20 },
      {
        what: "under both limits the zone is right, without a clash",
        wanted: "yes",
        got: ours.every(({ right }) => right) && most("clashes") === 0 ? "yes" : "no",
        reached: ours.every(({ right }) => right) && most("clashes") === 0,
      },
    ],
  };
}
