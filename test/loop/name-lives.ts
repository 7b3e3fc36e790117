// 200 consumers that come and go at random, with faults: one life from a seed, and what is wrong with the zone at its end.

import { zoneId, type AccountId, type EndpointId } from "../../lib/ids.ts";
import { Fault } from "../../lib/faults.ts";
import { entrySubject, noHead, serviceSubject } from "../../lib/ledger.ts";
import { admit } from "../../lib/loop/admit.ts";
import type { Item } from "../../lib/loop/batch.ts";
import { giveNames } from "../../lib/loop/names.ts";
import { observe } from "../../lib/loop/observe.ts";
import { sweep } from "../../lib/loop/sweep.ts";
import { readMessage } from "../../lib/messages.ts";
import { ownSets, type RecordSet, type StandingSet } from "../../lib/names.ts";
import type { AwsState } from "../../lib/observed.ts";
import type { Look } from "../../lib/ports.ts";
import { entry, entryEvent, noon, payments, service, removedEvent, serviceEvent } from "../contracts/samples.ts";
import { endpointOf } from "../fakes/endpoint-services.ts";
import { fakeWorld, type FakeWorld, type Ports } from "../fakes/world.ts";
import { Random } from "../simulation/random.ts";

const zones = [
  { id: zoneId("Z0123456789ABCDEFGHIJ"), name: "pl.example.com" },
  { id: zoneId("Z0123456789ABCDEFGHIK"), name: "other.example.org" },
];
const labels = ["acme", "globex", "initech", "umbrella", "hooli", "stark", "wayne", "wonka"];
const accounts = Array.from({ length: 25 }, (_, index) => String(100_000_000_000 + index) as AccountId);
const owner = (endpoint: EndpointId): string => `drawbridge ${endpoint}`;

export interface Life {
  /** What is not as the rules say; empty when all is well. */
  readonly wrong: readonly string[];
  readonly happened: Readonly<Record<string, number>>;
}

export async function liveNames(seed: number, consumers = 200, steps = 400): Promise<Life> {
  const life = new NameLife(seed);
  await life.begin();
  for (let step = 0; step < steps; step += 1) await life.step(consumers);
  await life.heal();
  return { wrong: await life.wrong(), happened: Object.fromEntries(life.happened) };
}

class NameLife {
  readonly random: Random;
  readonly world: FakeWorld = fakeWorld(noon);
  readonly happened = new Map<string, number>();
  readonly foreign: { readonly zone: (typeof zones)[number]["id"]; readonly set: RecordSet }[] = [];
  readonly endpoints: EndpointId[] = [];
  readonly over = new Set<EndpointId>();
  faults = 0.02;

  constructor(seed: number) {
    this.random = new Random(seed, 7);
  }

  async begin(): Promise<void> {
    const { ledger } = this.world.ports();
    this.world.ec2.addService(payments);
    for (const { id, name } of zones) this.world.zones.addZone(id, name);
    const inCare = service(payments, 1, { zone: zones[0] as (typeof zones)[number] });
    await ledger.commit({ of: "service", key: payments, after: inCare, events: [serviceEvent(payments)], expected: noHead });
    for (const account of accounts) await this.allow(account, "accept");
    this.world.clock.advance(60);
  }

  /** One thing happens outside, then one or two functions run. */
  async step(consumers: number): Promise<void> {
    const { random } = this;
    this.world.clock.advance(random.between(1, 40));
    for (let things = random.between(1, 4); things > 0; things -= 1) await this.happens(consumers);
    const some = (): EndpointId[] => this.endpoints.filter(() => random.chance(0.3));
    const runs = random.chance(0.2) ? 2 : 1;
    await Promise.all(Array.from({ length: runs }, () => this.work(some())));
    if (random.chance(0.05)) await this.tries((ports) => sweep(ports).then(() => []));
  }

  async happens(consumers: number): Promise<void> {
    const { random, world } = this;
    const alive = this.endpoints.filter((endpoint) => !this.over.has(endpoint));
    const roll = random.next();
    if (roll < 0.45 || alive.length === 0) {
      if (this.endpoints.length >= consumers) return;
      const endpoint = endpointOf(this.endpoints.length + 1);
      this.endpoints.push(endpoint);
      world.ec2.connect({
        endpoint,
        service: payments,
        account: random.pick(accounts),
        ipAddressType: random.chance(0.2) ? "dualstack" : "ipv4",
      });
      return this.count("come");
    }
    if (roll < 0.65) return world.ec2.settle();
    if (roll < 0.78) return this.moves(random.pick(alive));
    if (roll < 0.86) return this.allow(random.pick(accounts), random.chance(0.15) ? "reject" : "accept");
    if (roll < 0.88) return this.random.chance(0.3) ? this.release() : this.moveZone();
    if (roll < 0.94) return this.stranger();
    return this.drift();
  }

