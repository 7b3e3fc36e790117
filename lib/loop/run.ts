// The loop every function runs, up to the plan: observe, decide, commit, plan. Whoever runs it performs: commit comes before act, always.

import type { Approver } from "../approver.ts";
import { askingOf, silentUntil } from "../asking-policy.ts";
import { concurrently } from "./concurrently.ts";
import { evolve, isDone, type Connection } from "../connection.ts";
import { optional } from "../optional.ts";
import { decide, type Known as Facts, type Signal } from "../decide.ts";
import type { ConnectionEvent, Source } from "../events.ts";
import { Fault } from "../faults.ts";
import type { EndpointId, ServiceId } from "../ids.ts";
import { noHead, notBefore, type EntryChange, type Kept } from "../ledger.ts";
import { isOver, waits, type Observed, type Seen } from "../observed.ts";
import { plan, type Effect } from "../plan.ts";
import type { Approvers, Clock, Connections, EndpointServices, Ledger, NewId, Services } from "../ports.ts";
import type { Service } from "../service.ts";
import { candidateOf, verdicts, type Candidate, type Ruling, type VerdictPorts } from "./verdicts.ts";

/** What the loop needs. Without `endpointServices` it does not look at AWS, without `judging` it gives no verdicts. */
export interface LoopPorts {
  readonly clock: Clock;
  readonly newId: NewId;
  readonly services: Pick<Services, "get">;
  readonly connections: Pick<Connections, "load" | "ofService">;
  readonly ledger: Pick<Ledger, "commit">;
  readonly endpointServices?: Pick<EndpointServices, "connections">;
  readonly judging?: Omit<VerdictPorts, "clock">;
  readonly approvers?: Pick<Approvers, "all">;
}

/** For a run that commits what is known already: it neither looks at AWS nor judges. */
export const commitOnly = ({ clock, newId, services, connections, ledger }: LoopPorts): LoopPorts => ({
  clock,
  newId,
  services,
  connections,
  ledger,
});

/** One thing to look at: an endpoint with its signal, or a whole service. */
export interface Task {
  readonly endpoint: EndpointId;
  readonly signal: Signal;
  readonly source: Source;
  /** Only if the record is still at this version: what was done rests on it. */
  readonly asOf?: number;
  /** What else an answer writes with its decision; made anew for each try. Nothing when it decides nothing. */
  readonly also?: (events: readonly ConnectionEvent[]) => Promise<EntryChange | undefined>;
}
export interface Round {
  readonly service: ServiceId;
  readonly tasks: readonly Task[];
  /** Look at every connection that AWS lists or we hold, besides the tasks. */
  readonly whole?: Source;
}

/** Where a connection stands after the commit, and what the world still lacks. */
export interface Standing {
  readonly kept: Kept;
  readonly seen?: Seen;
  /** What the list says of it; absent where nobody was judged. */
  readonly ruling?: Ruling;
  readonly service: Service;
  readonly events: readonly string[];
  readonly effects: readonly Effect[];
}

export interface Ran {
  readonly service: Service;
  readonly standings: readonly Standing[];
  /** Endpoints that neither AWS nor we know: AWS's list may lag behind its own notification. */
  readonly unknown: readonly EndpointId[];
}

/** How often a commit that met another writer is tried again before the message is given back to its queue. */
const commitsMax = 5;
const commitsAtOnce = 16;

/** Runs the loop for one service up to the plan. Nothing is performed here. Gives nothing for a service not in care. */
export async function run(ports: LoopPorts, round: Round): Promise<Ran | undefined> {
  const service = await ports.services.get(round.service);
  if (service === undefined) return undefined;
  const standings = new Map<EndpointId, Standing>();
  const unknown: EndpointId[] = [];
  let { tasks, whole } = round;
  for (let tries = 1; tasks.length > 0 || whole !== undefined; tries += 1) {
    if (tries > commitsMax)
      throw new Fault(
        "Contended",
        "the record",
        `${tasks.map(({ endpoint }) => endpoint).join(", ")} changed under ${String(commitsMax)} commits`,
        true,
      );
    const results = await once(ports, service, tasks, whole);
    for (const { endpoint, standing, again } of results) {
      if (standing !== undefined) standings.set(standing.kept.connection.endpoint, standing);
      else if (again.length === 0) unknown.push(endpoint);
    }
    tasks = results.flatMap(({ again }) => again);
    whole = undefined;
  }
  return { service, standings: [...standings.values()], unknown };
}

