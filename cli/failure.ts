// How a command fails: its exit code, one line of what was wrong, and what to do.

/** 1: refused or failed. 2: wrong usage. */
export class Failure extends Error {
  readonly exit: 1 | 2;
  readonly code: string;
  readonly remedy: string | undefined;
  readonly field: string | undefined;
  constructor(exit: 1 | 2, code: string, message: string, remedy?: string, field?: string) {
    super(message);
    this.name = "Failure";
    this.exit = exit;
    this.code = code;
    this.remedy = remedy;
    this.field = field;
  }
}

/** The command has printed its result, and that is a failure: the exit code says so, and with --json nothing is added to it. */
export class ToldFailure extends Failure {}

/** Several things are wrong at once: a line for each. */
export class Mistakes extends Failure {
  readonly lines: readonly string[];
  constructor(code: string, lines: readonly string[], remedy: string) {
    super(2, code, lines.join("\n"), remedy);
    this.lines = lines;
  }
}

export const wrongUsage = (message: string, remedy?: string): Failure => new Failure(2, "WrongUsage", message, remedy);

/** The failure as lines; mostly as one. */
export const failureLines = (failure: Failure): readonly string[] =>
  failure instanceof Mistakes
    ? failure.lines.map((line, index) => (index === failure.lines.length - 1 ? `${line}; ${failure.remedy ?? ""}` : line))
    : [failureLine(failure)];

/** The failure as one line. A remedy that the message holds already is not said twice. */
function failureLine({ message, remedy }: Failure): string {
  return remedy === undefined || message.includes(remedy) ? message : `${message.replace(/[.;:]$/, "")}; ${remedy}`;
}
