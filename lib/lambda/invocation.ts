// What every function does around its work, whatever wakes it: it counts, and tells of the error that ends it.

import type { MiddlewareObj } from "@middy/core";
import { Fault } from "../faults.ts";
import { idsIn } from "../ids.ts";
import { functionCounts, type Counts } from "./counts.ts";
import { functionLog, type Log, type LogKeys } from "./log.ts";

/** Where a stack tells what happened. An argument, so that a test can look at it. */
export interface Telling {
  readonly log: Log;
  readonly counts: Counts;
}

export const tellingOf = (name: string): Telling => ({
  log: functionLog(name),
  counts: functionCounts(name),
});

/** Writes the invocation's counts at its end. An error that nobody answered for is logged with what the event is about, and thrown on. */
export const invocation = ({ log, counts }: Telling, about: (event: unknown) => LogKeys = () => ({})): MiddlewareObj => ({
  after: () => {
    counts.write();
  },
  onError: ({ event, error, context, response }) => {
    if (response === undefined) log.error("The invocation failed", error, { requestId: context.awsRequestId, ...about(event) });
    counts.write();
  },
});

/** A function ends itself just before Lambda ends it, so that its log says so, and what it was about. What it was doing may go through all the same. */
export const inTime = {
  timeoutEarlyInMillis: 500,
  timeoutEarlyResponse: (): never => {
    throw new Fault("OutOfTime", "the function", "it ran out of time before it was done", true);
  },
};

const namedMax = 100;
/** The connections that an event names, in whatever form. */
export const connectionsIn = (event: unknown): LogKeys => ({ connections: idsIn(JSON.stringify(event)).endpoints.slice(0, namedMax) });
