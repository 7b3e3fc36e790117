// A worker thread of the simulation: lives the stretches of seeds that it is given.

import { parentPort } from "node:worker_threads";
import { stretch, type Tally } from "./campaign.ts";
import * as system from "./system.ts";

// Faults are thrown by the million, and nobody reads where.
Error.stackTraceLimit = 0;

interface Stretch {
  readonly from: number;
  readonly count: number;
}

export interface SeedWork {
  readonly job: Stretch;
  readonly answer: Tally;
}

parentPort?.on("message", ({ from, count }: Stretch) => {
  stretch(from, count, system).then(
    (tally) => parentPort?.postMessage(tally),
    (error: unknown) => {
      throw error;
    },
  );
});
