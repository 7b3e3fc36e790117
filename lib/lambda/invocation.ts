// What every function does around its work, whatever wakes it: it counts, and tells of the error that ends it.

import type { MiddlewareObj } from "@middy/core";
import { functionCounts, type Counts } from "./counts.ts";
import { functionLog, type Log } from "./log.ts";

/** Where a stack tells what happened. An argument, so that a test can look at it. */
export interface Telling {
  readonly log: Log;
  readonly counts: Counts;
}

export const tellingOf = (name: string): Telling => ({
  log: functionLog(name),
  counts: functionCounts(name),
});

/** Writes the invocation's counts at its end. An error that nobody answered for is logged, and thrown on. */
export const invocation = ({ log, counts }: Telling): MiddlewareObj => ({
  after: () => {
    counts.write();
  },
  onError: ({ error, context, response }) => {
    if (response === undefined) log.error("The invocation failed", error, { requestId: context.awsRequestId });
    counts.write();
  },
});
