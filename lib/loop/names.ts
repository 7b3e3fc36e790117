// What `dns` does with its messages: names are claimed in the log first, then made in Route 53, one change a zone.

import type { Connection } from "../connection.ts";
import type { Signal } from "../decide.ts";
import type { Name } from "../events.ts";
import type { EndpointId, ServiceId, ZoneId } from "../ids.ts";
import type { Wanted } from "../messages.ts";
import { candidates, changeOf, fitting, has, ownerName, ownSets, plain, recordSets, type StandingSet } from "../names.ts";
import { isTroubled, plan } from "../plan.ts";
import type { EndpointServices, Wake } from "../ports.ts";
import { runBatch, type BatchPorts, type Failure, type Item } from "./batch.ts";
import { pieces } from "./concurrently.ts";
import { endpointsPerMessage } from "./look-again.ts";
import { putOff } from "./put-off.ts";
import { alone, clash, isFull, zoneFull } from "./refused-name.ts";
import { commitOnly, run, type Ran, type Standing, type Task } from "./run.ts";
import { fence, leased, type Failed, type TurnPorts } from "./zone-turn.ts";

export interface NamePorts extends BatchPorts {
  readonly endpointServices: Pick<EndpointServices, "connections">;
  readonly zones: TurnPorts["zones"];
  readonly proofs: TurnPorts["proofs"];
  readonly zoneLeft?: NonNullable<TurnPorts["zoneLeft"]>;
  readonly wake: Pick<Wake, "dns">;
  /** The ownership text for an endpoint's records: it marks them as this deployment's without telling more. */
  readonly owner: (endpoint: EndpointId) => string;
  /** What else a service's names need, where the whole service is looked at; lib/loop/private-dns.ts. */
  readonly followPrivateDns?: (service: ServiceId) => Promise<void>;
  /** What consumers' VPCs need; lib/loop/vpcs.ts. */
  readonly followVpcs?: (ran: Ran, wake: NamePorts["wake"], compare: boolean) => Promise<void>;
}

export const giveNames = (ports: NamePorts, items: readonly Item[]): Promise<Failure[]> =>
  runBatch(ports, items, async ({ ran }) => {
    const { service } = ran.service;
    const wanted = items.flatMap((item) => (isAbout(item.wanted, service) ? [item.wanted] : []));
    const later = putOff(ports.wake, service);
    const compare = wanted.some((one) => one.compare === true);
    await perform({ ...ports, wake: later.wake }, ran, compare);
    await ports.followVpcs?.(ran, later.wake, compare);
    await later.send();
    if (wanted.some(({ endpoints, account }) => endpoints.length === 0 && account === undefined)) await ports.followPrivateDns?.(service);
  });

const isAbout = ({ services }: Wanted, service: ServiceId): boolean => services === "all" || services.includes(service);

const busySeconds = 5;

/** Route 53 takes one change of a zone at a time, so a zone is leased; whoever comes second comes back. */
async function perform(ports: NamePorts, ran: Ran, compare: boolean): Promise<void> {
  const standings = [...ran.standings.filter(({ effects }) => !effects.some(isAssign)), ...(await assign(ports, ran))];
  const jobs = standings.flatMap(jobsOf);
  await inZones(ports, ran, jobs);
  // What is left of a name that has moved may be in another zone.
  const moved = jobs.filter(({ kind, others }) => kind === "make-name" && others).map(({ endpoint }) => endpoint);
  if (moved.length > 0) await inZones(ports, ran, await jobsNow(ports, ran, moved));
  if (!compare) return;
  const zones = new Set(ran.standings.flatMap(({ kept }) => kept.connection.names.map(({ zone }) => zone)));
  const { service } = ran.service;
  for (const zone of zones)
    await leased(
      ports,
      zone,
      () => heal(ports, ran, zone),
      () => ports.wake.dns({ service, why: "compare" }, busySeconds),
      async () => undefined,
    );
}

async function inZones(ports: NamePorts, ran: Ran, jobs: readonly Job[]): Promise<void> {
  for (const [zone, its] of Map.groupBy(jobs, ({ name }) => name.zone)) {
    const endpoints = [...new Set(its.map(({ endpoint }) => endpoint))];
    const later = async (): Promise<void> => {
      for (const part of pieces(endpoints, endpointsPerMessage))
        await ports.wake.dns({ service: ran.service.service, endpoints: part, why: "look-again" }, busySeconds);
    };
    const work = async (): Promise<void> => inZone(ports, ran, zone, await fence(ports, zone, its[0]?.name.fqdn), endpoints);
    await leased(ports, zone, work, later, async (failure) => {
      const left = (await jobsNow(ports, ran, endpoints)).filter(({ name }) => name.zone === zone);
      await record(
        ports,
        ran,
        left.map((job) => [job, goneWith(failure, job) ? undefined : failure]),
      );
    });
  }
}

