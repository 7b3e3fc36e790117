// What `sweep` does each minute: the same loop over every service, so that nothing depends on a message that may be lost.

import { optional } from "../optional.ts";
import type { PolicyEvent } from "../events.ts";
import { milliseconds, type EndpointId, type Instant, type ServiceId } from "../ids.ts";
import { notBefore, serviceSubject } from "../ledger.ts";
import { gaps, isOnAws, isOnNames, type Effect } from "../plan.ts";
import type { EndpointServices, Ledger, Look, Services, Wake } from "../ports.ts";
import { nextStep } from "../private-dns.ts";
import type { Service } from "../service.ts";
import { standingGrant } from "../vpcs.ts";
import { concurrently, pieces } from "./concurrently.ts";
import { endpointsPerMessage } from "./look-again.ts";
import { followList, type PermissionPorts } from "./permissions.ts";
import { run, type LoopPorts, type Ran, type Standing } from "./run.ts";
import type { VerdictPorts } from "./verdicts.ts";

export interface SweepPorts extends LoopPorts {
  readonly services: Pick<Services, "get" | "all">;
  readonly ledger: Pick<Ledger, "commit" | "head">;
  readonly endpointServices: Pick<EndpointServices, "connections" | "describe">;
  readonly allowList: VerdictPorts["allowList"];
  readonly organizations: VerdictPorts["organizations"];
  readonly wake: Pick<Wake, "admit" | "dns">;
  /** Without them no service's permissions follow. */
  readonly permissions?: PermissionPorts;
}

export interface Swept {
  readonly service: ServiceId;
  readonly connections: number;
  readonly events: number;
  readonly unfinished: number;
  /** Open questions, and since when the oldest of them is open. */
  readonly questions: number;
  readonly oldestQuestion?: Instant;
  /** Since when the oldest effect is due that AWS has not carried out. */
  readonly oldestUnfinished?: Instant;
  readonly error?: unknown;
  /** Its turn has not come this time. */
  readonly left?: true;
}

/** How a sweep spends its time; one service after the other, and all of them, unless told otherwise. */
export interface Pace {
  readonly servicesAtOnce?: number;
  /** Until the function is ended. */
  readonly leftMs?: () => number;
}

/** No service is begun that could not be brought to an end. */
const reserveMs = 20_000;

/**
 * Sweeps every service in care. One that fails does not keep the others from their turn, and each minute another one comes
 * first: where the time does not do for all, all are swept in turn.
 */
export async function sweep(ports: SweepPorts, { servicesAtOnce = 1, leftMs = () => Infinity }: Pace = {}): Promise<Swept[]> {
  const all = await ports.services.all();
  const first = all.length === 0 ? 0 : Math.floor(milliseconds(ports.clock()) / 60_000) % all.length;
  const swept = await concurrently([...all.slice(first), ...all.slice(0, first)], servicesAtOnce, async (service) => {
    const none = { service: service.service, connections: 0, events: 0, unfinished: 0, questions: 0 };
    if (leftMs() < reserveMs) return { ...none, left: true as const };
    try {
      return await sweepOne(ports, service);
    } catch (error) {
      return { ...none, error };
    }
  });
  return swept.filter((one) => one !== undefined);
}

/** Nothing for a service that has been released meanwhile. */
async function sweepOne(ports: SweepPorts, service: Service): Promise<Swept | undefined> {
  const isThere = await checkAcceptance(ports, service);
  const ran = await run({ ...ports, judging: ports }, { service: service.service, tasks: [], whole: { kind: "sweep" } });
  if (ran === undefined) return undefined;
  const swept = await handOver(ports, ran);
  if (await lacksPrivateDns(ports, ran.service)) await ports.wake.dns({ service: service.service, why: "sweep" });
  if (ran.standings.some(isInAZone) && isItsMinute(service.service, ports.clock()))
    await ports.wake.dns({ service: service.service, why: "compare" });
  if (!isThere || ran.service.permissions !== "follow" || ran.service.mode !== "enforce" || ports.permissions === undefined) return swept;
  try {
    await followList(ports.permissions, service.service);
    return swept;
  } catch (error) {
    return { ...swept, error };
  }
}

