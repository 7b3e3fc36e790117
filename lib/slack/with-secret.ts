// Slack's secret as it is used: what is kept of it, and once a new look at it when Slack takes that no more.

import { Fault } from "../faults.ts";
import { readSecret, secretMisread, type SlackSecret } from "./secret.ts";
import { tokenRefused } from "./web-api.ts";

/** A token that was put a moment ago counts at once; what is still refused after the second look is thrown. `use` must be safe to repeat. */
export async function withSecret<T>(read: (fresh: boolean) => Promise<string>, use: (secret: SlackSecret) => Promise<T>): Promise<T> {
  const kept = await read(false);
  try {
    return await use(readSecret(kept));
  } catch (error) {
    if (!(error instanceof Fault) || (error.code !== tokenRefused && error.code !== secretMisread)) throw error;
    const fresh = await read(true);
    if (fresh === kept) throw error;
    return use(readSecret(fresh));
  }
}