  async moves(endpoint: EndpointId): Promise<void> {
    const state = this.random.pick<AwsState>(["pending", "partial", "deleted", "deleting", "failed", "expired"]);
    const row = (await this.world.ports().endpointServices.connections(payments)).find((one) => one.endpoint === endpoint);
    if (row === undefined || row.state === "rejected") return;
    const modifies = state === "pending" || state === "partial";
    if (modifies && row.state !== "available") return;
    if (!modifies) this.over.add(endpoint);
    this.world.ec2.move(endpoint, state);
    this.count(state);
  }

  async allow(account: AccountId, verdict: "accept" | "reject"): Promise<void> {
    const { ledger } = this.world.ports();
    const expected = await ledger.head(entrySubject(payments, `account#${account}`));
    const label = this.random.chance(0.8) ? { label: this.random.pick(labels) } : {};
    const allowed = entry(account, expected.seq + 1, { verdict, ...label });
    await ledger.commit({ of: "entry", key: allowed, after: allowed, events: [entryEvent("EntryAdded", allowed)], expected });
    this.count(verdict);
  }

  /** The service gets one of the zones; one that is not in care is added again with it. */
  async moveZone(): Promise<void> {
    const { ledger, services } = this.world.ports();
    const expected = await ledger.head(serviceSubject(payments));
    const before = await services.get(payments);
    const after = { ...(before ?? service(payments, 1)), zone: this.random.pick(zones), version: expected.seq + 1 };
    await ledger.commit({ of: "service", key: payments, after, events: [serviceEvent(payments)], expected });
    this.count(before === undefined ? "added again" : "zone moved");
  }

  async release(): Promise<void> {
    const { ledger, services } = this.world.ports();
    const expected = await ledger.head(serviceSubject(payments));
    if ((await services.get(payments)) === undefined) return;
    await ledger.commit({ of: "service", key: payments, events: [removedEvent(payments)], expected });
    this.count("released");
  }

  /** Somebody else's record, where nothing is at the moment. */
  stranger(): void {
    const { id, name } = this.random.pick(zones);
    const at = `${this.random.pick(labels)}.${name}`;
    const set = this.random.chance(0.7)
      ? ({ name: at, type: "A", target: { name: "their.example.net", zone: "Z2FDTNDATAQYW2" } } as const)
      : ({ name: `_drawbridge.${at}`, type: "TXT", text: "drawbridge of somebody else" } as const);
    if (this.world.zones.sets(id).some((one) => one.name === set.name && one.type === set.type)) return;
    this.world.zones.put(id, set);
    this.foreign.push({ zone: id, set });
    this.count("stranger");
  }

  /** Somebody deletes a record that the log says we made. What is made and not in the log yet is known by its ownership text alone. */
  async drift(): Promise<void> {
    const { id } = this.random.pick(zones);
    const records = await this.world.ports().connections.load(this.endpoints);
    const made = new Set(
      [...records.values()].flatMap(({ connection }) =>
        connection.names.flatMap((name) => (name.made ? [name.fqdn, `_drawbridge.${name.fqdn}`] : [])),
      ),
    );
    const ours = this.world.zones
      .sets(id)
      .flatMap((set) => (set.type !== "other" && made.has(set.name) && !isFence(set) && !this.isForeign(set) ? [set] : []));
    if (ours.length === 0) return;
    await this.world.ports().zones.change(id, [this.random.pick(ours)], []);
    this.count("drift");
  }

  isForeign(set: StandingSet): boolean {
    return this.foreign.some((one) => one.set.name === set.name && one.set.type === set.type);
  }

  async work(endpoints: readonly EndpointId[]): Promise<void> {
    const look = { endpoints, why: "look-again" } as const;
    await this.tries((ports) => observe(ports, items(look)));
    await this.tries((ports) => admit(ports, items(look)));
    await this.tries((ports) => observe(ports, items(look)));
    await this.tries((ports) => giveNames(ports, items(this.random.chance(0.1) ? { why: "compare" } : look)));
  }

  /** Runs a function whose calls may fail, before or after they are done, or that dies in one. */
  async tries(play: (ports: Ports & { owner: typeof owner }) => Promise<readonly unknown[]>): Promise<void> {
    const dead = { now: false };
    const ports = { ...this.faulty(this.world.ports(`run ${String(this.random.bits())}`), dead), owner };
    const failures = await play(ports).catch(() => [undefined]);
    if (failures.length > 0) this.count("failed run");
  }

  faulty(ports: Ports, dead: { now: boolean }): Ports {
    const wrap = <T extends object>(port: T, name: string): T =>
      Object.fromEntries(
        Object.entries(port).map(([method, call]: [string, (...given: unknown[]) => Promise<unknown>]) => [
          method,
          async (...given: unknown[]) => {
            if (dead.now) throw new Error("dead");
            const roll = this.random.next() / this.faults;
            if (roll < 0.3) throw new Fault("Throttling", `${name === "zones" ? "route53" : name}:${method}`, "Rate exceeded", true);
            const result = await call(...given);
            if (roll >= 0.3 && roll < 1) {
              dead.now = roll > 0.5;
              this.count(dead.now ? "death" : "lost answer");
              throw new Fault("TimeoutError", `${name === "zones" ? "route53" : name}:${method}`, "no answer", true);
            }
            return result;
          },
        ]),
      ) as T;
    const { zones: r53, ledger, connections, endpointServices, proofs } = ports;
    return {
      ...ports,
      zones: wrap(r53, "zones"),
      ledger: wrap(ledger, "dynamodb"),
      connections: wrap(connections, "dynamodb"),
      endpointServices: wrap(endpointServices, "ec2"),
      proofs: wrap(proofs, "dynamodb"),
    };
  }

