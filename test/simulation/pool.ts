// Threads that share the work: each takes the next job as soon as it has answered the last.

import { Worker } from "node:worker_threads";

/** What a worker's file takes in each message, and answers it with. */
interface Work {
  readonly job: unknown;
  readonly answer: unknown;
}

/** Until `next` gives nothing more; what a worker throws ends it all. */
export async function share<W extends Work>(
  worker: URL,
  threads: number,
  next: () => W["job"] | undefined,
  told: (answer: W["answer"]) => void,
): Promise<void> {
  const lane = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const thread = new Worker(worker, { resourceLimits: { maxYoungGenerationSizeMb: 64 } });
      const give = (): void => {
        const job = next();
        if (job === undefined) void thread.terminate().then(() => resolve(), reject);
        else thread.postMessage(job);
      };
      thread.on("message", (answer: W["answer"]) => {
        told(answer);
        give();
      });
      thread.on("error", reject);
      give();
    });
  await Promise.all(Array.from({ length: threads }, lane));
}
