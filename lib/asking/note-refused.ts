// An answer that was turned away before the loop could look at it, added to the connection's story.

import { evolve } from "../connection.ts";
import type { Actor, Choice, Refusal, Source } from "../events.ts";
import type { EndpointId } from "../ids.ts";
import { notBefore } from "../ledger.ts";
import type { Clock, Connections, Ledger } from "../ports.ts";
import { refusedAnswer } from "../stamp.ts";

interface TurnedAway extends Refusal {
  readonly endpoint: EndpointId;
  readonly choice: Choice;
  readonly by: Actor;
  readonly source: Source;
}

const triesMax = 5;

/** It changes nothing else. Under many commits at once it is given up, and false: the person is told in any case. */
export async function noteRefused(
  {
    clock,
    connections,
    ledger,
  }: { readonly clock: Clock; readonly connections: Pick<Connections, "load">; readonly ledger: Pick<Ledger, "commit"> },
  { endpoint, choice, by, source, ...refusal }: TurnedAway,
): Promise<boolean> {
  for (let tries = 1; tries <= triesMax; tries += 1) {
    const kept = (await connections.load([endpoint])).get(endpoint);
    if (kept === undefined) return true;
    const event = refusedAnswer({ now: notBefore(clock(), kept.head), source }, choice, by, refusal);
    const head = await ledger.commit({ of: "connection", after: evolve(kept.connection, event), events: [event], expected: kept.head });
    if (typeof head !== "string") return true;
  }
  return false;
}
