// The functions as functions/ has them, thin over the loop, on the world's ports.

import type { GivenAnswer } from "../../lib/asking/take-answer.ts";
import type { Signal } from "../../lib/decide.ts";
import type { EndpointId, Instant, ServiceId } from "../../lib/ids.ts";
import { noHead, serviceSubject, type Change, type Head, type StoredEvent } from "../../lib/ledger.ts";
import type { Calls, Outcome } from "../../lib/ports.ts";
import { backAfterSeconds } from "../../lib/lambda/queue-worker.ts";
import type { Failure, Item } from "../../lib/loop/batch.ts";
import type { Failed } from "./delivery.ts";
import type { Invocation, ListRead } from "./lambda.ts";
import { approverList, ownRoles } from "./given.ts";
import { ownerText } from "./route53.ts";
import { entryId } from "./store.ts";
import type { Press } from "./strangers.ts";
import type { World } from "./world.ts";

interface Received {
  readonly id: string;
  readonly body: string;
  /** How often it has been received, this time included. */
  readonly receives?: number;
}

/** What one run of a function may use. Each method is one call that may go wrong. */
// eslint-disable-next-line @typescript-eslint/explicit-function-return-type
export function portsFor(world: World, by: Invocation) {
  const { lambda, store, ec2, route53, delivery, checks } = world;
  const call = <T>(about: string, apply: () => T): Promise<T> => lambda.call(by, about, apply);
  const clock = (): Instant => {
    const now = lambda.clock(by);
    if (by.reads.clocks.at(-1) !== now) by.reads.clocks.push(now);
    return now;
  };
  /** As lib/aws/endpoint-services.ts does it: lists of ids in calls of a size that AWS takes, each at the pace given. */
  const decide = (effect: "accept" | "reject", service: ServiceId, endpoints: readonly EndpointId[], calls?: Calls): Promise<Outcome[]> =>
    world.system.decideAll(
      world.listSizes[effect],
      endpoints,
      (ids) =>
        call(`ec2.${effect} ${ids.join(" ")}`, () => {
          if (effect === "accept") {
            checks.before.accept(by, service, ids);
            for (const endpoint of ids) world.probes.accepting(by, endpoint);
          } else checks.before.reject(by, service, ids);
          const refused = ec2[effect](service, ids, "drawbridge").filter(({ failure }) => failure !== undefined);
          for (const { endpoint } of refused) by.reads.refused.set(endpoint, effect);
          return {
            Unsuccessful: refused.map(({ endpoint, failure }) => ({
              ResourceId: endpoint,
              Error: { Code: failure?.code, Message: failure?.message },
            })),
          };
        }),
      calls,
    );
  return {
    clock,
    newId: (): string => world.newId(),
    services: {
      get: (service: ServiceId) =>
        call("services.get", () => {
          const found = store.services.get(service);
          if (found !== undefined) by.reads.services.set(service, found);
          return found;
        }),
      all: () => call("services.all", () => [...store.services.values()]),
    },
    connections: {
      load: (endpoints: readonly EndpointId[]) =>
        call("connections.load", () => {
          const found = store.load(endpoints);
          for (const endpoint of endpoints) by.reads.heads.set(endpoint, found.get(endpoint)?.head ?? noHead);
          return found;
        }),
      ofService: (service: ServiceId, page?: { cursor?: string }) =>
        call("connections.ofService", () => {
          by.reads.whole.add(service);
          return store.ofService(service, page);
        }),
      ofAccount: (account: Parameters<typeof store.ofAccount>[0], page?: { cursor?: string }) =>
        call("connections.ofAccount", () => store.ofAccount(account, page)),
    },
    ledger: {
      commit: (change: Change) =>
        call(`ledger.commit ${change.of === "connection" ? change.after.endpoint : change.of}`, () => {
          const head = store.commit(change, by);
          if (change.of === "connection" && typeof head === "object") by.reads.heads.set(change.after.endpoint, head);
          return head;
        }),
      head: (subject: string) => call("ledger.head", () => store.head(subject)),
      history: (subject: string) => call("ledger.history", () => ({ items: store.log.get(subject) ?? [] })),
    },
    allowList: {
      read: (keys: Parameters<typeof store.readEntries>[0]) => call("allowList.read", () => store.readEntries(keys)),
      bearing: (service: ServiceId) =>
        call("allowList.bearing", () => {
          const bearing = store.bearing(service);
          by.reads.before.set(service, store.entries);
          if (bearing.freezes.length > 0) by.reads.frozen.add(service);
          else by.reads.frozen.delete(service);
          return bearing;
        }),
      counts: (counters: readonly string[]) =>
        call("allowList.counts", () => {
          const found = new Map(counters.map((counter) => [counter, store.counters.get(counter) ?? 0]));
          by.reads.counted.push(found);
          // Several services may be swept at once: the list that lacks just these counts is the one they belong to.
          const list = by.reads.uncounted.find(({ limited }) => limited === counters.toSorted().join())?.list;
          if (list !== undefined) list.counts = found;
          by.reads.uncounted = by.reads.uncounted.filter((one) => one.list !== list);
          return found;
        }),
      standing: (keys: Parameters<typeof store.readEntries>[0]) =>
        call("allowList.standing", () => {
          const frozen = new Set(by.reads.frozen);
          const read: ListRead = {
            table: store.entries,
            removed: store.removed,
            clock: clock(),
            frozen,
            counts: new Map(),
            members: new Map(by.reads.members),
            before: new Map(by.reads.before),
          };
          for (const { principal } of keys) {
            if (!principal.startsWith("endpoint#")) continue;
            const endpoint = principal.slice("endpoint#".length) as EndpointId;
            if (!by.reads.firstList.has(endpoint)) by.reads.firstList.set(endpoint, read);
            by.reads.lastList.set(endpoint, read);
          }
          const entries = store.readEntries(keys);
          const limited = entries.flatMap((entry) => (entry.conditions.atMost === undefined ? [] : [entryId(entry)]));
          by.reads.uncounted.push({ list: read, limited: limited.toSorted().join() });
          return { entries, removed: store.readRemoved(keys) };
        }),
    },
    endpointServices: {
      connections: (service: ServiceId) =>
        call("ec2.connections", () => {
          const before = ec2.pages;
          const shown = ec2.connections(service);
          by.reads.listings += 1;
          by.reads.pages += ec2.pages - before;
          if (by.reads.whole.has(service)) for (const { endpoint } of shown) by.reads.shown.add(endpoint);
          // What another turn of the same run does not see is not to be decided by it.
          else
            for (const endpoint of by.reads.shown)
              if (ec2.rows.get(endpoint)?.service === service && !shown.some((one) => one.endpoint === endpoint))
                by.reads.shown.delete(endpoint);
          by.reads.whole.delete(service);
          return shown;
        }),
      describe: (service: ServiceId) => call("ec2.describe", () => ec2.describe(service)),
      accept: (service: ServiceId, endpoints: readonly EndpointId[], calls?: Calls) => decide("accept", service, endpoints, calls),
      reject: (service: ServiceId, endpoints: readonly EndpointId[], calls?: Calls) => decide("reject", service, endpoints, calls),
    },
    zones: {
      change: (...given: Parameters<typeof route53.change>) =>
        call("route53.change", () => {
          checks.before.names(by);
          return route53.change(...given);
        }),
      at: (...given: Parameters<typeof route53.at>) => call("route53.at", () => route53.at(...given)),
      all: (...given: Parameters<typeof route53.all>) => call("route53.all", () => route53.all(...given)),
    },
    proofs: {
      claim: (kind: string, id: string, seconds: number) =>
        call(`claim ${id}`, () => store.claim(kind, id, seconds, Date.parse(clock()), by.instance)),
      extend: (kind: string, id: string, seconds: number) =>
        call(`extend ${id}`, () => store.extend(kind, id, seconds, Date.parse(clock()), by.instance)),
      release: (kind: string, id: string) => call(`release ${id}`, () => store.release(kind, id, by.instance)),
    },
    approvers: { all: () => call("approvers.all", () => approverList(world.people.reachable)) },
    wake: {
      observe: (...[look, delay]: [Parameters<typeof delivery.look>[1], number?]) =>
        call("wake observe", () => checks.before.woken(() => delivery.look("observe", look, delay), look)),
      admit: (look: Parameters<typeof delivery.look>[1]) => call("wake admit", () => delivery.look("admit", look)),
      dns: (...[look, delay]: [Parameters<typeof delivery.look>[1], number?]) => call("wake dns", () => delivery.look("dns", look, delay)),
    },
    bus: {
      put: (events: readonly StoredEvent[]) =>
        call("bus.put", () => {
          const refused: { index: number; reason: string }[] = [];
          if (delivery.busDownUntil < world.schedule.now && world.faults.happens("bus-down"))
            delivery.busDownUntil = world.schedule.now + world.random.between(1000, 600_000);
          if (world.faults.on && delivery.busDownUntil >= world.schedule.now)
            return events.map((_, index) => ({ index, reason: "InternalFailure" }));
          for (const [index, event] of events.entries()) {
            if (world.faults.happens("throttle")) refused.push({ index, reason: "ThrottlingException" });
            else delivery.put(event);
          }
          return refused;
        }),
    },
    undelivered: {
      put: ({ subject, seq }: { readonly subject: string; readonly seq: number }) =>
        call(
          "undelivered.put",
          () => void delivery.undelivered.push(...(store.log.get(subject) ?? []).filter((event) => event.seq === seq)),
        ),
    },
    owner: ownerText,
    organizations: world.besides.organizations.portFor(by),
  };
}

