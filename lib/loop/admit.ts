// What `admit` does with its messages: the allow-list's verdict is committed, then EC2 is told, many ids in one call.

import { optional } from "../connection.ts";
import type { EndpointId } from "../ids.ts";
import { isAccepted, type AwsState, type Observed } from "../observed.ts";
import type { AllowList, EndpointServices, Outcome, Wake } from "../ports.ts";
import { runBatch, type BatchPorts, type Failure, type Item } from "./batch.ts";
import { lookAgain } from "./look-again.ts";
import { run, type Ran, type Task } from "./run.ts";

export interface AdmitPorts extends BatchPorts {
  readonly endpointServices: Pick<EndpointServices, "connections" | "accept" | "reject">;
  readonly allowList: Pick<AllowList, "read">;
  readonly wake: Pick<Wake, "observe">;
}

export const admit = (ports: AdmitPorts, items: readonly Item[]): Promise<Failure[]> =>
  runBatch(ports, items, ({ ran }) => perform(ports, ran));

/** Carries out what the plans want of EC2, settles each id by what AWS answered, and looks again soon. */
async function perform(ports: AdmitPorts, ran: Ran): Promise<void> {
  for (const effect of ["reject", "accept"] as const) {
    const endpoints = ran.standings
      .filter(({ effects }) => effects.some(({ kind }) => kind === effect))
      .map(({ kept }) => kept.connection.endpoint);
    if (endpoints.length === 0) continue;
    const outcomes = await confirmed(ports, ran, effect, await ports.endpointServices[effect](ran.service.service, endpoints));
    await record(ports, ran, effect, outcomes);
    await lookAgain(ports.wake, ran.service.service, endpoints, () => 0);
  }
}

/** AWS's codes for an id in another state are not documented: what already is as wanted counts as done. */
async function confirmed(
  ports: AdmitPorts,
  ran: Ran,
  effect: "accept" | "reject",
  outcomes: readonly Outcome[],
): Promise<readonly Outcome[]> {
  if (outcomes.every(({ failure }) => failure === undefined)) return outcomes;
  const now = new Map(
    (await ports.endpointServices.connections(ran.service.service)).map((shown: Observed) => [shown.endpoint, shown.state]),
  );
  return outcomes.map((outcome) => (reached(effect, now.get(outcome.endpoint)) ? { endpoint: outcome.endpoint } : outcome));
}

const reached = (effect: "accept" | "reject", state: AwsState | undefined): boolean =>
  state !== undefined && (effect === "accept" ? isAccepted(state) : state === "rejected");

/** A refusal is logged, and so is the end of one. A success is told by AWS itself. */
async function record(ports: AdmitPorts, ran: Ran, effect: "accept" | "reject", outcomes: readonly Outcome[]): Promise<void> {
  const troubled = new Set<EndpointId>(
    ran.standings.flatMap(({ kept }) => (kept.connection.trouble === undefined ? [] : [kept.connection.endpoint])),
  );
  const tasks: Task[] = outcomes
    .filter(({ endpoint, failure }) => failure !== undefined || troubled.has(endpoint))
    .map(({ endpoint, failure }) => ({
      endpoint,
      signal: { kind: "settled", effect, ...optional("failure", failure) },
      source: { kind: "bus" },
    }));
  if (tasks.length > 0) await run(withoutLooking(ports), { service: ran.service.service, tasks });
}

/** The same ports for a commit that only adds what is known already. */
const withoutLooking = ({ clock, newId, services, connections, ledger }: AdmitPorts): Parameters<typeof run>[0] => ({
  clock,
  newId,
  services,
  connections,
  ledger,
});
