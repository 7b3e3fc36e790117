// How a function answers the clock: one turn, and its own words about it in the log.

import middy from "@middy/core";
import type { Context, ScheduledEvent } from "aws-lambda";
import { inTime, invocation, tellingOf, type Telling } from "./invocation.ts";

export interface Turn {
  /** The function's name, for its log and its counts. */
  readonly name: string;
  readonly work: (telling: Telling, leftMs: () => number) => Promise<void>;
  readonly telling?: Telling;
}

export function scheduleHandler({
  name,
  work,
  telling = tellingOf(name),
}: Turn): (event: ScheduledEvent, context: Context) => Promise<void> {
  return middy<ScheduledEvent, void>(inTime)
    .use(invocation(telling))
    .handler((_, context) => work(telling, () => context.getRemainingTimeInMillis()));
}

/** The clock's events come from AWS itself. */
export const isTick = (event: unknown): event is ScheduledEvent => (event as Partial<ScheduledEvent> | null)?.source === "aws.events";
