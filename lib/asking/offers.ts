// Which lasting answers a question offers, on the page and in Slack alike.

import type { Known } from "./profile.ts";
import { mayStand } from "./standing-entry.ts";

export interface Offers {
  /** Accept the account from now on. */
  readonly account: boolean;
  /** Reject, and ask nobody about the account for some days. */
  readonly quiet: boolean;
}

export function offersOf({ own, asking, judgement }: Pick<Known, "own" | "asking" | "judgement">): Offers {
  const quiet = mayStand(own);
  // An entry about the endpoint alone goes before any about its account.
  const aboutEndpoint = judgement.entry?.principal.startsWith("endpoint#") === true;
  return { account: quiet && asking.accountAnswers && !aboutEndpoint, quiet };
}
