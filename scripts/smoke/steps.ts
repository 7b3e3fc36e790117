// The steps of a smoke run: each told as it happens, timed, limited, and ended early by Ctrl-C.

export interface StepRecord {
  readonly name: string;
  readonly startedAt: string;
  readonly seconds: number;
  readonly outcome: "done" | "failed";
  readonly error?: string;
}

export interface Steps {
  readonly done: readonly StepRecord[];
  /** Something the run cannot go on without. */
  need<T>(name: string, limitMs: number, work: (wait: Wait) => Promise<T>): Promise<T>;
  /** A question to AWS: when it fails, that is written down and the run goes on. */
  probe<T>(name: string, limitMs: number, work: (wait: Wait) => Promise<T>): Promise<T | undefined>;
}

export interface Wait {
  /** Looks again and again until there is something; fails when the step's time is over. */
  until<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T>;
  /** The same for so long only; then nothing. */
  within<T>(ms: number, look: () => Promise<T | undefined> | T | undefined): Promise<T | undefined>;
}

/** Somebody ended the run. */
export class Interrupted extends Error {
  constructor() {
    super("the run was interrupted");
    this.name = "Interrupted";
  }
}

interface Ground {
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
  readonly pollMs: number;
}

export function stepsOf(ground: Ground): Steps {
  const done: StepRecord[] = [];
  const run = async <T>(name: string, limitMs: number, work: (wait: Wait) => Promise<T>): Promise<T> => {
    if (ground.signal.aborted) throw new Interrupted();
    const begun = performance.now();
    const startedAt = new Date().toISOString();
    const record = (outcome: StepRecord["outcome"], error?: string): void => {
      const seconds = Math.round(performance.now() - begun) / 1000;
      done.push({ name, startedAt, seconds, outcome, ...(error === undefined ? {} : { error }) });
      const mark = outcome === "done" ? "✓" : "✗";
      ground.say(`${`${seconds.toFixed(1)} s`.padStart(8)}  ${mark} ${name}${error === undefined ? "" : `: ${error}`}`);
    };
    try {
      const result = await work(waitOf(ground, begun + limitMs));
      record("done");
      return result;
    } catch (error) {
      record("failed", told(error));
      throw error;
    }
  };
  return {
    done,
    need: run,
    async probe(name, limitMs, work) {
      try {
        return await run(name, limitMs, work);
      } catch (error) {
        if (error instanceof Interrupted || isSignedOut(error)) throw error;
        return undefined;
      }
    },
  };
}

function waitOf({ signal, pollMs }: Ground, deadline: number): Wait {
  const within = async <T>(ms: number, look: () => Promise<T | undefined> | T | undefined): Promise<T | undefined> => {
    const end = Math.min(performance.now() + ms, deadline);
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (performance.now() >= end) return undefined;
      await sleep(pollMs, signal);
    }
  };
  return {
    within,
    async until(what, look) {
      let last: unknown;
      const begun = performance.now();
      const found = await within(Number.POSITIVE_INFINITY, async () => {
        try {
          return await look();
        } catch (error) {
          if (error instanceof Interrupted || isSignedOut(error) || isForbidden(error)) throw error;
          last = error;
          return undefined;
        }
      });
      if (found !== undefined) return found;
      const seconds = Math.round((performance.now() - begun) / 1000);
      throw new Error(`${what} did not happen within ${String(seconds)} s${last === undefined ? "" : ` (last error: ${told(last)})`}`);
    },
  };
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) throw new Interrupted();
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(new Interrupted());
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}

/** Nothing more can be asked of AWS. */
const isSignedOut = (error: unknown): boolean =>
  error instanceof Error && /^(AuthFailure|ExpiredToken|InvalidClientTokenId|UnrecognizedClient|CredentialsProviderError)/.test(error.name);

/** Waiting will not help: the caller lacks a right. */
const isForbidden = (error: unknown): boolean => error instanceof Error && /^(AccessDenied|UnauthorizedOperation)/.test(error.name);

/** An AWS error with its code, so that it can be looked up. */
export function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.name === "Error" || error.message.includes(error.name) ? error.message : `${error.name}: ${error.message}`;
}
