// A worker thread that hunts the planted faults that it is given, each by its place in the list.

import { parentPort } from "node:worker_threads";
import { hunt, type Killed } from "./mutant-hunt.ts";
import { mutants } from "./mutants.ts";

Error.stackTraceLimit = 0;

interface Hunt {
  readonly index: number;
  readonly seedsMax: number;
}

export interface HuntWork {
  readonly job: Hunt;
  readonly answer: Omit<Killed, "mutant"> & Pick<Hunt, "index">;
}

parentPort?.on("message", ({ index, seedsMax }: Hunt) => {
  const mutant = mutants[index];
  if (mutant === undefined) throw new Error(`there is no planted fault ${String(index)}`);
  hunt(mutant, seedsMax).then(
    ({ seeds, smallCase, invariant }) => parentPort?.postMessage({ index, seeds, smallCase, invariant }),
    (error: unknown) => {
      throw error;
    },
  );
});
