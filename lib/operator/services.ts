// Services under care: taken in, enforced, shown and released.

import type { Status } from "../connection-states.ts";
import type { Connection } from "../connection.ts";
import { optional } from "../optional.ts";
import type { PolicyEvent } from "../events.ts";
import { Refused } from "../faults.ts";
import type { Freeze } from "../freeze.ts";
import { unsaid } from "../grounds.ts";
import type { ServiceId } from "../ids.ts";
import { isEvent, notBefore, serviceSubject } from "../ledger.ts";
import { run } from "../loop/run.ts";
import type { ServiceFacts } from "../ports.ts";
import type { Service } from "../service.ts";
import { askingProblems } from "./asking-together.ts";
import { historyOf, type Told } from "./history.ts";
import { addedService, aService, enforcedService, read, releasedService } from "./inputs.ts";
import { byOperator, untilCommitted, type Operator, type OperatorPorts } from "./operator.ts";
import { all } from "./paging.ts";
import { permissionDrift, type Problem } from "./permission-drift.ts";
import { obstaclesOf, survey, type Zone } from "./service-survey.ts";

export interface Added {
  readonly service: Service;
  readonly changed: boolean;
  /** How the connections that were there stand now; absent when they are so many that the workers record them. */
  readonly recorded?: { readonly adopted: number; readonly requested: number };
}

/** So many connections are recorded within the request's own time; more are left to `admit` and the sweep. */
const recordedAtOnceMax = 500;

/** Takes a service into care; safe to repeat. What is connected is recorded as adopted, and what waits is decided next. */
export async function add(ports: OperatorPorts, actor: Operator, input: unknown): Promise<Added> {
  const { service, zone: wantedZone, mode, outsideAccept, reason } = read(addedService, input);
  const { zone, facts, obstacles } = await survey(ports, service, wantedZone);
  const [obstacle] = obstacles;
  if (obstacle !== undefined) throw obstacle;
  const notification = await ports.endpointServices.notify(service, ports.deployment.topic);
  const wanted = {
    service,
    mode,
    outsideAccept,
    notification,
    ...optional("zone", zone),
    ...optional("serviceName", facts?.serviceName),
  };
  const kept = await untilCommitted(service, () => keep(ports, actor, wanted, reason));
  const recorded = await recordThere(ports, service);
  await ports.wake.admit({ service, why: "added" });
  return { ...kept, ...optional("recorded", recorded) };
}

type Wanted = Pick<Service, "service" | "mode" | "outsideAccept" | "notification" | "serviceName"> & { readonly zone?: Zone };

/** One try: the record and its event; nothing when it is as wanted already. */
async function keep(
  ports: OperatorPorts,
  actor: Operator,
  wanted: Wanted,
  reason: string = unsaid.addService,
): Promise<{ service: Service; changed: boolean } | "conflict"> {
  const expected = await ports.ledger.head(serviceSubject(wanted.service));
  const before = await ports.services.get(wanted.service);
  if (before !== undefined) {
    refuseOther(before, wanted);
    if (before.notification === wanted.notification) return { service: before, changed: false };
  }
  const at = notBefore(ports.clock(), expected);
  const after: Service =
    before === undefined
      ? { ...wanted, addedAt: at, addedBy: actor.arn, version: expected.seq + 1 }
      : { ...before, ...optional("notification", wanted.notification), version: expected.seq + 1 };
  const event: PolicyEvent =
    before === undefined
      ? {
          type: "ServiceAdded",
          service: wanted.service,
          to: after,
          at,
          ...byOperator(actor, reason),
        }
      : {
          type: "ServiceChanged",
          service: wanted.service,
          from: before,
          to: after,
          at,
          ...byOperator(actor, "its connection notification was made anew"),
        };
  const head = await ports.ledger.commit({
    of: "service",
    key: wanted.service,
    after,
    events: [event],
    expected,
  });
  return typeof head === "string" ? "conflict" : { service: after, changed: true };
}

function refuseOther(before: Service, wanted: Wanted): void {
  const differs = [
    ...(before.mode === wanted.mode ? [] : [`mode ${before.mode}`]),
    ...(before.zone?.id === wanted.zone?.id ? [] : [before.zone === undefined ? "no zone" : `zone ${before.zone.name}`]),
    ...(before.outsideAccept === wanted.outsideAccept ? [] : [`accepts outside: ${before.outsideAccept}`]),
  ];
  if (differs.length === 0) return;
  const enforcing = before.mode === "observe" && wanted.mode === "enforce" && differs.length === 1;
  throw new Refused(
    "AlreadyInCare",
    `${before.service} is in care already, with ${differs.join(", ")}`,
    enforcing
      ? `turn it on with: drawbridge services enforce ${before.service}`
      : `change it with: drawbridge services set ${before.service}`,
  );
}

/** The loop looks at the whole service once, without the allow-list: what AWS shows is recorded, deciding is for `admit`. */
async function recordThere(ports: OperatorPorts, service: ServiceId): Promise<Added["recorded"]> {
  const shown = await ports.endpointServices.connections(service);
  if (shown.length > recordedAtOnceMax) return undefined;
  const { clock, newId, services, connections, ledger, endpointServices } = ports;
  const ran = await run({ clock, newId, services, connections, ledger, endpointServices }, { service, tasks: [], whole: { kind: "api" } });
  const standing = (status: Status): number => (ran?.standings ?? []).filter(({ kept }) => kept.connection.status === status).length;
  return { adopted: standing("adopted"), requested: standing("requested") };
}

