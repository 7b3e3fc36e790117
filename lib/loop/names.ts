// What `dns` does with its messages: names are claimed in the log first, then made in Route 53, one change a zone.

import type { Connection } from "../connection.ts";
import type { Signal } from "../decide.ts";
import type { Name } from "../events.ts";
import { Fault } from "../faults.ts";
import type { EndpointId, ZoneId } from "../ids.ts";
import { candidates, recordSets, type RecordSet } from "../names.ts";
import type { EndpointServices, Proofs, Wake, Zones } from "../ports.ts";
import { plan } from "../plan.ts";
import { runBatch, type BatchPorts, type Failure, type Item } from "./batch.ts";
import { run, type Ran, type Standing, type Task } from "./run.ts";

export interface NamePorts extends BatchPorts {
  readonly endpointServices: Pick<EndpointServices, "connections">;
  readonly zones: Pick<Zones, "change" | "at">;
  readonly proofs: Pick<Proofs, "claim" | "release">;
  readonly wake: Pick<Wake, "dns">;
  /** The ownership text for an endpoint's records: it marks them as this deployment's without telling more. */
  readonly owner: (endpoint: EndpointId) => string;
}

export const giveNames = (ports: NamePorts, items: readonly Item[]): Promise<Failure[]> =>
  runBatch(ports, items, ({ ran }) => perform(ports, ran));

const leaseSeconds = 120;
const busySeconds = 5;

/** Route 53 takes one change of a zone at a time, so a zone is leased; whoever comes second comes back. */
async function perform(ports: NamePorts, ran: Ran): Promise<void> {
  const standings = [...ran.standings.filter(({ effects }) => !effects.some(isAssign)), ...(await assign(ports, ran))];
  const jobs = standings.flatMap(jobsOf);
  for (const [zone, its] of Map.groupBy(jobs, ({ name }) => name.zone)) {
    if (await ports.proofs.claim("lease", `zone#${zone}`, leaseSeconds)) {
      try {
        await inZone(ports, ran, zone, its);
      } finally {
        await ports.proofs.release("lease", `zone#${zone}`);
      }
    } else
      await ports.wake.dns(
        { service: ran.service.service, endpoints: its.map(({ endpoint }) => endpoint), why: "look-again" },
        busySeconds,
      );
  }
}

/**
 * Plans once more, from the records as they are after the fence was read: what was planned before the lease may be
 * past. A lease alone is no proof, since clocks differ and a call may arrive after its function is gone; the fence is.
 */
async function inZone(ports: NamePorts, ran: Ran, zone: ZoneId, planned: readonly Job[]): Promise<void> {
  const [first] = planned;
  if (first === undefined) return;
  const zones = await fenced(ports, zone, first.name.fqdn.slice(first.name.fqdn.indexOf(".") + 1));
  const records = await ports.connections.load([...new Set(planned.map(({ endpoint }) => endpoint))]);
  const now = ports.clock();
  const jobs = [...records.values()].flatMap((kept) =>
    jobsOf({ kept, effects: plan(kept.connection, { listed: false }, ran.service, now) }),
  );
  if (jobs.length > 0)
    await change(
      { ...ports, zones },
      ran,
      zone,
      jobs.filter(({ name }) => name.zone === zone),
    );
}

/**
 * A zone whose changes each replace one text record of it, all or nothing with the rest: a change that was planned
 * before another one went through is refused by Route 53 itself, however late it arrives.
 */
async function fenced({ zones, newId }: NamePorts, zone: ZoneId, zoneName: string): Promise<NamePorts["zones"]> {
  const name = `_drawbridge-change.${zoneName}`;
  const read = async (): Promise<RecordSet[]> =>
    (await zones.at(zone, name)).filter((set) => set.type === "TXT" && set.text.startsWith("change "));
  let fence = await read();
  return {
    at: zones.at,
    change: async (_, remove, create) => {
      const next: RecordSet = { name, type: "TXT", text: `change ${newId()}` };
      const result = await zones.change(zone, [...remove, ...fence], [...create, next]);
      if (result === "done") {
        fence = [next];
        return result;
      }
      const now = await read();
      if (now.length === fence.length && now.every((set) => fence.some((was) => same(was, set)))) return result;
      throw new Fault("ZoneChanged", `the hosted zone ${zone}`, "another change came first; the names are planned again", true);
    },
  };
}

/** One record set group to make or to remove. */
interface Job {
  readonly endpoint: EndpointId;
  readonly kind: "make-name" | "remove-name";
  readonly name: Name;
  readonly troubled: boolean;
  /** The record's version that the job rests on. */
  readonly asOf: number;
}

function jobsOf({ kept: { connection }, effects }: Pick<Standing, "kept" | "effects">): Job[] {
  const troubled = connection.trouble !== undefined;
  return effects.flatMap((effect) =>
    effect.kind === "make-name" || effect.kind === "remove-name"
      ? [{ endpoint: connection.endpoint, kind: effect.kind, name: effect.name, troubled, asOf: connection.seq }]
      : [],
  );
}

const isAssign = ({ kind }: { readonly kind: string }): boolean => kind === "assign-name";

