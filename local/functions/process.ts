// One process of one function: started once, invoked many times, killed when its time is up.
import { fork } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Readable } from "node:stream";

import type { FromFunction, Invoke, LambdaError } from "./process-messages.ts";

export interface FunctionProcess {
  readonly pid: number | undefined;
  /** False once it has ended: take another. */
  alive(): boolean;
  ready: Promise<void>;
  invoke(invoke: Invoke): Promise<Outcome>;
  kill(): Promise<void>;
}

export type Outcome = { readonly ok: true; readonly payload: string } | { readonly ok: false; readonly error: LambdaError };

const BOOTSTRAP = fileURLToPath(new URL("bootstrap.ts", import.meta.url));
/** What the runtime itself takes beside the function's own memory. */
const HEAP_MEGABYTES_MIN = 128;

export function startProcess(options: {
  readonly environment: Readonly<Record<string, string>>;
  readonly root: string;
  readonly memoryMegabytes: number;
  readonly print: (line: string) => void;
}): FunctionProcess {
  const heap = Math.max(HEAP_MEGABYTES_MIN, options.memoryMegabytes);
  const child = fork(BOOTSTRAP, [], {
    cwd: options.root,
    env: options.environment,
    execArgv: [`--max-old-space-size=${heap}`, "--disable-warning=ExperimentalWarning"],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let settle: ((outcome: Outcome) => void) | undefined;
  let current: Invoke | undefined;
  let failure: LambdaError | undefined;
  let ended = false;
  printLines(child.stdout, options.print);
  printLines(child.stderr, options.print);

  const finish = (outcome: Outcome): void => {
    const answer = settle;
    settle = undefined;
    current = undefined;
    answer?.(outcome);
  };
  let markReady: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => (markReady = resolve));
  const exited = new Promise<void>((resolve) => {
    child.once("error", () => resolve());
    child.once("exit", (code, signal) => {
      ended = true;
      markReady();
      finish({ ok: false, error: failure ?? exitError(current, code, signal) });
      resolve();
    });
  });
  child.on("message", (message: FromFunction) => {
    if (message.kind === "ready") return markReady();
    if (message.kind === "init-error") {
      failure = message.error;
      return undefined;
    }
    if (message.requestId !== current?.requestId) return undefined;
    return finish(message.kind === "result" ? { ok: true, payload: message.payload } : { ok: false, error: message.error });
  });

  return {
    pid: child.pid,
    alive: () => !ended && child.connected,
    ready,
    invoke(invoke) {
      if (ended) return Promise.resolve({ ok: false, error: failure ?? exitError(invoke, child.exitCode, child.signalCode) });
      return new Promise((resolve) => {
        current = invoke;
        const left = Math.max(1, invoke.deadline - Date.now());
        const timer = setTimeout(() => {
          failure = timedOut(invoke, left);
          ended = true;
          child.kill("SIGKILL");
        }, left);
        settle = (outcome) => {
          clearTimeout(timer);
          resolve(outcome);
        };
        child.send(invoke, () => undefined);
      });
    },
    async kill() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await exited;
    },
  };
}

function printLines(stream: Readable | null, print: (line: string) => void): void {
  if (stream !== null) createInterface({ input: stream }).on("line", print);
}

function timedOut(invoke: Invoke, milliseconds: number): LambdaError {
  const message = `RequestId: ${invoke.requestId} Error: Task timed out after ${(milliseconds / 1000).toFixed(2)} seconds`;
  return { errorType: "Sandbox.Timedout", errorMessage: message, trace: [] };
}

function exitError(invoke: Invoke | undefined, code: number | null, signal: NodeJS.Signals | null): LambdaError {
  const how = signal === null ? `exit status ${code ?? 0}` : `signal: ${signal.toLowerCase().replace("sig", "")}`;
  return {
    errorType: "Runtime.ExitError",
    errorMessage: `RequestId: ${invoke?.requestId ?? "-"} Error: Runtime exited with error: ${how}`,
    trace: [],
  };
}