/** From observing to acting; `admit` is woken by the event. */
export async function enforce(ports: OperatorPorts, actor: Operator, input: unknown): Promise<{ service: Service; changed: boolean }> {
  const { service, reason } = read(enforcedService, input);
  return untilCommitted(service, async () => {
    const expected = await ports.ledger.head(serviceSubject(service));
    const before = await inCare(ports, service);
    if (before.mode === "enforce") return { service: before, changed: false };
    const after: Service = { ...before, mode: "enforce", version: expected.seq + 1 };
    const event: PolicyEvent = {
      type: "ServiceEnforced",
      service,
      at: notBefore(ports.clock(), expected),
      ...byOperator(actor, reason ?? unsaid.enforceService),
    };
    const head = await ports.ledger.commit({
      of: "service",
      key: service,
      after,
      events: [event],
      expected,
    });
    return typeof head === "string" ? "conflict" : { service: after, changed: true };
  });
}

/** Releases a service. Its connections stay as they are, at AWS and here; adding it again goes on from there. */
export async function remove(ports: OperatorPorts, actor: Operator, input: unknown): Promise<{ service: Service; changed: true }> {
  const { service, version, reason } = read(releasedService, input);
  return untilCommitted(service, async () => {
    const expected = await ports.ledger.head(serviceSubject(service));
    const before = await inCare(ports, service);
    if (version !== undefined) await refuseOtherVersion(ports, before, version);
    if (before.notification !== undefined) await ports.endpointServices.stopNotifying(before.notification);
    const event: PolicyEvent = {
      type: "ServiceRemoved",
      service,
      from: before,
      at: notBefore(ports.clock(), expected),
      ...byOperator(actor, reason ?? unsaid.removeService),
    };
    const head = await ports.ledger.commit({
      of: "service",
      key: service,
      events: [event],
      expected,
    });
    return typeof head === "string" ? "conflict" : { service: before, changed: true };
  });
}

/** Who saw a version, saw what people set. What Drawbridge itself noted since stands in nobody's way. */
export async function refuseOtherVersion(
  { ledger }: Pick<OperatorPorts, "ledger">,
  { service, version: now }: Service,
  seen: number,
): Promise<void> {
  if (now === seen || (seen < now && (await isOnlyNoted(ledger, service, seen)))) return;
  throw new Refused(
    "VersionClash",
    `${service} is not at version ${String(seen)}: its settings are at version ${String(now)} now`,
    "look at it again, and repeat the command",
  );
}

/** Far more than Drawbridge notes between a look and a command. */
const notedMax = 100;
const noted: ReadonlySet<string> = new Set<PolicyEvent["type"]>([
  "ServiceAttributed",
  "AcceptanceSwitchedOff",
  "AcceptanceSwitchedOn",
  "PrivateDnsChanged",
  "PermissionsFollowed",
  "PermissionsFailed",
]);

async function isOnlyNoted(ledger: OperatorPorts["ledger"], service: ServiceId, seen: number): Promise<boolean> {
  const { items } = await ledger.history(serviceSubject(service), { limit: notedMax, newestFirst: true });
  const since = items.filter(({ seq }) => seq > seen);
  // The version seen is among them: else there may be more between.
  return items.length > since.length && since.every((row) => isEvent(row) && noted.has(row.event.type));
}

export const list = async (ports: OperatorPorts): Promise<{ items: Service[] }> => ({
  items: await ports.services.all(),
});

export interface Shown {
  readonly service: Service;
  readonly facts?: ServiceFacts;
  /** What keeps Drawbridge from doing its work here, each with its remedy; empty when all is well. */
  readonly problems: readonly Problem[];
  readonly counts: Readonly<Partial<Record<Status, number>>>;
  /** Its own freeze, and that of every service. */
  readonly freezes: readonly Freeze[];
  /** Whether `counts` counts them all. */
  readonly counted: boolean;
  readonly history: readonly Told[];
}

const countedMax = 5000;

export async function show(ports: OperatorPorts, input: unknown): Promise<Shown> {
  const { service: id } = read(aService, input);
  const service = await inCare(ports, id);
  const [facts, notification, connections, { history }, { freezes }, drift, unasked] = await Promise.all([
    ports.endpointServices.describe(id),
    ports.endpointServices.notification(id, ports.deployment.topic),
    all((page) => ports.connections.ofService(id, page), countedMax),
    historyOf(ports.ledger, serviceSubject(id)),
    ports.allowList.bearing(id),
    permissionDrift(ports, service),
    askingProblems(ports, service),
  ]);
  const unheard = {
    message: `AWS does not notify Drawbridge of ${id}'s connections: it learns of them by its sweep only`,
    remedy: "make the notification anew by repeating services add",
  };
  return {
    service,
    ...optional("facts", facts),
    problems: [
      ...obstaclesOf(id, facts).map(({ message, remedy }) => ({ message, remedy })),
      ...(facts !== undefined && notification === undefined ? [unheard] : []),
      ...drift,
      ...unasked,
    ],
    freezes,
    counts: counted(connections.items),
    counted: connections.complete,
    history,
  };
}

const counted = (connections: readonly Connection[]): Shown["counts"] =>
  Object.fromEntries([...Map.groupBy(connections, ({ status }) => status)].map(([status, its]) => [status, its.length]));

export async function inCare(ports: Pick<OperatorPorts, "services">, service: ServiceId): Promise<Service> {
  const found = await ports.services.get(service);
  if (found === undefined)
    throw new Refused(
      "NotInCare",
      `${service} is not in Drawbridge's care`,
      `take it into care with: drawbridge services add ${service}, or see which are with: drawbridge services`,
    );
  return found;
}
