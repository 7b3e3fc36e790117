// What `admit` does with its messages: the allow-list's verdict is committed, then EC2 is told, many ids in one call.

import { optional } from "../optional.ts";
import { Fault } from "../faults.ts";
import type { EndpointId } from "../ids.ts";
import { isAccepted, type AwsState, type Observed } from "../observed.ts";
import type { Calls, EndpointServices, Outcome, Wake } from "../ports.ts";
import { runBatch, type BatchPorts, type Failure, type Item, type Left } from "./batch.ts";
import { lookAgain } from "./look-again.ts";
import { pacedCalls, type Time } from "./pacing.ts";
import { commitOnly, run, type Ran, type Task } from "./run.ts";
import type { VerdictPorts } from "./verdicts.ts";

export interface AdmitPorts extends BatchPorts {
  readonly endpointServices: Pick<EndpointServices, "connections" | "accept" | "reject">;
  readonly allowList: VerdictPorts["allowList"];
  readonly organizations: VerdictPorts["organizations"];
  readonly wake: Pick<Wake, "observe">;
}

/** `time` is the invocation's; without it nothing waits, and a throttle fails the messages at once. */
export function admit(ports: AdmitPorts, items: readonly Item[], time?: Time): Promise<Failure[]> {
  // One pace for the whole batch: the bucket belongs to the account, not to a service.
  const calls = time === undefined ? {} : { reject: pacedCalls(time), accept: pacedCalls(time) };
  return runBatch({ ...ports, judging: ports }, items, ({ ran }) => perform(ports, ran, calls));
}

/** Carries out what the plans want of EC2, settles each id by what AWS answered, and looks again soon. Gives what AWS's throttle left undone. */
async function perform(ports: AdmitPorts, ran: Ran, calls: { readonly reject?: Calls; readonly accept?: Calls }): Promise<Left> {
  const left = new Map<EndpointId, Fault>();
  for (const effect of ["reject", "accept"] as const) {
    const endpoints = ran.standings
      .filter(({ effects }) => effects.some(({ kind }) => kind === effect))
      .map(({ kept }) => kept.connection.endpoint);
    if (endpoints.length === 0) continue;
    const answers = await decideOnAws(ports, ran, effect, endpoints, calls[effect]);
    for (const { endpoint, later } of answers) if (later !== undefined) left.set(endpoint, later);
    const settled = answers.filter(({ later }) => later === undefined);
    await record(ports, ran, effect, await confirmed(ports, ran, effect, settled));
    await lookAgain(
      ports.wake,
      ran.service.service,
      settled.map(({ endpoint }) => endpoint),
      () => 0,
    );
  }
  return left;
}

/** A throttle that was there from the first call on leaves all for later. */
async function decideOnAws(
  { endpointServices }: AdmitPorts,
  { service }: Ran,
  effect: "accept" | "reject",
  endpoints: readonly EndpointId[],
  calls: Calls | undefined,
): Promise<readonly Outcome[]> {
  try {
    return await endpointServices[effect](service.service, endpoints, calls);
  } catch (error) {
    if (calls === undefined || !(error instanceof Fault) || !error.retryable) throw error;
    return endpoints.map((endpoint) => ({ endpoint, later: error }));
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
  if (tasks.length > 0) await run(commitOnly(ports), { service: ran.service.service, tasks });
}
