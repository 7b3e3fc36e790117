// What a change of the policy would come to for the connections there are: the loop itself, run over the change as if it were
// written, with a ledger that keeps nothing. What it foretells is what then happens, because the same functions say both.

import type { Entry, Removed } from "../allow-list.ts";
import { entryId } from "../allow-list.ts";
import type { Connection } from "../connection.ts";
import { optional } from "../optional.ts";
import type { ConnectionEvent } from "../events.ts";
import type { Freeze } from "../freeze.ts";
import { accountId, endpointId, isAccountId, type AccountId, type EndpointId, type Instant, type ServiceId } from "../ids.ts";
import type { Change, EntryKey, Head } from "../ledger.ts";
import { concurrently } from "../loop/concurrently.ts";
import { run } from "../loop/run.ts";
import type { Observed } from "../observed.ts";
import type { AllowList } from "../ports.ts";
import type { Service } from "../service.ts";
import type { OperatorPorts } from "./operator.ts";
import { all } from "./paging.ts";

/** Changes as if they were written. */
export interface Supposed {
  readonly entries?: readonly Entry[];
  readonly removed?: readonly Removed[];
  /** Changed, or taken into care. */
  readonly services?: readonly Service[];
  readonly released?: readonly ServiceId[];
  readonly freezes?: readonly Freeze[];
  readonly unfrozen?: readonly (ServiceId | "*")[];
}

/** What becomes of one connection. */
export interface Fate {
  readonly endpoint: EndpointId;
  readonly account: AccountId;
  readonly service: ServiceId;
  readonly because: string;
  /** When it will be cut; absent when that is at once. */
  readonly due?: Instant;
}

/** `cut` ends connections that are accepted; `spared` were to be cut and now are not. */
export interface Outlook {
  readonly accepted: readonly Fate[];
  readonly asked: readonly Fate[];
  readonly rejected: readonly Fate[];
  readonly cut: readonly Fate[];
  readonly spared: readonly Fate[];
}

type Ports = Pick<OperatorPorts, "clock" | "newId" | "services" | "connections" | "endpointServices" | "allowList" | "organizations">;

const servicesAtOnce = 4;

export async function outlook(ports: Ports, supposed: Supposed): Promise<Outlook> {
  const would = new Map((await ports.services.all()).map((service) => [service.service, service]));
  for (const service of supposed.services ?? []) would.set(service.service, service);
  for (const service of supposed.released ?? []) would.delete(service);
  const inCare = [...would.values()];
  const reached = await reach(ports, supposed, inCare);
  // One entry may count connections at several services.
  const counts = new Map<string, number>();
  const fates = await concurrently([...reached], servicesAtOnce, ([service, which]) => foresee(ports, supposed, counts, service, which));
  const sorted = fates.flat().sort((a, b) => (a.fate.endpoint < b.fate.endpoint ? -1 : 1));
  const of = (kind: Kind): Fate[] => sorted.flatMap((one) => (one.kind === kind ? [one.fate] : []));
  return { accepted: of("accepted"), asked: of("asked"), rejected: of("rejected"), cut: of("cut"), spared: of("spared") };
}

/** The connections that the change can concern at a service: these endpoints and accounts, or all of them. */
type Which = "all" | { readonly endpoints: Set<EndpointId>; readonly accounts: Set<AccountId> };

