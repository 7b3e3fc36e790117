// publish: follows the audit log's stream; every committed event goes onto the bus.

import { readEvent } from "../lib/aws/event-row.ts";
import { eventCounts } from "../lib/lambda/event-counts.ts";
import { tellingOf } from "../lib/lambda/invocation.ts";
import { bus, undelivered } from "../lib/lambda/ports-for.ts";
import { settings } from "../lib/lambda/settings.ts";
import { streamWorker } from "../lib/lambda/stream-worker.ts";
import { publish } from "../lib/loop/publish.ts";

const set = settings("BUS_NAME", "PUBLISH_FAILURES_QUEUE_URL");
const ports = { bus: bus(set), undelivered: undelivered(set) };

const telling = tellingOf("publish");

export const handler = streamWorker({
  name: "publish",
  telling,
  read: (row) => readEvent("AuditLog", row),
  work: async (events) => {
    await publish(ports, events);
    for (const [count, value] of eventCounts(events)) telling.counts.add(count, value);
  },
});
