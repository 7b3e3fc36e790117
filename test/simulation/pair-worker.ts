// A worker thread that lives every two faults of its part of a small case.

import { parentPort } from "node:worker_threads";
import { inPairs, type PairsPart, type Swept } from "./exhaustive.ts";

Error.stackTraceLimit = 0;

export interface PairWork {
  readonly job: PairsPart;
  readonly answer: Swept;
}

parentPort?.on("message", (part: PairsPart) => {
  inPairs(part).then(
    (swept) => parentPort?.postMessage(swept),
    (error: unknown) => {
      throw error;
    },
  );
});