async function reach(ports: Ports, supposed: Supposed, inCare: readonly Service[]): Promise<Map<Service, Which>> {
  const reached = new Map<ServiceId, Which>();
  const everyone = (service: ServiceId | "*"): void => {
    for (const one of inCare) if (service === "*" || service === one.service) reached.set(one.service, "all");
  };
  for (const { service } of supposed.services ?? []) everyone(service);
  for (const id of [...(supposed.freezes ?? []).map((freeze) => freeze.id), ...(supposed.unfrozen ?? [])]) everyone(id);
  const keys = [...(supposed.entries ?? []), ...(supposed.removed ?? [])];
  for (const { service, principal } of keys) if (!/^(endpoint|account)#/.test(principal)) everyone(service);
  const one = (service: ServiceId): Which => reached.get(service) ?? { endpoints: new Set(), accounts: new Set() };
  const single = keys.filter(({ principal }) => /^(endpoint|account)#/.test(principal));
  const at = await placesOf(ports, single, inCare);
  for (const { service, endpoint, account } of at) {
    if (!inCare.some((its) => its.service === service)) continue;
    const which = one(service);
    if (which === "all") continue;
    if (endpoint !== undefined) which.endpoints.add(endpoint);
    if (account !== undefined) which.accounts.add(account);
    reached.set(service, which);
  }
  return new Map(
    inCare.flatMap((service) => {
      const which = reached.get(service.service);
      return which === undefined ? [] : [[service, which] as const];
    }),
  );
}

interface Place {
  readonly service: ServiceId;
  readonly endpoint?: EndpointId;
  readonly account?: AccountId;
}

/** Where entries for single consumers can matter; an entry at every service, wherever the consumer is. */
async function placesOf(ports: Ports, keys: readonly EntryKey[], inCare: readonly Service[]): Promise<Place[]> {
  const found = await concurrently(keys, 16, async ({ service, principal }): Promise<Place[]> => {
    const [kind, id = ""] = principal.split("#");
    const who = kind === "account" && isAccountId(id) ? { account: accountId(id) } : { endpoint: endpointId(id) };
    if (service !== "*") return [{ service, ...who }];
    if (inCare.length <= 1) return inCare.map((its) => ({ service: its.service, ...who }));
    if (who.account !== undefined) {
      const { items } = await all((page) => ports.connections.ofAccount(accountId(id), page), connectionsMax);
      return [...new Set(items.map((connection) => connection.service))].map((its) => ({ service: its, ...who }));
    }
    const kept = (await ports.connections.load([endpointId(id)])).get(endpointId(id));
    return kept === undefined ? [] : [{ service: kept.connection.service, ...who }];
  });
  return found.flat();
}
const connectionsMax = 10_000;

type Kind = keyof Outlook;

async function foresee(
  ports: Ports,
  supposed: Supposed,
  counts: Map<string, number>,
  service: Service,
  which: Which,
): Promise<{ kind: Kind; fate: Fate }[]> {
  const listing = await ports.endpointServices.connections(service.service);
  const concerned = listing.filter((shown) => which === "all" || which.endpoints.has(shown.endpoint) || which.accounts.has(shown.account));
  const notes = new Map<EndpointId, { connection: Connection; events: ConnectionEvent[] }>();
  const { clock, newId, connections, organizations } = ports;
  await run(
    {
      clock,
      newId,
      connections,
      services: { get: () => Promise.resolve(service) },
      endpointServices: { connections: () => Promise.resolve(listing) },
      judging: { allowList: supposing(ports.allowList, supposed, counts), organizations },
      ledger: { commit: (change) => Promise.resolve(noted(change, notes, counts)) },
    },
    { service: service.service, tasks: concerned.map(({ endpoint }) => ({ endpoint, signal: { kind: "look" }, source: { kind: "api" } })) },
  );
  return concerned.flatMap((shown) => {
    const note = notes.get(shown.endpoint);
    return note === undefined ? [] : fateOf(shown, note.connection, note.events);
  });
}

/** Keeps nothing but what would have been committed, and counts places as the real one does. */
function noted(
  change: Change,
  notes: Map<EndpointId, { connection: Connection; events: ConnectionEvent[] }>,
  counts: Map<string, number>,
): Head | "full" {
  if (change.of !== "connection") return change.expected;
  const { after, events, expected } = change;
  for (const event of events) {
    if (event.type !== "ConnectionApproved" || event.counter === undefined || event.atMost === undefined) continue;
    const count = counts.get(event.counter) ?? 0;
    if (count >= event.atMost) return "full";
    counts.set(event.counter, count + 1);
  }
  notes.set(after.endpoint, { connection: after, events: [...(notes.get(after.endpoint)?.events ?? []), ...events] });
  return { seq: expected.seq + events.length, hash: "" };
}

function fateOf(
  { endpoint, account, service }: Observed,
  connection: Connection,
  events: readonly ConnectionEvent[],
): { kind: Kind; fate: Fate }[] {
  const fate = (kind: Kind, because: string, due?: Instant): { kind: Kind; fate: Fate }[] => [
    { kind, fate: { endpoint, account, service, because, ...optional("due", due) } },
  ];
  for (const event of events.toReversed()) {
    const { detail } = event.because;
    if (event.type === "ConnectionDenied") return fate(event.revokes ? "cut" : "rejected", detail);
    if (event.type === "ConnectionApproved") return fate("accepted", detail);
    if (event.type === "ApprovalRequested") return fate("asked", detail);
    if (event.type === "RevocationAnnounced") return fate("cut", detail, event.due);
    if (event.type === "RevocationWithdrawn" && connection.status !== "denied") return fate("spared", detail);
  }
  return [];
}

/** The allow-list as it would be. */
function supposing(real: AllowList, supposed: Supposed, counts: Map<string, number>): AllowList {
  const written = new Map((supposed.entries ?? []).map((entry) => [entryId(entry), entry]));
  const removed = new Map((supposed.removed ?? []).map((tombstone) => [entryId(tombstone), tombstone]));
  const others = (keys: readonly EntryKey[]): EntryKey[] => keys.filter((key) => !written.has(entryId(key)) && !removed.has(entryId(key)));
  const own = <T>(keys: readonly EntryKey[], map: ReadonlyMap<string, T>): T[] =>
    [...new Set(keys.map(entryId))].flatMap((id) => {
      const found = map.get(id);
      return found === undefined ? [] : [found];
    });
  return {
    ...real,
    read: async (keys) => [...own(keys, written), ...(await real.read(others(keys)))],
    standing: async (keys) => {
      const there = await real.standing(others(keys));
      return { entries: [...own(keys, written), ...there.entries], removed: [...own(keys, removed), ...there.removed] };
    },
    bearing: async (service) => {
      const bearing = await real.bearing(service);
      const lifted = new Set<string>(supposed.unfrozen ?? []);
      const frozen = (supposed.freezes ?? []).filter(({ id }) => id === "*" || id === service);
      const kept = bearing.freezes.filter(({ id }) => !lifted.has(id) && !frozen.some((freeze) => freeze.id === id));
      const units = marked(supposed, bearing.units);
      return { freezes: [...frozen, ...kept].sort((a) => (a.id === "*" ? 1 : -1)), units };
    },
    counts: async (ids) => {
      const unread = ids.filter((id) => !counts.has(id));
      if (unread.length > 0) for (const [id, count] of await real.counts(unread)) if (!counts.has(id)) counts.set(id, count);
      return new Map(ids.map((id) => [id, counts.get(id) ?? 0]));
    },
  };
}

/** Entries for units and organizations that would come make them worth asking about; those that would go do no harm here. */
function marked(supposed: Supposed, units: Awaited<ReturnType<AllowList["bearing"]>>["units"]): typeof units {
  const come = (supposed.entries ?? []).filter(({ principal }) => /^(ou|org)#/.test(principal));
  const more = (marks: (typeof units)["here"], here: boolean): (typeof units)["here"] => {
    const its = come.filter(({ service }) => (service === "*") !== here);
    return { entries: marks.entries + its.length, rejects: marks.rejects + its.filter(({ verdict }) => verdict === "reject").length };
  };
  return { here: more(units.here, true), everywhere: more(units.everywhere, false) };
}