/** With its zone, a name is gone too. */
const goneWith = ({ code }: Failed, { kind }: Job): boolean => kind === "remove-name" && code === "NoSuchHostedZone";

/**
 * Plans once more, from the records and the service as they are after the fence was read: what was planned before the
 * lease may be past. A lease alone is no proof, since clocks differ and a call may arrive after its function is gone; the fence is.
 */
async function inZone(
  ports: NamePorts,
  ran: Ran,
  zone: ZoneId,
  zones: NamePorts["zones"],
  endpoints: readonly EndpointId[],
  present?: Present,
): Promise<void> {
  const jobs = (await jobsNow(ports, ran, endpoints)).filter(({ name }) => name.zone === zone);
  for (const part of changesOf(ports, jobs)) await change({ ...ports, zones }, ran, zone, part, present);
}

async function jobsNow(ports: NamePorts, ran: Ran, endpoints: readonly EndpointId[]): Promise<Job[]> {
  const now = ports.clock();
  // Released meanwhile, it is nobody's any more: its names stay as they are.
  const service = await ports.services.get(ran.service.service);
  if (service === undefined) return [];
  const records = await ports.connections.load(endpoints);
  return [...records.values()].flatMap((kept) => jobsOf({ kept, effects: plan(kept.connection, { listed: false }, service, now) }));
}

/** One record set group to make or to remove. */
interface Job {
  readonly endpoint: EndpointId;
  readonly kind: "make-name" | "remove-name";
  readonly name: Name;
  readonly troubled: boolean;
  /** The connection has other names too. */
  readonly others: boolean;
  /** The record's version that the job rests on. */
  readonly asOf: number;
}

function jobsOf({ kept: { connection }, effects }: Pick<Standing, "kept" | "effects">): Job[] {
  const { endpoint, trouble, names, seq: asOf } = connection;
  return effects.flatMap((effect) => {
    if (effect.kind !== "make-name" && effect.kind !== "remove-name") return [];
    const troubled = trouble !== undefined && isTroubled(trouble, effect);
    return [{ endpoint, kind: effect.kind, name: effect.name, troubled, others: names.length > 1, asOf }];
  });
}

const isAssign = ({ kind }: { readonly kind: string }): boolean => kind === "assign-name";

/** Claims a name for each connection that has none: the plain label if it is free, else the one with the suffix. */
async function assign(ports: NamePorts, ran: Ran): Promise<Standing[]> {
  let open = ran.standings.filter(({ effects }) => effects.some(isAssign));
  const named: Standing[] = [];
  for (let choice = 0; open.length > 0; choice += 1) {
    const tasks = open.flatMap((standing) => {
      const signal = choicesOf(standing)[choice];
      return signal === undefined ? [] : [task(standing.kept.connection.endpoint, signal)];
    });
    if (tasks.length === 0) break;
    const result = await run(commitOnly(ports), { service: ran.service.service, tasks });
    // Released, or without this zone, meanwhile: no name was taken by another, so none with a suffix is tried.
    if (result === undefined || result.service.zone?.id !== ran.service.zone?.id) break;
    const done = result.standings.filter(({ kept, service }) => fitting(kept.connection, service) !== undefined);
    for (const standing of done) named.push({ ...standing, effects: unmade(standing.kept.connection, ran) });
    const settled = new Set(done.map(({ kept }) => kept.connection.endpoint));
    open = open.filter(({ kept }) => !settled.has(kept.connection.endpoint));
  }
  return named;
}

/** A name that fits is only told what its records should hold by now. */
const choicesOf = ({ kept: { connection }, service, effects }: Standing): Signal[] =>
  effects.flatMap((effect): Signal[] => {
    if (effect.kind !== "assign-name") return [];
    const name = fitting(connection, service);
    if (name !== undefined) return [{ kind: "name-changed", fqdn: name.fqdn, ...effect.content }];
    return candidates(connection, service, effect.content).map((one) => ({ kind: "name-assigned", name: one }));
  });
const unmade = (connection: Connection, { service }: Ran): Standing["effects"] => {
  const name = fitting(connection, service);
  return name === undefined || name.made ? [] : [{ kind: "make-name", name }];
};