/** Only functions/sweep.ts reads approvers, since only the sweep lets silence decide. */
function unhearing<T extends { readonly approvers: unknown }>(ports: T): Omit<T, "approvers"> {
  const { approvers: _, ...rest } = ports;
  return rest;
}

export class Functions {
  readonly #world: World;
  constructor(world: World) {
    this.#world = world;
  }

  observe(batch: readonly Received[], done: (failed: Failed | "crashed") => void): void {
    this.#worker("observe", batch, ownRoles, (by, items) => this.#world.system.observe(unhearing(portsFor(this.#world, by)), items), done);
  }

  admit(batch: readonly Received[], done: (failed: Failed | "crashed") => void): void {
    this.#worker(
      "admit",
      batch,
      [],
      (by, items) => this.#world.system.admit(unhearing(portsFor(this.#world, by)), items, this.#world.lambda.time(by)),
      done,
    );
  }

  dns(batch: readonly Received[], done: (failed: Failed | "crashed") => void): void {
    const { system, besides } = this.#world;
    const ports = (by: Invocation) => besides.privateZones.following(by, unhearing(portsFor(this.#world, by)));
    this.#worker("dns", batch, [], (by, items) => system.giveNames(ports(by), items), done);
  }

  /** lib/lambda/queue-worker.ts: what cannot be read fails alone; admit asks what may pass back early. */
  #worker(
    name: "observe" | "admit" | "dns",
    batch: readonly Received[],
    roles: readonly string[],
    work: (by: Invocation, items: readonly Item[]) => Promise<readonly Failure[]>,
    done: (failed: Failed | "crashed") => void,
  ): void {
    const { lambda, system } = this.#world;
    lambda.invoke(
      name,
      async (by) => {
        const failed = new Map<string, number | undefined>();
        const items: Item[] = [];
        for (const { id, body } of batch) {
          try {
            items.push({ id, wanted: system.readMessage(body, roles) });
          } catch {
            failed.set(id, undefined);
          }
        }
        if (items.length > 0)
          for (const { id, error, againSeconds } of await work(by, items)) {
            this.#world.checks.after.failed(by, error);
            const passes = name === "admit" && error instanceof system.Fault && error.retryable;
            const receives = batch.find((one) => one.id === id)?.receives ?? 1;
            failed.set(id, passes ? (againSeconds ?? backAfterSeconds(receives)) : undefined);
          }
        return failed;
      },
      (result, by) => {
        if (name === "admit" && result !== "crashed" && "value" in result && result.value.size === 0) this.#world.checks.after.admit(by);
        done(result === "crashed" ? "crashed" : "value" in result ? result.value : new Map(batch.map(({ id }) => [id, undefined])));
      },
    );
  }

  publish(events: readonly StoredEvent[], done: (ok: boolean) => void): void {
    const { lambda, system } = this.#world;
    lambda.invoke(
      "publish",
      (by) => system.publish(portsFor(this.#world, by), events),
      (result) => done(result !== "crashed" && "value" in result),
    );
  }

  sweep(): void {
    const { lambda, system, checks } = this.#world;
    lambda.invoke(
      "sweep",
      (by) =>
        system.sweep(this.#world.besides.permissions.permitting(by, portsFor(this.#world, by)), {
          servicesAtOnce: 4,
          leftMs: lambda.time(by).leftMs,
        }),
      (result, by) => {
        if (result === "crashed" || !("value" in result)) return;
        for (const { error } of result.value) if (error !== undefined) checks.after.failed(by, error);
        checks.after.sweep(by, result.value);
      },
    );
  }

  /** What the approval page and Slack do with an answer, and the operators' approve and reject. */
  answer(
    service: ServiceId,
    endpoint: EndpointId,
    signal: Extract<Signal, { kind: "answered" }>,
    carries: string,
    done: (ok: boolean) => void,
  ): void {
    const { lambda, system } = this.#world;
    const body = async (by: Invocation): Promise<void> => {
      const { clock, newId, services, connections, ledger, allowList, organizations } = portsFor(this.#world, by);
      await system.run(
        { clock, newId, services, connections, ledger, judging: { allowList: system.withAuthors(allowList, ledger), organizations } },
        { service, tasks: [{ endpoint, signal, source: { kind: "answer" } }] },
      );
    };
    lambda.invoke(
      "answer",
      body,
      (result, by) => {
        const ok = result !== "crashed" && "value" in result;
        if (ok) this.#world.checks.after.answer(by, service, endpoint, signal);
        done(ok);
      },
      carries,
    );
  }

  /** What the approval page and Slack's worker do with the answer of an approver who has proved who they are. */
  reply(service: ServiceId, answer: GivenAnswer, done: (ok: boolean) => void): void {
    const { lambda, system } = this.#world;
    lambda.invoke(
      "answer",
      (by) => {
        const { clock, newId, services, connections, ledger, allowList, organizations, proofs } = portsFor(this.#world, by);
        return system.takeAnswer({ clock, newId, services, connections, ledger, allowList, organizations, proofs }, answer);
      },
      (result, by) => {
        if (result !== "crashed" && "value" in result) this.#world.checks.after.reply(by, service, answer, result.value);
        done(result !== "crashed" && "value" in result && result.value.kind !== "busy");
      },
      `${answer.choice} ${answer.endpoint}`,
    );
  }

  /** What Slack's worker does with the press of somebody who is no approver. */
  stranger(press: Press, done: (by: Invocation) => void): void {
    const { lambda, system } = this.#world;
    lambda.invoke(
      "answer",
      (by) => {
        const { clock, connections, ledger, proofs } = portsFor(this.#world, by);
        return system.noteStranger({ clock, connections, ledger, proofs }, press);
      },
      (result, by) => {
        if (result !== "crashed" && "value" in result) done(by);
      },
      `${press.choice} ${press.endpoint}`,
    );
  }

  /** What `api` does when a service comes into care: what AWS shows is recorded, and admit decides. */
  takeUp(service: ServiceId, change: (expected: Head, now: Instant) => Change | undefined): void {
    const { lambda, system } = this.#world;
    const body = async (by: Invocation): Promise<void> => {
      const { clock, newId, services, connections, ledger, endpointServices, wake } = portsFor(this.#world, by);
      const head = await ledger.head(serviceSubject(service));
      const wanted = change(head, system.notBefore(clock(), head));
      if (wanted !== undefined) await ledger.commit(wanted);
      const ports = { clock, newId, services, connections, ledger, endpointServices };
      await system.run(ports, { service, tasks: [], whole: { kind: "api" } });
      await wake.admit({ service, why: "added" });
    };
    lambda.invoke("api", body, () => undefined);
  }

  /** What `api` does with an operator's change: read the head, commit on it, and wake admit where that makes a difference. */
  api(subject: string, change: (expected: Head, now: Instant) => Change | undefined, wakes: readonly ServiceId[] = []): void {
    const { lambda } = this.#world;
    const body = async (by: Invocation): Promise<void> => {
      const { ledger, clock, wake } = portsFor(this.#world, by);
      const head = await ledger.head(subject);
      const wanted = change(head, this.#world.system.notBefore(clock(), head));
      if (wanted !== undefined) await ledger.commit(wanted);
      for (const service of wakes) await wake.admit({ service, why: "entry-changed" });
    };
    lambda.invoke("api", body, () => undefined);
  }
}
