// Asking before something is done that somebody could regret.

import type { Call } from "./command.ts";
import { Failure } from "./failure.ts";

/** Goes on when --yes was given or a person says yes. */
export async function confirm({ given, terminal }: Pick<Call, "given" | "terminal">, question: string): Promise<void> {
  if (given.flag("yes")) return;
  if (!terminal.interactive)
    throw new Failure(1, "NotConfirmed", `${question} Nobody is here to ask`, "add --yes to do it; nothing was changed");
  const answer = (await terminal.ask(`${question} [y/N] `)).trim().toLowerCase();
  if (answer !== "y" && answer !== "yes") throw new Failure(1, "NotConfirmed", "Not confirmed, so nothing was changed");
}