/** One change for all; a refused one is halved until the record that stands in the way is alone. */
async function change(ports: NamePorts, ran: Ran, zone: ZoneId, jobs: readonly Job[], present?: Present): Promise<void> {
  const changes = jobs.map(({ kind, name, endpoint }) => changeOf(kind, name, ports.owner(endpoint), present?.(name)));
  const result = await ports.zones.change(
    zone,
    changes.flatMap(({ remove }) => remove),
    changes.flatMap(({ create }) => create),
  );
  if (result === "done")
    return record(
      ports,
      ran,
      jobs.map((job) => [job, undefined]),
    );
  const [first] = jobs;
  if (jobs.length === 1 && first !== undefined) return record(ports, ran, [[first, await alone(ports, zone, first, result.refused)]]);
  if (isFull(result.refused) && jobs.some(({ kind }) => kind === "make-name")) return full(ports, ran, zone, jobs, result.refused);
  const half = Math.ceil(jobs.length / 2);
  await change(ports, ran, zone, jobs.slice(0, half), present);
  await change(ports, ran, zone, jobs.slice(half), present);
}

/** A full zone refuses every name alike, so they are not tried one by one; what is to go still goes, which makes room. */
async function full(ports: NamePorts, ran: Ran, zone: ZoneId, jobs: readonly Job[], message: string): Promise<void> {
  const removals = jobs.filter(({ kind }) => kind === "remove-name");
  await record(
    ports,
    ran,
    jobs.filter(({ kind }) => kind === "make-name").map((job) => [job, { code: zoneFull, message }]),
  );
  if (removals.length > 0) await change(ports, ran, zone, removals);
}

/** Route 53 takes 1,000 elements and 32,000 characters of text in a change, of which the fence has its part. */
const setsPerChange = 990;
const charactersPerChange = 30_000;

function changesOf({ owner }: NamePorts, jobs: readonly Job[]): Job[][] {
  const parts: Job[][] = [];
  let [sets, characters] = [setsPerChange, 0];
  for (const job of jobs) {
    const { endpoint, name } = job;
    const its = ownSets(name, owner(endpoint));
    const text = its.reduce((sum, set) => sum + (set.type === "TXT" ? set.text.length + 2 : 0), 0);
    if (sets + its.length > setsPerChange || characters + text > charactersPerChange) {
      parts.push([]);
      [sets, characters] = [0, 0];
    }
    sets += its.length;
    characters += text;
    parts.at(-1)?.push(job);
  }
  return parts;
}

async function record(ports: NamePorts, ran: Ran, results: readonly (readonly [Job, Failed | undefined])[]): Promise<void> {
  const tasks = results.flatMap(([{ endpoint, kind, name, troubled, asOf }, failure]) => {
    if (failure?.code === clash) return [task(endpoint, { kind: "name-clashed", fqdn: name.fqdn, found: failure.message })];
    if (failure !== undefined) return [task(endpoint, { kind: "settled", effect: kind, failure })];
    const done = { ...task(endpoint, { kind: kind === "make-name" ? "name-made" : "name-removed", fqdn: name.fqdn }), asOf };
    return troubled ? [done, task(endpoint, { kind: "settled", effect: kind })] : [done];
  });
  await run(commitOnly(ports), { service: ran.service.service, tasks });
}

/**
 * The zone's records beside those that the log says were made: what is missing is logged, and made again. A record with
 * another value is not ours: that is told as a clash.
 */
async function heal(ports: NamePorts, ran: Ran, zone: ZoneId): Promise<void> {
  const endpoints = ran.standings.flatMap(({ kept: { connection } }) => (connection.names.length > 0 ? [connection.endpoint] : []));
  const records = [...(await ports.connections.load(endpoints)).values()];
  const first = records.flatMap(({ connection }) => connection.names).find((name) => name.zone === zone);
  if (first === undefined) return;
  const zones = await fence(ports, zone, first.fqdn);
  const at = Map.groupBy(await ports.zones.all(zone), (set) => plain(set.name));
  const present: Present = ({ fqdn }) => [fqdn, ownerName(fqdn)].flatMap((name) => at.get(plain(name)) ?? []);
  const tasks = records.flatMap(({ connection }) =>
    connection.names.flatMap((name) => {
      if (!name.made || name.zone !== zone) return [];
      const there = present(name);
      const lacks = recordSets(name, ports.owner(connection.endpoint)).filter((set) => !has(there, set));
      if (lacks.length === 0) return [];
      const signal: Signal = { kind: "name-drifted", fqdn: name.fqdn, lacks: lacks.map((set) => `${set.type} ${set.name}`) };
      return [{ ...task(connection.endpoint, signal), asOf: connection.seq }];
    }),
  );
  if (tasks.length === 0) return;
  await run(commitOnly(ports), { service: ran.service.service, tasks });
  const drifted = [...new Set(tasks.map(({ endpoint }) => endpoint))];
  await inZone(ports, ran, zone, zones, drifted, present);
}

/** What stands at a name in the zone. */
type Present = (name: Name) => readonly StandingSet[];

const task = (endpoint: EndpointId, signal: Signal): Task => ({ endpoint, signal, source: { kind: "dns" } });
