// Keeps an endpoint service's permissions with the allow-list, where the service says so: strangers cannot even ask.

import type { Entry } from "../allow-list.ts";
import { optional } from "../optional.ts";
import type { ServiceId } from "../ids.ts";
import { notBefore, serviceSubject } from "../ledger.ts";
import {
  accountsMax,
  permissionChanges,
  wantedAccounts,
  type Allowed,
  type PermissionChanges,
  type Permit,
  type Wanted,
} from "../permissions.ts";
import type { AllowList, Clock, EndpointServices, Ledger, Permits, Services } from "../ports.ts";
import { pieces } from "./concurrently.ts";

export interface PermissionPorts {
  readonly clock: Clock;
  readonly services: Pick<Services, "get">;
  readonly ledger: Pick<Ledger, "commit" | "head">;
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
 * Adds what is lacking and takes back what it added itself. What is to be added is written down as ours before AWS is told,
 * so that it is never left behind; what somebody else added is never ours. It stays ours for an hour, since the call that
 * adds it may be on its way for long. Where the list cannot say it, nothing changes.
 */
export async function followList(ports: PermissionPorts, service: ServiceId): Promise<PermissionChanges> {
  const { changes } = await permissionState(ports, service);
  const { add, remove, forget } = changes;
  for (const account of add) await ports.permits.keep(service, { account, at: ports.clock() });
  const parts = Math.max(Math.ceil(add.length / accountsPerCall), Math.ceil(remove.length / accountsPerCall));
  const [adding, removing] = [pieces(add, accountsPerCall), pieces(remove, accountsPerCall)];
  for (let part = 0; part < parts; part += 1) await ports.endpointServices.allow(service, adding[part] ?? [], removing[part] ?? []);
  for (const permit of forget) await ports.permits.forget(service, permit);
  if (add.length > 0 || remove.length > 0) await record(ports, service, changes);
  return changes;
}

/** Said after it is done; who changes the service at the same moment has the next word, and the sweep says it again if need be. */
async function record({ clock, ledger, services }: PermissionPorts, id: ServiceId, { add, remove }: PermissionChanges): Promise<void> {
  const expected = await ledger.head(serviceSubject(id));
  const service = await services.get(id);
  if (service === undefined) return;
  await ledger.commit({
    of: "service",
    key: id,
    after: { ...service, version: expected.seq + 1 },
    events: [
      {
        type: "PermissionsFollowed",
        service: id,
        added: add.slice(0, toldMax),
        removed: remove.slice(0, toldMax),
        at: notBefore(clock(), expected),
        by: { kind: "drawbridge" },
        because: { rule: "effect", detail: `${String(add.length)} added, ${String(remove.length)} removed, as the allow-list says` },
        source: { kind: "sweep" },
      },
    ],
    expected,
  });
}
const toldMax = 100;

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
