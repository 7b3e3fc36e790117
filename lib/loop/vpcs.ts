// What `dns` does for consumers' VPCs: authorizes and withdraws their association with the service's private zone, and authorizes again what is lost.

import { explainError, Fault, Refused } from "../faults.ts";
import type { EndpointId, ServiceId, ZoneId } from "../ids.ts";
import { plan } from "../plan.ts";
import type { Connections, Services, Zones } from "../ports.ts";
import { sameGrant, sameVpc, standingGrant, type Grant, type VpcEffect, type VpcSignal } from "../vpcs.ts";
import type { NamePorts } from "./names.ts";
import { commitOnly, run, type LoopPorts, type Ran, type Task } from "./run.ts";
import { leased } from "./zone-turn.ts";

export interface VpcPorts extends LoopPorts {
  readonly connections: Pick<Connections, "load" | "ofService">;
  readonly services: Pick<Services, "get" | "all">;
  readonly zones: Pick<Zones, "authorize" | "withdraw" | "authorized">;
  readonly proofs: NamePorts["proofs"];
  readonly zoneLeft?: NonNullable<NamePorts["zoneLeft"]>;
  readonly wake: NamePorts["wake"];
}

const leaseSeconds = 120;
const busySeconds = 5;

/** Intent first: what is granted stands in the log before Route 53 hears of it, so that it can always be withdrawn. */
export async function followVpcs(ports: VpcPorts, ran: Ran, compare: boolean): Promise<void> {
  const intents = ran.standings.flatMap(({ kept, effects }) =>
    effects.flatMap((effect) =>
      effect.kind === "assign-vpc" ? [task(kept.connection.endpoint, { kind: "vpc-granted", grant: effect.grant })] : [],
    ),
  );
  if (intents.length > 0) await run(commitOnly(ports), { service: ran.service.service, tasks: intents });
  const lost = compare ? await unlisted(ports, ran) : [];
  const lacking = ran.standings.flatMap(({ kept, effects }) => (effects.some(isOfVpc) ? [kept.connection.endpoint] : []));
  const endpoints = [...new Set([...lacking, ...lost])];
  if (endpoints.length === 0) return;
  const zones = new Set((await due(ports, ran, endpoints)).map(({ grant }) => grant.zone));
  for (const zone of zones) await inZone(ports, ran, zone, endpoints);
}

/**
 * The authorizations that Route 53 has beside those that the log says were made: one that is missing is logged, and is to
 * be made again. The index may have hidden who else needed a VPC that was withdrawn, and others may withdraw what they like.
 */
async function unlisted(ports: VpcPorts, ran: Ran): Promise<EndpointId[]> {
  const { service } = ran.service;
  const standing = ran.standings.flatMap(({ kept: { connection } }) => {
    const grant = standingGrant(connection, ran.service);
    return grant === undefined ? [] : [{ endpoint: connection.endpoint, zone: grant.zone }];
  });
  const lost: EndpointId[] = [];
  for (const [zone, its] of Map.groupBy(standing, (one) => one.zone)) {
    const look = async (): Promise<void> => {
      const endpoints = its.map(({ endpoint }) => endpoint);
      for (const one of await unlistedIn(ports, ran, zone, endpoints)) lost.push(one);
    };
    const later = (): Promise<void> => ports.wake.dns({ service, why: "compare" }, busySeconds);
    await leased(ports, zone, look, later, async () => undefined);
  }
  return lost;
}

/** In the zone's turn, so that nobody authorizes or withdraws between the records and the list. */
async function unlistedIn(ports: VpcPorts, ran: Ran, zone: ZoneId, endpoints: readonly EndpointId[]): Promise<EndpointId[]> {
  const records = await ports.connections.load(endpoints);
  const listed = await ports.zones.authorized(zone);
  const tasks = [...records.values()].flatMap(({ connection }) => {
    const grant = standingGrant(connection, ran.service);
    if (grant?.zone !== zone || listed.some((vpc) => sameVpc(vpc, grant.vpc))) return [];
    return [{ ...task(connection.endpoint, { kind: "vpc-drifted", grant }), asOf: connection.seq }];
  });
  if (tasks.length > 0) await run(commitOnly(ports), { service: ran.service.service, tasks });
  return tasks.map(({ endpoint }) => endpoint);
}

