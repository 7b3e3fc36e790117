// The terminal a command talks to: results on stdout, everything else on stderr.

/** How a stream shows text. */
export interface Look {
  /** Its columns; endless when it is not a terminal, so that piped lines stay whole. */
  readonly width: number;
  readonly colour: boolean;
}

/** Of stdout, how it looks, too. */
export interface Terminal extends Look {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How stderr looks. */
  readonly aside: Look;
  /** Somebody is there to answer a question. */
  readonly interactive: boolean;
  out(text: string): void;
  err(text: string): void;
  /** Puts a question on stderr; nothing when it is ended by Ctrl-C or Ctrl-D, which is no yes. */
  ask(question: string): Promise<string | undefined>;
  /** Waits until what was printed is taken; false when whoever read it has gone, so that what only prints on and on may stop. */
  taken(): Promise<boolean>;
  /** From now on the first Ctrl-C calls `stop`, and only the second ends the program; gives what takes that back. */
  onInterrupt(stop: () => void): () => void;
}

/** A terminal that nobody sits at. */
export const nobody: Terminal = {
  env: {},
  width: Infinity,
  colour: false,
  aside: { width: Infinity, colour: false },
  interactive: false,
  out: () => undefined,
  err: () => undefined,
  ask: () => Promise.resolve(undefined),
  taken: () => Promise.resolve(true),
  onInterrupt: () => () => undefined,
};

/** A Ctrl-C comes twice where npx or npm passes on what the terminal has sent already. */
const sameMilliseconds = 500;
const interrupts = ["SIGINT", "SIGTERM"] as const;

export function processTerminal(): Terminal {
  const { env, stdin, stdout, stderr } = process;
  let unread = false;
  // A reader that went away, such as `head`, has what it wanted. What was asked for is done all the same, and the exit code tells of that.
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && !unread) cannotWrite(error);
    unread = true;
  });
  // There is nobody to tell.
  stderr.on("error", () => undefined);
  const colours = (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
  const lookOf = ({ isTTY, columns }: Pick<typeof stdout, "isTTY" | "columns">): Look => ({
    width: isTTY ? Math.max(columns, 20) : Infinity,
    colour: isTTY && colours,
  });
  return {
    env,
    ...lookOf(stdout),
    aside: lookOf(stderr),
    interactive: stdin.isTTY && stderr.isTTY,
    out: (text) => void (unread || stdout.write(`${text}\n`)),
    err: (text) => void stderr.write(`${text}\n`),
    ask: (question) => asked(question),
    taken: () => new Promise((resolve) => stdout.write("", (error) => resolve(!unread && !error))),
    onInterrupt,
  };
}

/** A result that is lost is a failure, however the command itself ends. */
function cannotWrite({ code, message }: NodeJS.ErrnoException): void {
  process.stderr.write(`drawbridge: what it prints cannot be written (${code ?? message})\n`);
  process.once("exit", () => (process.exitCode ||= 1));
}

function onInterrupt(stop: () => void): () => void {
  let first: number | undefined;
  const heard = (signal: NodeJS.Signals): void => {
    if (first === undefined) {
      first = performance.now();
      return stop();
    }
    if (performance.now() - first < sameMilliseconds) return;
    forget();
    process.kill(process.pid, signal);
  };
  const forget = (): void => {
    for (const signal of interrupts) process.removeListener(signal, heard);
  };
  for (const signal of interrupts) process.on(signal, heard);
  return forget;
}

async function asked(question: string): Promise<string | undefined> {
  const { createInterface } = await import("node:readline");
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  lines.once("close", () => resolve(undefined));
  // Without this, Ctrl-C would leave the question unanswered, and the program would end without a word.
  lines.once("SIGINT", () => lines.close());
  lines.question(question, resolve);
  const answer = await promise;
  lines.close();
  if (answer === undefined) process.stderr.write("\n");
  return answer;
}
