// A batch of messages through the loop: gathered by service, run once for each, told apart again at the end.

import { optional } from "../optional.ts";
import { Fault } from "../faults.ts";
import type { EndpointId, ServiceId } from "../ids.ts";
import type { Wanted } from "../messages.ts";
import type { Connections, Services } from "../ports.ts";
import { outOfTurn } from "./pacing.ts";
import { run, type LoopPorts, type Ran, type Round, type Task } from "./run.ts";

export interface BatchPorts extends LoopPorts {
  readonly services: Pick<Services, "get" | "all">;
  readonly connections: Pick<Connections, "load" | "ofService" | "ofAccount">;
  /** Told of each service that a message names and that is not ours: the message is done with. */
  readonly notInCare?: (service: ServiceId) => void;
}

/** One message of the batch, by the id its queue gave it. */
export interface Item {
  readonly id: string;
  readonly wanted: Wanted;
}

export interface Failure {
  readonly id: string;
  readonly error: unknown;
  /** When its turn has only not come yet: it comes again after so many seconds, however often it has been received. */
  readonly againSeconds?: number;
}

/** AWS's bucket has gained some calls by then. */
const againSeconds = 5;

/** Endpoints whose turn has not come, each with the reason: their messages go back, and come again soon. */
export type Left = ReadonlyMap<EndpointId, Fault>;
const nothing: Left = new Map();

/** What was looked at, with the highest attempt that any message gave for an endpoint. */
export interface Looked {
  readonly ran: Ran;
  readonly attempts: ReadonlyMap<EndpointId, number>;
}

/**
 * Runs every message, then `finish` for each service. Gives the messages that did not go through; those of
 * the other services are done.
 */
export async function runBatch(
  ports: BatchPorts,
  items: readonly Item[],
  finish: (looked: Looked) => Promise<Left | void>,
): Promise<Failure[]> {
  const failures = new Map<string, Omit<Failure, "id">>();
  const plans = new Map<ServiceId, Gathered>();
  for (const item of items) {
    try {
      for (const [service, tasks] of await spread(ports, item.wanted)) gather(plans, service, item, tasks);
    } catch (error) {
      failures.set(item.id, { error });
    }
  }
  for (const [service, { about, round, attempts }] of plans) {
    try {
      const ran = await run(ports, { service, ...round });
      if (ran === undefined) {
        ports.notInCare?.(service);
        continue;
      }
      const left = (await finish({ ran, attempts })) ?? nothing;
      for (const [id, its] of about) {
        const [fault] = its === "all" ? left.values() : its.flatMap((endpoint) => left.get(endpoint) ?? []);
        if (fault !== undefined) failures.set(id, { error: fault, ...(fault.code === outOfTurn ? { againSeconds } : {}) });
      }
      for (const { id, wanted } of items) if (about.has(id) && isUntold(wanted, ran)) failures.set(id, { error: notListedYet(wanted) });
    } catch (error) {
      for (const id of about.keys()) failures.set(id, { error });
    }
  }
  return [...failures].map(([id, failure]) => ({ id, ...failure }));
}

/** What a message tells of a connection that neither AWS lists yet nor we hold would be lost with it: it comes again. */
const isUntold = ({ signal, services, endpoints }: Wanted, { unknown }: Ran): boolean =>
  signal.kind !== "look" && services !== "all" && endpoints.some((endpoint) => unknown.includes(endpoint));
const notListedYet = ({ endpoints }: Wanted): Fault =>
  new Fault("NotListedYet", endpoints.join(", "), "AWS does not list it yet; the message comes again", true);

interface Gathered {
  /** The messages' ids, each with what it is about. */
  readonly about: Map<string, readonly EndpointId[] | "all">;
  round: Omit<Round, "service">;
  readonly attempts: Map<EndpointId, number>;
}

function gather(plans: Map<ServiceId, Gathered>, service: ServiceId, { id, wanted }: Item, tasks: readonly Task[] | "whole"): void {
  const at: Gathered = plans.get(service) ?? { about: new Map(), round: { tasks: [] }, attempts: new Map() };
  plans.set(service, at);
  at.about.set(id, tasks === "whole" ? "all" : tasks.map(({ endpoint }) => endpoint));
  if (tasks === "whole") at.round = { ...at.round, whole: at.round.whole ?? wanted.source };
  else at.round = { ...at.round, tasks: distinct([...at.round.tasks, ...tasks]) };
  for (const endpoint of wanted.endpoints) at.attempts.set(endpoint, Math.max(wanted.attempt, at.attempts.get(endpoint) ?? 0));
}

/** Which services and connections a message is about. */
async function spread(ports: BatchPorts, wanted: Wanted): Promise<Map<ServiceId, Task[] | "whole">> {
  const { endpoints, signal, source, account } = wanted;
  const task = (endpoint: EndpointId): Task => ({ endpoint, signal, source });
  const services = wanted.services === "all" ? (await ports.services.all()).map(({ service }) => service) : wanted.services;
  if (endpoints.length > 0) return new Map(services.map((service) => [service, endpoints.map(task)]));
  if (account === undefined) return new Map(services.map((service) => [service, "whole"]));
  const found = new Map<ServiceId, Task[]>();
  let cursor: string | undefined;
  do {
    const page = await ports.connections.ofAccount(account, optional("cursor", cursor));
    for (const { service, endpoint } of page.items)
      if (services.includes(service)) found.set(service, [...(found.get(service) ?? []), task(endpoint)]);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return found;
}

/** Three messages that only say look are one look. */
function distinct(tasks: readonly Task[]): Task[] {
  const looks = new Set<EndpointId>();
  return tasks.filter(({ endpoint, signal }) => signal.kind !== "look" || (!looks.has(endpoint) && looks.add(endpoint)));
}
