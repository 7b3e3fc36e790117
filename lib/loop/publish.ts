// What `publish` does with the log's stream: every committed event goes onto the bus, or into a queue that a person looks at.

import { Fault } from "../faults.ts";
import type { StoredEvent } from "../ledger.ts";
import type { Bus, Undelivered } from "../ports.ts";

export interface PublishPorts {
  readonly bus: Bus;
  readonly undelivered: Undelivered;
}

/** Tries of one event before it goes to the queue of undelivered ones. */
const putsMax = 3;

/**
 * Puts events on the bus. One that the bus does not take after a few tries is handed to the queue by its key, so that
 * the shard goes on; a redrive reads it from the log again. Throws only when even that queue cannot be reached.
 */
export async function publish({ bus, undelivered }: PublishPorts, events: readonly StoredEvent[]): Promise<void> {
  let left: readonly StoredEvent[] = events;
  let reason = "";
  for (let tries = 1; tries <= putsMax && left.length > 0; tries += 1) {
    const refused = await attempt(bus, left);
    const tried = left;
    left = refused.flatMap(({ index }) => tried[index] ?? []);
    reason = refused[0]?.reason ?? reason;
  }
  for (const { subject, seq } of left) await undelivered.put({ subject, seq, reason });
}

/** A call that fails as a whole has put nothing that we know of: all of it is tried again. */
async function attempt(bus: Bus, events: readonly StoredEvent[]): Promise<{ readonly index: number; readonly reason: string }[]> {
  try {
    return await bus.put(events);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return events.map((_, index) => ({ index, reason: error.message }));
  }
}
