// Storms on virtual time: Drawbridge's own loop, one call per connection, and a poller, against the same buckets.

import { fakeTables } from "../../test/fakes/tables.ts";
import { entry, entryEvent, noon, payments, service, serviceEvent } from "../../test/contracts/samples.ts";
import { accountOf, endpointOf } from "../../test/fakes/endpoint-services.ts";
import { countingIds } from "../../test/fakes/clock.ts";
import { decideAll, type Decisions } from "../../lib/aws/endpoint-decisions.ts";
import { listSize } from "../../lib/aws/list-size.ts";
import type { EndpointId } from "../../lib/ids.ts";
import { backAfterSeconds } from "../../lib/lambda/queue-worker.ts";
import { noHead } from "../../lib/ledger.ts";
import { admit } from "../../lib/loop/admit.ts";
import { observe } from "../../lib/loop/observe.ts";
import type { Failure, Item } from "../../lib/loop/batch.ts";
import { organizationsUnknown } from "../../lib/loop/verdicts.ts";
import type { Time } from "../../lib/loop/pacing.ts";
import { readMessage } from "../../lib/messages.ts";
import type { Observed } from "../../lib/observed.ts";
import { Fault } from "../../lib/faults.ts";
import { median, type Section } from "./figures.ts";
import { latency, virtualAws, VirtualQueue, type VirtualAws } from "./virtual-aws.ts";

export interface Played {
  readonly connections: number;
  readonly acceptedAfter: number;
  readonly medianWait: number;
  readonly accepts: number;
  readonly throttles: number;
  readonly listings: number;
  readonly receivesMost: number;
}

/** All notifications come within a second. */
function arrivals(aws: VirtualAws, count: number, arrive: (endpoint: EndpointId) => void): void {
  for (let index = 0; index < count; index += 1) {
    const endpoint = endpointOf(index + 1);
    aws.schedule.after((index * 1000) / count, () => {
      aws.rows.set(endpoint, { state: "pendingAcceptance" });
      aws.schedule.after(latency.snsToQueue, () => arrive(endpoint));
    });
  }
}

function played(aws: VirtualAws, connections: number, receivesMost: number): Played {
  const times = [...aws.rows.values()].map(({ acceptedAt }) => acceptedAt ?? Infinity);
  const { accepts, acceptThrottles, listings } = aws.calls;
  return {
    connections,
    acceptedAfter: Math.max(...times),
    medianWait: median(times),
    accepts,
    throttles: acceptThrottles,
    listings,
    receivesMost,
  };
}

const batches = { observe: 500, observeWindow: 1, admit: 10, concurrency: 2 } as const;