  /** No more faults: minutes pass, the sweep finds what is left, and each zone is compared with the log. */
  async heal(): Promise<void> {
    this.faults = 1e-9;
    if ((await this.world.ports().services.get(payments)) === undefined) await this.moveZone();
    for (let round = 0; round < 6; round += 1) {
      this.world.clock.advance(3700);
      this.world.ec2.settle();
      await this.tries((ports) => sweep(ports).then(() => []));
      await this.work(this.endpoints);
      await this.tries((ports) => giveNames(ports, items({ why: "compare" })));
    }
  }

  /** The rules once more, told from AWS's side. */
  async wrong(): Promise<string[]> {
    const wrong: string[] = [];
    const ports = this.world.ports();
    const zone = (await ports.services.get(payments))?.zone;
    const rows = new Map((await ports.endpointServices.connections(payments)).map((row) => [row.endpoint, row]));
    const due = new Set(this.foreign.map(({ zone: at, set }) => textOf(at, set)));
    const records = await ports.connections.load(this.endpoints);
    const named = new Map<string, EndpointId>();
    const left = new Set<string>();
    for (const [endpoint, { connection }] of records) {
      const row = rows.get(endpoint);
      const live = row !== undefined && ["available", "pending", "partial"].includes(row.state);
      // Modified by its consumer before we saw it available.
      const unseen = connection.status === "approved" && row?.state !== "available";
      if (!unseen && live !== (connection.status === "connected"))
        wrong.push(`${endpoint} is ${connection.status}, AWS shows ${row?.state ?? "nothing"}`);
      if (!live && connection.names.length > 0) wrong.push(`${endpoint} is ${connection.status} and has names`);
      if (connection.status !== "connected" || row?.dns === undefined) continue;
      const label = connection.decision.label ?? connection.account;
      const fits = new Set([label, `${label}-${endpoint.slice(5)}`].map((one) => `${one}.${zone?.name ?? ""}`));
      const current = connection.names.find((name) => fits.has(name.fqdn) && name.zone === zone?.id);
      if (current === undefined) wrong.push(`${endpoint} has no name for ${label}`);
      // While a stranger's record keeps the new name from being made, the last one that works stays.
      if (connection.names.length > (current?.made === false ? 2 : 1))
        wrong.push(`${endpoint} has ${String(connection.names.length)} names`);
      for (const name of connection.names) {
        const before = named.get(name.fqdn);
        if (before !== undefined) wrong.push(`${name.fqdn} is ${before}'s and ${endpoint}'s`);
        named.set(name.fqdn, endpoint);
        const clashes = this.foreign.some(({ set }) => set.name === name.fqdn || set.name === `_drawbridge.${name.fqdn}`);
        if (!name.made && !clashes) wrong.push(`${name.fqdn} is not made: ${connection.trouble?.message ?? "no trouble"}`);
        if (!name.made && connection.trouble?.code !== "NameClashed") wrong.push(`the clash of ${name.fqdn} is not told`);
        // What is left of a made name beside a stranger's record stays, and works as far as it goes.
        const held = name.was === undefined ? [] : ownSets(name, owner(endpoint)).map((set) => textOf(name.zone, set));
        if (!name.made) for (const text of held) left.add(text);
        if (!name.made) continue;
        const types = row.ipAddressType === "dualstack" ? (["A", "AAAA"] as const) : (["A"] as const);
        for (const type of types) due.add(textOf(name.zone, { name: name.fqdn, type, target: row.dns }));
        due.add(textOf(name.zone, { name: `_drawbridge.${name.fqdn}`, type: "TXT", text: owner(endpoint) }));
      }
    }
    const there = new Set(zones.flatMap(({ id }) => this.world.zones.sets(id).flatMap((set) => (isFence(set) ? [] : [textOf(id, set)]))));
    wrong.push(...[...due].filter((text) => !there.has(text)).map((text) => `missing: ${text}`));
    wrong.push(...[...there].filter((text) => !due.has(text) && !left.has(text)).map((text) => `left over: ${text}`));
    return wrong;
  }

  count(what: string): void {
    this.happened.set(what, (this.happened.get(what) ?? 0) + 1);
  }
}

const items = (look: Omit<Look, "service">): Item[] => [
  { id: "m", wanted: readMessage(JSON.stringify({ look: { service: payments, ...look } })) },
];
const isFence = ({ name }: StandingSet): boolean => name.startsWith("_drawbridge-change.");
const textOf = (zone: string, set: StandingSet): string =>
  [zone, set.type, set.name, ...("target" in set ? [set.target.name, set.target.zone] : [set.type === "TXT" ? set.text : set.shown])].join(
    " ",
  );
