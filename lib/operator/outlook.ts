// What a change of the policy would come to for the connections there are: the loop itself, run over the change as if it were
// written, with a ledger that keeps nothing. What it foretells is what then happens, because the same functions say both.

import type { Connection } from "../connection.ts";
import { optional } from "../optional.ts";
import type { ConnectionEvent } from "../events.ts";
import { accountId, endpointId, isAccountId, type AccountId, type EndpointId, type Instant, type ServiceId } from "../ids.ts";
import { counts as countsOf, type Change, type EntryKey, type Head } from "../ledger.ts";
import { concurrently } from "../loop/concurrently.ts";
import { run } from "../loop/run.ts";
import { candidateOf, rulings } from "../loop/verdicts.ts";
import type { Observed } from "../observed.ts";
import type { Service } from "../service.ts";
import { outlookOf, type Fate, type Outlook } from "./fates.ts";
import { keptOnes, type Quiet } from "./kept.ts";
import type { OperatorPorts } from "./operator.ts";
import { all } from "./paging.ts";
import { supposing, type Supposed } from "./supposed.ts";

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
  const looks = await concurrently([...reached], servicesAtOnce, ([service, which]) => foresee(ports, supposed, counts, service, which));
  const fates = [
    ...looks.flatMap((look) => look.fates),
    ...(await keptOnes(
      ports,
      supposed,
      looks.flatMap((look) => look.quiet),
    )),
  ];
  const sorted = fates.toSorted((a, b) => (a.fate.endpoint < b.fate.endpoint ? -1 : 1));
  return outlookOf((kind) => sorted.flatMap((one) => (one.kind === kind ? [one.fate] : [])));
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

interface Fated {
  readonly kind: Kind;
  readonly fate: Fate;
}

/** What becomes of those to whom something happens; and those who are quiet, as they are then. */
async function foresee(
  ports: Ports,
  supposed: Supposed,
  counts: Map<string, number>,
  service: Service,
  which: Which,
): Promise<{ fates: Fated[]; quiet: Quiet[] }> {
  const listing = await ports.endpointServices.connections(service.service);
  const concerned = listing.filter((shown) => which === "all" || which.endpoints.has(shown.endpoint) || which.accounts.has(shown.account));
  const notes = new Map<EndpointId, { connection: Connection; events: ConnectionEvent[] }>();
  const { clock, newId, connections, organizations } = ports;
  const ran = await run(
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
  const fates = concerned.flatMap((shown) => {
    const note = notes.get(shown.endpoint);
    return note === undefined ? [] : fateOf(shown, note.connection, note.events);
  });
  const fated = new Set(fates.map(({ fate }) => fate.endpoint));
  const quiet = (ran?.standings ?? []).flatMap(({ kept: { connection }, seen, ruling }): Quiet[] =>
    seen?.listed !== true || ruling === undefined || fated.has(connection.endpoint)
      ? []
      : [{ connection, service, shown: seen.observed, ruling }],
  );
  // Whom the change lets in may take the last place of a limit before those who stay are looked at.
  const judging = { allowList: supposing(ports.allowList, supposed, counts), organizations, clock };
  const now = fates.some(({ kind }) => kind === "accepted")
    ? await rulings(
        judging,
        quiet.map(({ shown, connection }) => candidateOf(shown, connection)),
      )
    : [];
  return { fates, quiet: quiet.map((one, index) => ({ ...one, ruling: now[index] ?? one.ruling })) };
}

/** Keeps nothing but what would have been committed, and counts places as the real one does. */
function noted(
  change: Change,
  notes: Map<EndpointId, { connection: Connection; events: ConnectionEvent[] }>,
  counts: Map<string, number>,
): Head | "full" {
  if (change.of !== "connection") return change.expected;
  const { after, events, expected } = change;
  const places = countsOf(events);
  if (places.some(({ counter, add, atMost }) => add > 0 && atMost !== undefined && (counts.get(counter) ?? 0) >= atMost)) return "full";
  for (const { counter, add } of places) counts.set(counter, (counts.get(counter) ?? 0) + add);
  notes.set(after.endpoint, { connection: after, events: [...(notes.get(after.endpoint)?.events ?? []), ...events] });
  return { seq: expected.seq + events.length, hash: "" };
}

function fateOf({ endpoint, account, service }: Observed, connection: Connection, events: readonly ConnectionEvent[]): Fated[] {
  const fate = (kind: Kind, because: string, due?: Instant): Fated[] => [
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
