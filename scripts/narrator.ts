// Tells a story on the terminal as it happens: chapters, what was done, what came of it, and how long it took.

export interface Narrator {
  /** Begins a chapter; what follows belongs to it. */
  chapter(title: string): void;
  /** What somebody did. */
  does(who: string, what: string): void;
  /** Waits until `probe` gives something, and tells it with the time it took. Throws `NotAsTold` when it doesn't in time. */
  sees<T>(what: string, seconds: number, probe: () => Promise<T | undefined>, detail?: (found: T) => string): Promise<T>;
  /** A line of its own, already settled. */
  tells(text: string): void;
  /** The seconds since the story began. */
  elapsed(): number;
}

/** A step of the story did not come out as told. */
class NotAsTold extends Error {
  constructor(chapter: string, what: string, seconds: number, last: unknown) {
    const seen = last instanceof Error ? `; last error: ${last.message}` : "";
    super(`in “${chapter}”: ${what} did not happen within ${String(seconds)} s${seen}`);
    this.name = "NotAsTold";
  }
}

const pollMilliseconds = 100;

function narrator(print: (line: string) => void, colours: boolean): Narrator {
  const begun = performance.now();
  const paint = (code: string, text: string): string => (colours ? `\u001b[${code}m${text}\u001b[0m` : text);
  const since = (from: number): string => `${((performance.now() - from) / 1000).toFixed(1)} s`.padStart(7);
  let current = "the beginning";
  return {
    chapter(title) {
      current = title;
      print("");
      print(paint("1", title));
    },
    does: (who, what) => print(`${paint("2", "       ")}  ${paint("36", who.padEnd(8))} ${what}`),
    async sees(what, seconds, probe, detail) {
      const from = performance.now();
      let last: unknown;
      while (performance.now() - from < seconds * 1000) {
        try {
          const found = await probe();
          if (found !== undefined) {
            print(`${paint("2", since(from))}  ${paint("32", "✓")} ${what}${detail === undefined ? "" : paint("2", `  ${detail(found)}`)}`);
            return found;
          }
        } catch (error) {
          last = error;
        }
        await new Promise((resolve) => setTimeout(resolve, pollMilliseconds));
      }
      throw new NotAsTold(current, what, seconds, last);
    },
    tells: (text) => print(`         ${text}`),
    elapsed: () => (performance.now() - begun) / 1000,
  };
}

/** Tells a whole story on the terminal; the program ends with 1 when a step of it is not as told. */
export async function onTerminal(story: (tell: Narrator) => Promise<void>): Promise<void> {
  const tell = narrator((line) => console.log(line), process.stdout.isTTY && process.env["NO_COLOR"] === undefined);
  try {
    await story(tell);
    console.log(`\nAs told, in ${tell.elapsed().toFixed(1)} s.`);
  } catch (error) {
    console.error(`\nNot as told: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
