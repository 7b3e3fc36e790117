// What `observe` does with its messages: record what AWS shows, and come back for what is still on its way.

import type { Wake } from "../ports.ts";
import { attributeService, type AttributePorts } from "./attribute-service.ts";
import { runBatch, type BatchPorts, type Failure, type Item, type Looked } from "./batch.ts";
import { pieces } from "./concurrently.ts";
import { lookAgain } from "./look-again.ts";

export interface ObservePorts extends BatchPorts {
  readonly wake: Pick<Wake, "observe" | "admit">;
  readonly ledger: BatchPorts["ledger"] & AttributePorts["ledger"];
}

export async function observe(ports: ObservePorts, items: readonly Item[]): Promise<Failure[]> {
  const failures = await runBatch(ports, items, async (looked) => {
    await handOver(ports, looked);
    await comeBack(ports, looked);
  });
  for (const { id, wanted } of items) {
    if (wanted.called === undefined || wanted.services === "all" || failures.some((failure) => failure.id === id)) continue;
    try {
      for (const service of wanted.services) await attributeService(ports, service, wanted);
    } catch (error) {
      failures.push({ id, error });
    }
  }
  return failures;
}

/** What one call of EC2 takes: a message that `admit` must give back is one call's worth of work. */
const undecidedPerMessage = 100;

/**
 * What needs a verdict goes to `admit` at once and many in a message: over the bus it would come one by one, and the queue
 * would have to wait for more. Nothing is lost with the message: whoever looks next hands it over again.
 */
async function handOver({ wake }: ObservePorts, { ran: { service, standings } }: Looked): Promise<void> {
  const undecided = standings
    .filter(({ kept: { connection }, seen }) => connection.status === "requested" && seen?.listed === true)
    .map(({ kept }) => kept.connection.endpoint);
  for (const endpoints of pieces(undecided, undecidedPerMessage))
    await wake.admit({ service: service.service, endpoints, why: "requested" });
}

/** An endpoint that AWS's list does not show yet, and one that we accepted and that is not available yet. */
async function comeBack({ wake }: ObservePorts, { ran, attempts }: Looked): Promise<void> {
  const waiting = ran.standings
    .filter(({ effects, kept }) => effects.some(({ kind }) => kind === "look-again") && (attempts.get(kept.connection.endpoint) ?? 0) > 0)
    .map(({ kept }) => kept.connection.endpoint);
  await lookAgain(wake, ran.service.service, [...waiting, ...ran.unknown], (endpoint) => attempts.get(endpoint) ?? 0);
}
