// What `observe` does with its messages: record what AWS shows, and come back for what is still on its way.

import type { Wake } from "../ports.ts";
import { runBatch, type BatchPorts, type Failure, type Item, type Looked } from "./batch.ts";
import { lookAgain } from "./look-again.ts";

export interface ObservePorts extends BatchPorts {
  readonly wake: Pick<Wake, "observe">;
}

export const observe = (ports: ObservePorts, items: readonly Item[]): Promise<Failure[]> =>
  runBatch(ports, items, (looked) => comeBack(ports, looked));

/** An endpoint that AWS's list does not show yet, and one that we accepted and that is not available yet. */
async function comeBack({ wake }: ObservePorts, { ran, attempts }: Looked): Promise<void> {
  const waiting = ran.standings
    .filter(({ effects, kept }) => effects.some(({ kind }) => kind === "look-again") && (attempts.get(kept.connection.endpoint) ?? 0) > 0)
    .map(({ kept }) => kept.connection.endpoint);
  await lookAgain(wake, ran.service.service, [...waiting, ...ran.unknown], (endpoint) => attempts.get(endpoint) ?? 0);
}
