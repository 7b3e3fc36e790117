// Whether Slack takes what is posted: noted by whoever posts, read by the sweep, which says whom a message reaches.

import { Fault } from "../faults.ts";
import { instant, milliseconds, type Instant } from "../ids.ts";
import type { Slips } from "../ports.ts";

const kind = "slack-reach";
/** The channel, in which everybody who is asked is mentioned; else a user's id, for a direct message. */
const channel = "channel";
/** Longer than a question stays open by default, several times over. */
const keptDays = 60;

interface Posting {
  readonly clock: () => Instant;
  readonly slips: Pick<Slips, "put" | "remove">;
  readonly bot: { readonly channel: string };
}

/** Posts, and notes that it went through; or, when Slack refuses for good, that nobody is reached there any more. */
export async function noting<T>({ clock, slips, bot }: Posting, to: string, post: () => Promise<T>): Promise<T> {
  const id = to === bot.channel ? channel : /^[UW]/.test(to) ? to : undefined;
  try {
    const done = await post();
    const until = instant(milliseconds(clock()) + keptDays * 24 * 60 * 60 * 1000);
    if (id !== undefined) await slips.put({ kind, id, until, data: {} });
    return done;
  } catch (error) {
    if (id !== undefined && error instanceof Fault && !error.retryable) await slips.remove(kind, [id]);
    throw error;
  }
}

/** Whether a message in Slack reaches this user. */
export async function reachInSlack(slips: Pick<Slips, "ofKind">): Promise<(user: string) => boolean> {
  const places = new Set((await slips.ofKind(kind)).map(({ id }) => id));
  return (user) => places.has(channel) || places.has(user);
}
