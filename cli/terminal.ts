// The terminal a command talks to: results on stdout, everything else on stderr.

export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Columns of stdout; endless when it is not a terminal, so that piped lines stay whole. */
  readonly width: number;
  readonly colour: boolean;
  /** Somebody is there to answer a question. */
  readonly interactive: boolean;
  out(text: string): void;
  err(text: string): void;
  /** Puts a question on stderr. */
  ask(question: string): Promise<string>;
}

export function processTerminal(): Terminal {
  const { env, stdin, stdout, stderr } = process;
  // A reader that went away, such as `head`, has what it wanted.
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  return {
    env,
    width: stdout.isTTY ? Math.max(stdout.columns, 20) : Infinity,
    colour: stdout.isTTY && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb",
    interactive: stdin.isTTY && stderr.isTTY,
    out: (text) => void stdout.write(`${text}\n`),
    err: (text) => void stderr.write(`${text}\n`),
    async ask(question) {
      const { createInterface } = await import("node:readline/promises");
      const lines = createInterface({ input: stdin, output: stderr });
      try {
        return await lines.question(question);
      } finally {
        lines.close();
      }
    },
  };
}
