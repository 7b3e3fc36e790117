// Whom CloudTrail names for a change of an endpoint service itself, in that service's own story, once for each of its events.

import type { PolicyEvent } from "../events.ts";
import { Fault } from "../faults.ts";
import type { ServiceId } from "../ids.ts";
import { isEvent, notBefore, serviceSubject } from "../ledger.ts";
import type { Wanted } from "../messages.ts";
import type { Clock, Ledger, Services } from "../ports.ts";

export interface AttributePorts {
  readonly clock: Clock;
  readonly services: Pick<Services, "get">;
  readonly ledger: Pick<Ledger, "commit" | "head" | "history">;
}

const triesMax = 5;
/** CloudTrail's events may come twice, soon after each other: so far back the story is read. */
const eventsRead = 100;

/** Nothing for a service that is not in care. */
export async function attributeService(ports: AttributePorts, service: ServiceId, { called, source }: Wanted): Promise<void> {
  if (called === undefined) return;
  const { call, arn, event } = called;
  for (let tries = 1; tries <= triesMax; tries += 1) {
    // The head is read first, so that what comes in between is a conflict.
    const expected = await ports.ledger.head(serviceSubject(service));
    const there = await ports.services.get(service);
    if (there === undefined) return;
    const { items } = await ports.ledger.history(serviceSubject(service), { limit: eventsRead, newestFirst: true });
    if (items.filter(isEvent).some((told) => told.event.type === "ServiceAttributed" && told.event.event === event)) return;
    const attributed: PolicyEvent = {
      type: "ServiceAttributed",
      service,
      call,
      arn,
      event,
      at: notBefore(ports.clock(), expected),
      by: { kind: "outside", arn },
      because: { rule: "outside", detail: `CloudTrail names who called ${call}` },
      source,
    };
    const after = { ...there, version: expected.seq + 1 };
    const head = await ports.ledger.commit({ of: "service", key: service, after, events: [attributed], expected });
    if (typeof head !== "string") return;
  }
  throw new Fault("Contended", serviceSubject(service), `changed under ${String(triesMax)} commits`, true);
}