/** Most services have none, and cost nothing here. */
async function lacksPrivateDns(
  { clock, endpointServices }: SweepPorts,
  { service, mode, privateDnsName, privateDns }: Service,
): Promise<boolean> {
  if (mode !== "enforce" || (privateDnsName === undefined && privateDns === undefined)) return false;
  const facts = await endpointServices.describe(service);
  return facts !== undefined && nextStep(privateDnsName, privateDns, facts.privateDns, clock()) !== undefined;
}

const isInAZone = ({ kept: { connection }, service }: Standing): boolean =>
  (service.mode === "enforce" && connection.names.length > 0) || standingGrant(connection, service) !== undefined;

/**
 * Once an hour its names and its VPCs' authorizations are held against Route 53: each service in a minute of its own, so
 * that they do not all come at once.
 */
const isItsMinute = (service: ServiceId, now: Instant): boolean =>
  Number(now.slice(14, 16)) === Number.parseInt(service.slice(-6), 16) % 60;

/** What is still to be done goes to the functions that may do it. */
async function handOver({ wake }: SweepPorts, { service, standings }: Ran): Promise<Swept> {
  const lacking = (matters: (kind: Effect["kind"]) => boolean): EndpointId[] =>
    standings.filter(({ effects }) => effects.some(({ kind }) => matters(kind))).map(({ kept }) => kept.connection.endpoint);
  const hand = async (to: (look: Look) => Promise<void>, endpoints: readonly EndpointId[]): Promise<void> => {
    for (const part of pieces(endpoints, endpointsPerMessage)) await to({ service: service.service, endpoints: part, why: "sweep" });
  };
  const onAws = lacking(isOnAws);
  const onNames = lacking(isOnNames);
  await hand((look) => wake.admit(look), onAws);
  await hand((look) => wake.dns(look), onNames);
  const events = standings.reduce((sum, standing) => sum + standing.events.length, 0);
  const asked = standings.flatMap(({ kept: { connection } }) => (connection.status === "asking" ? [connection.question.at] : []));
  return {
    service: service.service,
    connections: standings.length,
    events,
    unfinished: new Set([...onAws, ...onNames]).size,
    questions: asked.length,
    ...optional("oldestQuestion", asked.toSorted()[0]),
    ...optional("oldestUnfinished", standings.flatMap(dueSince).toSorted()[0]),
  };
}

/** Since when something is to be done about a connection: since the decision, or for a name since its state. */
function dueSince({ kept: { connection }, seen, service }: Standing): Instant[] {
  const kinds = seen === undefined ? [] : gaps(connection, seen, service).map(({ kind }) => kind);
  if (kinds.some(isOnAws) && "decision" in connection) return [connection.decision.at];
  return kinds.some((kind) => isOnAws(kind) || isOnNames(kind)) ? [connection.changedAt] : [];
}

/** A service whose acceptance is switched off lets everybody in past us: that is told loudly, once. Gives whether AWS knows the service at all. */
async function checkAcceptance({ clock, endpointServices, ledger, services }: SweepPorts, { service: id }: Service): Promise<boolean> {
  const facts = await endpointServices.describe(id);
  const off = facts !== undefined && !facts.acceptanceRequired;
  // The head is read before the service, so that a change by an operator in between is a conflict and not overwritten.
  const expected = await ledger.head(serviceSubject(id));
  const service = await services.get(id);
  if (service === undefined || off === (service.acceptanceOffSince !== undefined)) return facts !== undefined;
  const at = notBefore(clock(), expected);
  const { acceptanceOffSince: _, ...rest } = service;
  const event: PolicyEvent = {
    type: off ? "AcceptanceSwitchedOff" : "AcceptanceSwitchedOn",
    service: id,
    at,
    by: { kind: "outside" },
    because: { rule: "observed", detail: `AWS shows acceptance ${off ? "not " : ""}required` },
    source: { kind: "sweep" },
  };
  const after: Service = { ...rest, version: expected.seq + 1, ...optional("acceptanceOffSince", off ? at : undefined) };
  await ledger.commit({ of: "service", key: id, after, events: [event], expected });
  return facts !== undefined;
}
