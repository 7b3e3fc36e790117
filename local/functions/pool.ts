// The processes of one function: warm ones first, new ones up to a bound, and then a queue.
import type { Invoke } from "./process-messages.ts";
import type { FunctionProcess, Outcome } from "./process.ts";

export interface Pool {
  /** `invoke` is made when a process is free, so that waiting does not use up the function's time. */
  run(invoke: () => Invoke): Promise<Outcome>;
  /** Starts one process ahead of the first event. */
  prestart(): Promise<void>;
  /** Takes no more; what is running or waiting ends as it would, and each process with it. */
  retire(): void;
  /** A fault that was asked for: its processes die, whatever they are at. */
  crash(): void;
  close(): Promise<void>;
}

const CLOSED: Outcome = { ok: false, error: { errorType: "Runtime.ExitError", errorMessage: "Local AWS is closing.", trace: [] } };

export function createPool(options: { readonly processesMax: number; readonly start: () => FunctionProcess }): Pool {
  const all = new Set<FunctionProcess>();
  const idle: FunctionProcess[] = [];
  const waiting: ((process: FunctionProcess | undefined) => void)[] = [];
  let closed = false;
  let retired = false;

  const begin = (): FunctionProcess => {
    const process = options.start();
    all.add(process);
    return process;
  };
  const end = (process: FunctionProcess): void => void process.kill().then(() => all.delete(process));
  /** undefined: local AWS is closing. */
  const acquire = (): Promise<FunctionProcess | undefined> => {
    if (closed) return Promise.resolve(undefined);
    for (let process = idle.pop(); process !== undefined; process = idle.pop()) {
      if (process.alive()) return Promise.resolve(process);
      all.delete(process);
    }
    if (all.size < options.processesMax) return Promise.resolve(begin());
    return new Promise((resolve) => waiting.push(resolve));
  };
  const release = (process: FunctionProcess): void => {
    const alive = process.alive();
    if (!alive) all.delete(process);
    if (closed) return;
    const next = waiting.shift();
    if (next !== undefined) next(alive ? process : begin());
    else if (alive && retired) end(process);
    else if (alive) idle.push(process);
  };
  return {
    async run(invoke) {
      const process = await acquire();
      if (process === undefined) return CLOSED;
      await process.ready;
      try {
        return await process.invoke(invoke());
      } finally {
        release(process);
      }
    },
    async prestart() {
      if (all.size > 0 || closed || retired) return;
      const process = begin();
      await process.ready;
      release(process);
    },
    retire() {
      retired = true;
      for (const process of idle.splice(0)) end(process);
    },
    crash() {
      for (const process of all) void process.kill();
    },
    async close() {
      closed = true;
      for (const resolve of waiting.splice(0)) resolve(undefined);
      await Promise.all([...all].map((process) => process.kill()));
    },
  };
}