/** `observe` and `admit` as they are deployed, over ports that take as long as AWS's calls do. */
export async function playDrawbridge(connections: number, listLimit: number): Promise<Played> {
  const aws = virtualAws(listLimit);
  const tables = fakeTables();
  const inCare = service(payments, 1);
  await tables.ledger.commit({ of: "service", key: payments, after: inCare, events: [serviceEvent(payments)], expected: noHead });
  const everybody = { ...entry(accountOf(2), 1), principal: "any" as const };
  await tables.ledger.commit({
    of: "entry",
    key: everybody,
    after: everybody,
    events: [entryEvent("EntryAdded", everybody)],
    expected: noHead,
  });
  const ports = portsOf(aws, tables);
  const work =
    (limitSeconds: number, run: (lane: number, items: readonly Item[], time: Time) => Promise<readonly Failure[]>) =>
    async (
      lane: number,
      messages: readonly { readonly id: string; readonly body: string; readonly receives: number }[],
    ): Promise<ReadonlyMap<string, number>> => {
      const ends = aws.schedule.now + limitSeconds * 1000;
      const time: Time = {
        leftMs: () => ends - aws.schedule.now,
        wait: (milliseconds) => aws.takes(milliseconds, () => undefined),
        chance: () => (lane + 1) / (batches.concurrency + 1),
      };
      const failures = await run(
        lane,
        messages.map(({ id, body }) => ({ id, wanted: readMessage(body) })),
        time,
      );
      return new Map(
        failures.map(({ id, error, againSeconds }) => {
          const receives = messages.find((message) => message.id === id)?.receives ?? 1;
          return [id, error instanceof Fault && error.retryable ? (againSeconds ?? backAfterSeconds(receives)) : limitSeconds * 6];
        }),
      );
    };
  // What a call takes is found out by each process for itself.
  const decisions = Array.from({ length: batches.concurrency }, (): Decisions => ({
    action: "ec2:AcceptVpcEndpointConnections",
    size: listSize(100),
  }));
  const admitQueue = new VirtualQueue(aws, {
    batch: batches.admit,
    windowSeconds: 0,
    concurrency: batches.concurrency,
    work: work(120, (lane, items, time) => {
      const known = decisions[lane] as Decisions;
      const endpointServices = {
        connections: ports.connectionsOfService,
        accept: (_: unknown, ids: readonly EndpointId[], calls?: Parameters<typeof decideAll>[3]) =>
          decideAll(known, ids, (part) => aws.accept(part), calls),
        reject: () => Promise.reject(new Error("nobody is rejected in this storm")),
      };
      return admit({ ...ports.base, endpointServices, wake: { observe: () => aws.takes(latency.send, () => undefined) } }, items, time);
    }),
  });
  const observeQueue = new VirtualQueue(aws, {
    batch: batches.observe,
    windowSeconds: batches.observeWindow,
    concurrency: batches.concurrency,
    work: work(60, (_, items) =>
      observe(
        {
          ...ports.base,
          endpointServices: { connections: ports.connectionsOfService },
          wake: {
            observe: () => aws.takes(latency.send, () => undefined),
            admit: (look) => aws.takes(latency.send, () => admitQueue.send(JSON.stringify({ look }))),
          },
        },
        items,
      ),
    ),
  });
  const notify = (endpoint: EndpointId): void =>
    observeQueue.send(JSON.stringify({ Type: "Notification", Message: JSON.stringify({ serviceId: payments, vpcEndpointId: endpoint }) }));
  arrivals(aws, connections, notify);
  // AWS notifies of each accept too.
  aws.onAccepted((endpoint) => aws.schedule.after(latency.snsToQueue, () => notify(endpoint)));
  await aws.schedule.run();
  return played(aws, connections, admitQueue.receivesMost);
}

function portsOf(aws: VirtualAws, tables: ReturnType<typeof fakeTables>) {
  const newId = countingIds();
  const after = <T>(milliseconds: number, work: () => Promise<T>): Promise<T> => aws.takes(milliseconds, work).then((result) => result);
  const base = {
    clock: () => aws.clock(),
    newId,
    services: {
      get: (id: typeof payments) => after(latency.read, () => tables.services.get(id)),
      all: () => after(latency.read, () => tables.services.all()),
    },
    connections: {
      // BatchGetItem: 100 keys in a call, 8 calls at once.
      load: (ids: readonly EndpointId[]) =>
        after(latency.read * Math.max(1, Math.ceil(ids.length / 800)), () => tables.connections.load(ids)),
      ofService: (...given: Parameters<typeof tables.connections.ofService>) =>
        after(latency.read, () => tables.connections.ofService(...given)),
      ofAccount: (...given: Parameters<typeof tables.connections.ofAccount>) =>
        after(latency.read, () => tables.connections.ofAccount(...given)),
    },
    ledger: {
      ...tables.ledger,
      commit: (change: Parameters<typeof tables.ledger.commit>[0]) => after(latency.commit, () => tables.ledger.commit(change)),
    },
    allowList: {
      standing: (keys: Parameters<typeof tables.allowList.standing>[0]) =>
        after(latency.read * Math.max(1, Math.ceil(keys.length / 800)), () => tables.allowList.standing(keys)),
      bearing: (id: typeof payments) => after(latency.read, () => tables.allowList.bearing(id)),
      counts: (counters: readonly string[]) => after(latency.read, () => tables.allowList.counts(counters)),
    },
    organizations: organizationsUnknown,
  };
  return {
    base,
    connectionsOfService: async (): Promise<Observed[]> => {
      for (let pages = Math.max(1, Math.ceil(aws.rows.size / 1000)); pages > 0; pages -= 1) await aws.listPage();
      return [...aws.rows].map(([endpoint, { state }]) => ({
        endpoint,
        service: payments,
        account: accountOf(2),
        state,
        region: "eu-west-1",
        ipAddressType: "ipv4",
        createdAt: noon,
      }));
    },
  };
}