interface Result {
  readonly endpoint: EndpointId;
  readonly standing?: Standing;
  /** Tasks whose commit met another writer. */
  readonly again: readonly Task[];
  /** The entry's limit was reached before this one. */
  readonly full?: true;
}

/** Records are read before AWS is, so that what AWS shows is never older than the record it is held against. */
async function once(ports: LoopPorts, service: Service, tasks: readonly Task[], whole: Source | undefined): Promise<Result[]> {
  const held = whole === undefined ? [] : await heldBy(ports, service.service);
  const asked = [...new Set([...tasks.map(({ endpoint }) => endpoint), ...held])];
  const records = await ports.connections.load(asked);
  const askedAt = ports.clock();
  const listing = ports.endpointServices === undefined ? undefined : byEndpoint(await ports.endpointServices.connections(service.service));
  const work = grouped([...tasks, ...unasked(tasks, whole, [...held, ...(listing?.keys() ?? [])])]);
  const late = await lateRecords(
    ports,
    [...work.keys()].filter((endpoint) => !asked.includes(endpoint)),
  );
  for (const [endpoint, kept] of late) if (isFinal(kept, listing?.get(endpoint)) && late.delete(endpoint)) records.set(endpoint, kept);
  const rulings = await judged(ports, [...work.keys()], records, listing);
  const approvers = await whoWasAsked(ports, service, [...records.values()], rulings);
  const one = async ([endpoint, its]: [EndpointId, Task[]]): Promise<Result> => {
    if (late.has(endpoint)) return { endpoint, again: its };
    const seen = listing === undefined ? undefined : seenAs(listing.get(endpoint));
    const facts = { service, askedAt, ...optional("seen", seen), ...rulings.get(endpoint), ...optional("approvers", approvers) };
    return settle(ports, facts, endpoint, its, records.get(endpoint));
  };
  const lanes = Map.groupBy(work, ([endpoint]) => rulings.get(endpoint)?.judgement.limit?.counter ?? endpoint);
  const turn = (endpoint: EndpointId): string => turnOf(records.get(endpoint)?.connection, listing?.get(endpoint)) + endpoint;
  const ordered = (lane: [EndpointId, Task[]][]): [EndpointId, Task[]][] => lane.toSorted(([a], [b]) => (turn(a) < turn(b) ? -1 : 1));
  return (await concurrently([...lanes.values()], commitsAtOnce, (lane) => inTurn(ordered(lane), one))).flat();
}

/** Under a limit, who is connected has their place already; of those who wait, who has waited longest comes first. */
function turnOf(record: Connection | undefined, shown: Observed | undefined): string {
  const isWaiting = record === undefined ? shown !== undefined && waits(shown.state) : isOpen(record);
  return `${isWaiting ? "1" : "0"} ${shown?.createdAt ?? record?.createdAt ?? record?.seenAt ?? "?"} `;
}
const isOpen = ({ status }: Connection): boolean => status === "requested" || status === "asking";

/** Those that count against one limit go one after the other; from the first on that finds it full, all are judged again. */
async function inTurn(lane: readonly [EndpointId, Task[]][], one: (work: [EndpointId, Task[]]) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  let full = false;
  for (const [endpoint, its] of lane) {
    const result: Result = full ? { endpoint, again: its } : await one([endpoint, its]);
    full ||= result.full === true;
    results.push(result);
  }
  return results;
}

