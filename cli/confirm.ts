// Asking before something is done that somebody could regret.

import type { Call } from "./command.ts";
import { Failure } from "./failure.ts";

/** Goes on when --yes was given or a person says yes. */
export async function confirm({ given, terminal }: Pick<Call, "given" | "terminal">, question: string): Promise<void> {
  if (given.flag("yes")) return;
  if (!terminal.interactive)
    throw new Failure(1, "NotConfirmed", `${question} Nobody is here to ask`, "add --yes to do it; nothing was changed");
  const answer = ((await terminal.ask(`${question} [y/N] `)) ?? "").trim().toLowerCase();
  if (answer !== "y" && answer !== "yes") throw new Failure(1, "NotConfirmed", "Not confirmed, so nothing was changed");
}

/** So many connections are cut on a plain yes; more, when their number is typed. */
const plainMax = 5;

/** A cut is confirmed by a yes, or by typing how many there are; --yes stands for either. */
export async function confirmCuts(call: Pick<Call, "given" | "terminal">, count: number, question: string): Promise<void> {
  const { given, terminal } = call;
  if (count <= plainMax || given.flag("yes") || !terminal.interactive) return confirm(call, question);
  const answer = ((await terminal.ask(`${question} Type ${String(count)} to do it: `)) ?? "").trim();
  if (answer !== String(count)) throw new Failure(1, "NotConfirmed", "Not confirmed, so nothing was changed");
}