/** The usual design: each notification leads to one Accept of one id, tried again each second until the bucket lets it through. */
export async function playOneByOne(connections: number): Promise<Played> {
  const aws = virtualAws(100);
  const waiting: EndpointId[] = [];
  arrivals(aws, connections, (endpoint) => waiting.push(endpoint));
  const turn = async (): Promise<void> => {
    for (let left = connections; left > 0;) {
      const [endpoint] = waiting;
      if (endpoint === undefined) {
        await aws.takes(10, () => undefined);
        continue;
      }
      try {
        await aws.accept([endpoint]);
        waiting.shift();
        left -= 1;
      } catch {
        // As well paced as can be: the bucket gains a call a second.
        await aws.takes(1000 - latency.accept, () => undefined);
      }
    }
  };
  aws.schedule.after(0, () => void turn());
  await aws.schedule.run();
  return played(aws, connections, 1);
}

/** A reconciler without notifications: each minute it lists, and accepts what waits in lists of a hundred, at the bucket's pace. It last looked just before the storm. */
export async function playPoller(connections: number, listLimit: number): Promise<Played> {
  const aws = virtualAws(listLimit);
  arrivals(aws, connections, () => undefined);
  const round = async (): Promise<void> => {
    for (let pages = Math.ceil(aws.rows.size / 1000); pages > 0; pages -= 1) await aws.listPage();
    const waiting = [...aws.rows].flatMap(([endpoint, { state }]) => (state === "pendingAcceptance" ? [endpoint] : []));
    const perCall = Math.min(100, listLimit);
    for (let from = 0; from < waiting.length;) {
      try {
        await aws.accept(waiting.slice(from, from + perCall));
        from += perCall;
      } catch {
        await aws.takes(1000 - latency.accept, () => undefined);
      }
    }
  };
  aws.schedule.after(60_000, () => void round());
  await aws.schedule.run();
  return played(aws, connections, 1);
}

export async function virtualSection(): Promise<Section> {
  const rows: [string, number, number, Played][] = [
    ["Drawbridge", 1000, 100, await playDrawbridge(1000, 100)],
    ["one call per connection", 1000, 1, await playOneByOne(1000)],
    ["60-second poller", 1000, 100, await playPoller(1000, 100)],
    ["Drawbridge, AWS takes 10 ids a call", 1000, 10, await playDrawbridge(1000, 10)],
    ["60-second poller that knows the 10", 1000, 10, await playPoller(1000, 10)],
    ["Drawbridge", 10_000, 100, await playDrawbridge(10_000, 100)],
    ["one call per connection", 10_000, 1, await playOneByOne(10_000)],
    ["60-second poller", 10_000, 100, await playPoller(10_000, 100)],
  ];
  const big = rows[5]?.[3];
  const small = rows[0]?.[3];
  const usual = rows[1]?.[3];
  return {
    name: "virtual",
    title: "Storms on virtual time",
    tables: [
      {
        head: [
          "who",
          "connections",
          "ids a call",
          "all accepted after, s",
          "median wait, s",
          "Accept calls",
          "of them throttled",
          "listing calls",
          "most receives of a message",
        ],
        rows: rows.map(([who, connections, ids, { acceptedAfter, medianWait, accepts, throttles, listings, receivesMost }]) => [
          who,
          connections,
          ids,
          acceptedAfter,
          medianWait,
          accepts,
          throttles,
          listings,
          receivesMost,
        ]),
      },
    ],
    notes: [
      "The same `observe` and `admit` as deployed, over ports that take as long as AWS's calls do (scripts/bench/virtual-aws.ts has the figures and where they come from); EC2's buckets as AWS publishes them. The sweep is left out, so nothing rests on it.",
      "The two others are idealised: they wait exactly as long as the bucket needs, and keep no records.",
    ],
    targets: [
      {
        what: "10,000 connections, 100 ids a call",
        wanted: "at most 120 s",
        got: `${(big?.acceptedAfter ?? Infinity).toFixed(1)} s`,
        reached: (big?.acceptedAfter ?? Infinity) <= 120,
      },
      {
        what: "1,000 connections against one call each",
        wanted: "faster",
        got: `${((usual?.acceptedAfter ?? 0) / (small?.acceptedAfter ?? 1)).toFixed(0)} times`,
        reached: (usual?.acceptedAfter ?? 0) > (small?.acceptedAfter ?? Infinity),
      },
    ],
  };
}
