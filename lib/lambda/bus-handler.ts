// How a function answers an event of the bus: one event, one call; what it throws, EventBridge and Lambda try again.

import middy from "@middy/core";
import type { Context, EventBridgeEvent } from "aws-lambda";
import { readDetail, type Told } from "../aws/bus-event.ts";
import { inTime, invocation, tellingOf, type Telling } from "./invocation.ts";
import { withLogKeys, type LogKeys } from "./log.ts";

export interface BusWork {
  /** The function's name, for its log and its counts. */
  readonly name: string;
  /** What it does about one committed event. The bus may repeat and reorder: read the record again. */
  readonly work: (told: Told) => Promise<void>;
  readonly telling?: Telling;
}

export function busHandler({
  name,
  work,
  telling = tellingOf(name),
}: BusWork): (event: EventBridgeEvent<string, unknown>, context: Context) => Promise<void> {
  return middy<EventBridgeEvent<string, unknown>, void>(inTime)
    .use(invocation(telling, about))
    .handler(async (event: EventBridgeEvent<string, unknown>) => {
      telling.counts.add("ItemsReceived");
      const told = readDetail(event.detail);
      await withLogKeys({ connection: told.endpoint, type: told.type, seq: told.seq }, () => work(told));
    });
}

/** Also for an event that cannot be read, as far as it says. */
function about(event: unknown): LogKeys {
  const { endpoint, type, seq } = ((event as Partial<EventBridgeEvent<string, unknown>> | null)?.detail ?? {}) as Readonly<
    Record<string, unknown>
  >;
  return { connection: endpoint, type, seq };
}