interface Due {
  readonly endpoint: EndpointId;
  readonly kind: "authorize-vpc" | "withdraw-vpc";
  readonly grant: Grant;
}

async function due(ports: VpcPorts, { service }: Ran, endpoints: readonly EndpointId[]): Promise<Due[]> {
  const records = await ports.connections.load(endpoints);
  return [...records.values()].flatMap(({ connection }) =>
    plan(connection, { listed: false }, service, ports.clock()).flatMap((effect) =>
      effect.kind === "authorize-vpc" || effect.kind === "withdraw-vpc"
        ? [{ endpoint: connection.endpoint, kind: effect.kind, grant: effect.grant }]
        : [],
    ),
  );
}

/** What came before it may have taken long. */
const isStill = async (ports: VpcPorts, ran: Ran, { endpoint, kind, grant }: Due): Promise<boolean> =>
  (await due(ports, ran, [endpoint])).some((one) => one.kind === kind && sameGrant(one.grant, grant));

/** One at a time in a zone, so that what one connection is given is not withdrawn with another's end. */
async function inZone(ports: VpcPorts, ran: Ran, zone: ZoneId, endpoints: readonly EndpointId[]): Promise<void> {
  const { service } = ran.service;
  const later = (): Promise<void> => ports.wake.dns({ service, endpoints, why: "look-again" }, busySeconds);
  if (!(await ports.proofs.claim("lease", `zone#${zone}`, leaseSeconds))) return later();
  try {
    for (const one of await due(ports, ran, endpoints))
      if (one.grant.zone === zone && (await isStill(ports, ran, one))) await settle(ports, ran, one);
  } catch (error) {
    if (!(error instanceof Fault) || !error.retryable || !error.where.startsWith("route53:")) throw error;
    ports.zoneLeft?.(zone, error);
    await later();
  } finally {
    await ports.proofs.release("lease", `zone#${zone}`);
  }
}

async function settle(ports: VpcPorts, ran: Ran, { endpoint, kind, grant }: Due): Promise<void> {
  const { service } = ran.service;
  let tasks: Task[] = [
    task(endpoint, { kind: kind === "authorize-vpc" ? "vpc-authorized" : "vpc-withdrawn", grant }),
    task(endpoint, { kind: "settled", effect: kind }),
  ];
  try {
    if (kind === "authorize-vpc") await ports.zones.authorize(grant.zone, grant.vpc);
    else if (!(await isShared(ports, endpoint, grant))) await ports.zones.withdraw(grant.zone, grant.vpc);
  } catch (error) {
    if (error instanceof Fault ? error.retryable : !(error instanceof Refused)) throw error;
    tasks = [task(endpoint, { kind: "settled", effect: kind, failure: explainError(error) })];
  }
  await run(commitOnly(ports), { service, tasks });
}

/** A VPC may hold several endpoints, of all services that share the zone: the authorization goes with the last one. */
async function isShared(ports: VpcPorts, endpoint: EndpointId, grant: Grant): Promise<boolean> {
  for (const { service, zone } of await ports.services.all())
    if (zone?.id === grant.zone && (await isSharedAt(ports, service, endpoint, grant))) return true;
  return false;
}

async function isSharedAt(ports: VpcPorts, service: ServiceId, endpoint: EndpointId, grant: Grant): Promise<boolean> {
  const others: EndpointId[] = [];
  let cursor: string | undefined;
  do {
    const page = await ports.connections.ofService(service, cursor === undefined ? {} : { cursor });
    // All of them: the index may lag behind what is connected by now, or found again; the records say it.
    others.push(...page.items.flatMap((one) => (one.endpoint === endpoint ? [] : [one.endpoint])));
    cursor = page.cursor;
  } while (cursor !== undefined);
  const records = await ports.connections.load(others);
  return [...records.values()].some(
    ({ connection }) => connection.status === "connected" && connection.grants?.some((one) => sameGrant(one, grant)) === true,
  );
}

const isOfVpc = ({ kind }: { readonly kind: string }): boolean =>
  (["assign-vpc", "authorize-vpc", "withdraw-vpc"] satisfies VpcEffect["kind"][] as string[]).includes(kind);

const task = (endpoint: EndpointId, signal: VpcSignal | Extract<Task["signal"], { kind: "settled" }>): Task => ({
  endpoint,
  signal,
  source: { kind: "dns" },
});