/** Decides and commits the tasks of one connection, one after the other. */
async function settle(
  ports: LoopPorts,
  facts: Omit<Facts, "now" | "source" | "nextQuestion">,
  endpoint: EndpointId,
  tasks: readonly Task[],
  before: Kept | undefined,
): Promise<Result> {
  const { service, seen, judgement, judgedAt, holder } = facts;
  if (before !== undefined && before.connection.service !== service.service) return { endpoint, again: [] };
  let kept = before;
  const types: string[] = [];
  for (const [index, { signal, source, asOf, also: besides }] of tasks.entries()) {
    if (asOf !== undefined && asOf !== before?.connection.seq) continue;
    const now = notBefore(ports.clock(), kept?.head ?? noHead);
    const events = decide(kept?.connection, signal, { ...facts, now, source, nextQuestion: ports.newId() });
    if (events.length === 0) continue;
    const after = events.reduce<Connection | undefined>(evolve, kept?.connection);
    if (after === undefined) continue;
    const also = await besides?.(events);
    const head = await ports.ledger.commit({ of: "connection", after, events, expected: kept?.head ?? noHead, ...optional("also", also) });
    if (head === "claimed") continue;
    if (head === "conflict") return { endpoint, again: tasks.slice(index) };
    if (head === "full") return { endpoint, again: tasks.slice(index), full: true };
    kept = { connection: after, head };
    types.push(...events.map(({ type }) => type));
  }
  if (kept === undefined) return { endpoint, again: [] };
  const effects = seen === undefined ? [] : plan(kept.connection, seen, service, ports.clock());
  const ruling = judgement && judgedAt && { judgement, judgedAt, ...optional("holder", holder) };
  const standing = { kept, service, effects, events: types, ...optional("seen", seen), ...optional("ruling", ruling) };
  return { endpoint, standing, again: [] };
}

/** AWS goes on listing an endpoint for a while after its end: nothing can follow, so there is nothing to look at again. */
const isFinal = ({ connection }: Kept, shown: Observed | undefined): boolean =>
  isDone(connection) && shown !== undefined && isOver(shown.state);

/** Connections that the index lags behind on: they are taken up in the next turn, their records before AWS. */
async function lateRecords(ports: LoopPorts, endpoints: readonly EndpointId[]): Promise<Map<EndpointId, Kept>> {
  return endpoints.length === 0 ? new Map() : ports.connections.load(endpoints);
}

async function heldBy(ports: LoopPorts, service: ServiceId): Promise<EndpointId[]> {
  const held: EndpointId[] = [];
  let cursor: string | undefined;
  do {
    const page = await ports.connections.ofService(service, optional("cursor", cursor));
    held.push(...page.items.filter((connection) => !isDone(connection)).map(({ endpoint }) => endpoint));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return held;
}

/** Read only where silence is about to decide: it says nothing before a message can have reached somebody. */
async function whoWasAsked(
  { approvers, clock }: LoopPorts,
  service: Service,
  records: readonly Kept[],
  rulings: ReadonlyMap<EndpointId, Ruling>,
): Promise<Approver[] | undefined> {
  const now = clock();
  const over = ({ connection }: Kept): boolean => {
    if (connection.status !== "asking") return false;
    const asking = askingOf(service, rulings.get(connection.endpoint)?.judgement);
    return asking.silence === "reject" && silentUntil(asking, connection.question) <= now;
  };
  return records.some(over) ? approvers?.all() : undefined;
}

/** The verdicts on all that can still be decided. */
async function judged(
  ports: LoopPorts,
  endpoints: readonly EndpointId[],
  records: ReadonlyMap<EndpointId, Kept>,
  listing: ReadonlyMap<EndpointId, Observed> | undefined,
): Promise<Map<EndpointId, Ruling>> {
  const { clock, judging } = ports;
  if (judging === undefined) return new Map();
  const candidates = endpoints.flatMap((endpoint): Candidate[] => {
    const shown = listing?.get(endpoint);
    const record = records.get(endpoint)?.connection;
    const facts = shown ?? record;
    // A closed connection that AWS shows again is found in this very look, and judged like any other.
    const over = record?.status === "denied" || (record?.status === "closed" && (shown === undefined || isOver(shown.state)));
    if (facts === undefined || over) return [];
    return [candidateOf(facts, record)];
  });
  return verdicts({ clock, allowList: judging.allowList, organizations: judging.organizations }, candidates);
}

const unasked = (tasks: readonly Task[], whole: Source | undefined, known: readonly EndpointId[]): Task[] => {
  if (whole === undefined) return [];
  const asked = new Set(tasks.map(({ endpoint }) => endpoint));
  return [...new Set(known)]
    .filter((endpoint) => !asked.has(endpoint))
    .map((endpoint) => ({ endpoint, signal: { kind: "look" }, source: whole }));
};

const grouped = (tasks: readonly Task[]): Map<EndpointId, Task[]> => Map.groupBy(tasks, ({ endpoint }) => endpoint);
const byEndpoint = (listing: readonly Observed[]): Map<EndpointId, Observed> =>
  new Map(listing.map((observed) => [observed.endpoint, observed]));
const seenAs = (observed: Observed | undefined): Seen => (observed === undefined ? { listed: false } : { listed: true, observed });
