// Keeps an endpoint service's permissions with the allow-list, where the service says so: strangers cannot even ask.

import type { Entry } from "../allow-list.ts";
import { canonical } from "../canonical.ts";
import type { PolicyEvent } from "../events.ts";
import { Fault } from "../faults.ts";
import { optional } from "../optional.ts";
import type { AccountId, ServiceId } from "../ids.ts";
import { isEvent, notBefore, serviceSubject } from "../ledger.ts";
import {
  accountsMax,
  permissionChanges,
  wantedAccounts,
  type Allowed,
  type PermissionChanges,
  type Permit,
  type Wanted,
} from "../permissions.ts";
import { resting } from "../plan.ts";
import type { AllowList, Clock, EndpointServices, Ledger, Permits, Services } from "../ports.ts";
import { pieces } from "./concurrently.ts";

export interface PermissionPorts {
  readonly clock: Clock;
  readonly services: Pick<Services, "get">;
  readonly ledger: Pick<Ledger, "commit" | "head" | "history">;
  readonly allowList: Pick<AllowList, "ofService">;
  readonly endpointServices: Pick<EndpointServices, "allowed" | "allow">;
  readonly permits: Permits;
}

type StatePorts = Pick<PermissionPorts, "clock" | "allowList" | "permits"> & {
  readonly endpointServices: Pick<EndpointServices, "allowed">;
};

/** How the permissions stand: what is lacking is drift, which the next sweep heals. */
export interface PermissionState {
  readonly wanted: Wanted;
  readonly allowed: Allowed;
  /** What Drawbridge added itself. */
  readonly ours: readonly Permit[];
  readonly changes: PermissionChanges;
}

const nothing: PermissionChanges = { add: [], remove: [], forget: [] };
const accountsPerCall = 50;

export async function permissionState(ports: StatePorts, service: ServiceId): Promise<PermissionState> {
  const [entries, allowed, ours] = await Promise.all([
    entriesOf(ports, service),
    ports.endpointServices.allowed(service),
    ports.permits.of(service),
  ]);
  const now = ports.clock();
  const wanted: Wanted = "cannot" in entries ? entries : wantedAccounts(entries.list, now);
  const changes = "cannot" in wanted ? nothing : permissionChanges(wanted.accounts, allowed, ours, now);
  return { wanted, allowed, ours, changes };
}

/**
 * Adds what is lacking and takes back what it added itself. The log says so before AWS is told, one event for each call, and
 * what is to be added is written down as ours, so that it is never left behind; what somebody else added is never ours. It stays
 * ours for an hour, since the call that adds it may be on its way for long. Where the list cannot say it, nothing changes.
 */
export async function followList(ports: PermissionPorts, service: ServiceId): Promise<PermissionChanges> {
  const { changes } = await permissionState(ports, service);
  const { add, remove, forget } = changes;
  const parts = Math.max(Math.ceil(add.length / accountsPerCall), Math.ceil(remove.length / accountsPerCall));
  const [adding, removing] = [pieces(add, accountsPerCall), pieces(remove, accountsPerCall)];
  for (let part = 0; part < parts; part += 1) {
    const call = { added: adding[part] ?? [], removed: removing[part] ?? [] };
    if ((await ask(ports, service, call)) === "rests") return nothing;
  }
  for (const permit of forget) await ports.permits.forget(service, permit);
  return changes;
}

interface Call {
  readonly added: readonly AccountId[];
  readonly removed: readonly AccountId[];
}

/** One call; where the same one was refused last, it rests like every other before the next try. */
async function ask(ports: PermissionPorts, service: ServiceId, call: Call): Promise<"rests" | "asked"> {
  const { clock, permits, endpointServices } = ports;
  const failed = await lastFailed(ports, service, call);
  if (failed !== undefined && resting({ count: failed.count, last: failed.at }, clock())) return "rests";
  const detail = `${String(call.added.length)} to be added, ${String(call.removed.length)} to be removed, as the allow-list says`;
  if (!(await record(ports, service, { type: "PermissionsFollowed", service, ...call }, detail))) return "rests";
  for (const account of call.added) await permits.keep(service, { account, at: clock() });
  try {
    await endpointServices.allow(service, call.added, call.removed);
    return "asked";
  } catch (error) {
    const { code, message } = error instanceof Fault ? error : { code: "Failed", message: String(error) };
    const tries = { first: failed?.first ?? clock(), count: (failed?.count ?? 0) + 1 };
    await record(ports, service, { type: "PermissionsFailed", service, ...call, code, message, ...tries }, `AWS refused: ${code}`);
    throw error;
  }
}

/** So far back a service's story is read for what was refused last. */
const eventsRead = 10;

async function lastFailed(
  { ledger }: Pick<PermissionPorts, "ledger">,
  service: ServiceId,
  call: Call,
): Promise<Extract<PolicyEvent, { type: "PermissionsFailed" }> | undefined> {
  const { items } = await ledger.history(serviceSubject(service), { limit: eventsRead, newestFirst: true });
  const last = items
    .filter(isEvent)
    .map(({ event }) => event)
    .find(({ type }) => type === "PermissionsFailed" || type === "PermissionsFollowed");
  const isSame = last?.type === "PermissionsFailed" && canonical([last.added, last.removed]) === canonical([call.added, call.removed]);
  return isSame ? last : undefined;
}

type Without<E> = E extends PolicyEvent ? Omit<E, "at" | "by" | "because" | "source"> : never;
type Told = Without<Extract<PolicyEvent, { type: "PermissionsFollowed" | "PermissionsFailed" }>>;

const triesMax = 5;

/** False where the service is no longer in care. Whoever changes it at the same moment comes first. */
async function record({ clock, ledger, services }: PermissionPorts, id: ServiceId, told: Told, detail: string): Promise<boolean> {
  for (let tries = 1; tries <= triesMax; tries += 1) {
    const expected = await ledger.head(serviceSubject(id));
    const service = await services.get(id);
    if (service === undefined) return false;
    const event: PolicyEvent = {
      ...told,
      at: notBefore(clock(), expected),
      by: { kind: "drawbridge" },
      because: { rule: "effect", detail },
      source: { kind: "sweep" },
    };
    const head = await ledger.commit({
      of: "service",
      key: id,
      after: { ...service, version: expected.seq + 1 },
      events: [event],
      expected,
    });
    if (typeof head !== "string") return true;
  }
  throw new Fault("Contended", serviceSubject(id), `changed under ${String(triesMax)} commits`, true);
}

/** All entries that bear on the service; or why they cannot be followed: they are too many, or one cannot be read. */
async function entriesOf(
  { allowList }: Pick<PermissionPorts, "allowList">,
  service: ServiceId,
): Promise<{ readonly list: readonly Entry[] } | { readonly cannot: string }> {
  const list: Entry[] = [];
  for (const at of [service, "*"] as const) {
    let cursor: string | undefined;
    do {
      const page = await allowList.ofService(at, optional("cursor", cursor));
      for (const found of page.items) {
        if ("unreadable" in found) return { cannot: `the entry for ${found.principal.replace("#", " ")} cannot be read` };
        list.push(found);
      }
      if (list.length > 2 * accountsMax) return { cannot: "the list has too many entries to follow" };
      cursor = page.cursor;
    } while (cursor !== undefined);
  }
  return { list };
}