/** Claims a name for each connection that has none: the plain label if it is free, else the one with the suffix. */
async function assign(ports: NamePorts, ran: Ran): Promise<Standing[]> {
  let open = ran.standings.filter(({ effects }) => effects.some(isAssign));
  const named: Standing[] = [];
  for (let choice = 0; open.length > 0; choice += 1) {
    const tasks = open.flatMap((standing) => {
      const name = choicesOf(standing)[choice];
      return name === undefined ? [] : [task(standing.kept.connection.endpoint, { kind: "name-assigned", name })];
    });
    if (tasks.length === 0) break;
    const result = await run(commitOnly(ports), { service: ran.service.service, tasks });
    const done = (result?.standings ?? []).filter(({ kept }) => kept.connection.names.length > 0);
    named.push(...done.map((standing) => ({ ...standing, effects: unmade(standing.kept.connection) })));
    const settled = new Set(done.map(({ kept }) => kept.connection.endpoint));
    open = open.filter(({ kept }) => !settled.has(kept.connection.endpoint));
  }
  return named;
}

const choicesOf = ({ kept, service, effects }: Standing): Name[] =>
  effects.flatMap((effect) => (effect.kind === "assign-name" ? candidates(kept.connection, service, effect.target) : []));
const unmade = (connection: Connection): Standing["effects"] =>
  connection.names.filter(({ made }) => !made).map((name) => ({ kind: "make-name", name }));

/** One change for all; a refused one is halved until the record that stands in the way is alone. */
async function change(ports: NamePorts, ran: Ran, zone: ZoneId, jobs: readonly Job[]): Promise<void> {
  const sets = (kind: Job["kind"]): RecordSet[] =>
    jobs.filter((job) => job.kind === kind).flatMap(({ name, endpoint }) => recordSets(name, ports.owner(endpoint)));
  const result =
    jobs.length > jobsPerChange
      ? { refused: "too many for one change" }
      : await ports.zones.change(zone, sets("remove-name"), sets("make-name"));
  if (result === "done")
    return record(
      ports,
      ran,
      jobs.map((job) => [job, undefined]),
    );
  const [first] = jobs;
  if (jobs.length === 1 && first !== undefined) return record(ports, ran, [[first, await alone(ports, zone, first, result.refused)]]);
  const half = Math.ceil(jobs.length / 2);
  await change(ports, ran, zone, jobs.slice(0, half));
  await change(ports, ran, zone, jobs.slice(half));
}

/** Each name has at most three record sets, and Route 53 takes 1,000 elements in a change. */
const jobsPerChange = 300;

/**
 * A refused name by itself: records of ours are put right, a record that is not ours is never touched. What is as it
 * should be is changed all the same, by the fence alone: only then is it known that nothing older comes after.
 */
async function alone(ports: NamePorts, zone: ZoneId, { endpoint, kind, name }: Job, refused: string): Promise<string | undefined> {
  const wanted = recordSets(name, ports.owner(endpoint));
  const there = (await Promise.all([...new Set(wanted.map((set) => set.name))].map((at) => ports.zones.at(zone, at)))).flat();
  const ours = there.filter((set) => wanted.some((want) => same(want, set)));
  const owned = there.some((set) => set.type === "TXT" && set.text === ports.owner(endpoint));
  if (kind === "remove-name") {
    return told(await ports.zones.change(zone, owned || name.made ? ours : [], []), refused);
  }
  if (ours.length < wanted.length && (there.length > ours.length || (ours.length > 0 && !owned)))
    return `${name.fqdn} has a record that is not Drawbridge's: ${refused}`;
  return told(
    await ports.zones.change(
      zone,
      [],
      wanted.filter((want) => !ours.some((set) => same(want, set))),
    ),
    refused,
  );
}

const told = (result: "done" | { readonly refused: string }, refused: string): string | undefined =>
  result === "done" ? undefined : `${refused}; then ${result.refused}`;

/** Route 53 shows names with a final dot and in lower case. */
function same(a: RecordSet, b: RecordSet): boolean {
  if (plain(a.name) !== plain(b.name) || a.type !== b.type) return false;
  if (a.type === "TXT" || b.type === "TXT") return a.type === "TXT" && b.type === "TXT" && a.text === b.text;
  return plain(a.target.name) === plain(b.target.name) && a.target.zone === b.target.zone;
}
const plain = (name: string): string => name.toLowerCase().replace(/\.$/, "");

async function record(ports: NamePorts, ran: Ran, results: readonly (readonly [Job, string | undefined])[]): Promise<void> {
  const tasks = results.flatMap(([{ endpoint, kind, name, troubled, asOf }, failure]) => {
    if (failure !== undefined)
      return [task(endpoint, { kind: "settled", effect: kind, failure: { code: "NameRefused", message: failure } })];
    const done = { ...task(endpoint, { kind: kind === "make-name" ? "name-made" : "name-removed", fqdn: name.fqdn }), asOf };
    return troubled ? [done, task(endpoint, { kind: "settled", effect: kind })] : [done];
  });
  await run(commitOnly(ports), { service: ran.service.service, tasks });
}

const task = (endpoint: EndpointId, signal: Signal): Task => ({ endpoint, signal, source: { kind: "dns" } });
const commitOnly = ({ clock, newId, services, connections, ledger }: NamePorts): Parameters<typeof run>[0] => ({
  clock,
  newId,
  services,
  connections,
  ledger,
});
