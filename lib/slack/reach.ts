// Whom a message in Slack reaches: noted by whoever posts there and by whoever presses, read by the sweep and by the operators' list.

import { Fault } from "../faults.ts";
import { instant, milliseconds, type Instant } from "../ids.ts";
import type { Slip, Slips } from "../ports.ts";
import { isSlackUser } from "./interaction.ts";
import { userRefused } from "./web-api.ts";

const kind = "slack-reach";
const channel = "channel";
const direct = (user: string): string => `direct#${user}`;
const pressed = (user: string): string => `pressed#${user}`;
/** Longer than a question stays open by default, several times over. */
const keptDays = 90;

interface Noting {
  readonly clock: () => Instant;
  readonly slips: Pick<Slips, "put">;
}
interface Posting extends Noting {
  readonly slips: Pick<Slips, "put" | "remove">;
  readonly bot: { readonly channel: string; readonly directMessages: boolean };
}

/** Posts, and notes that it went through; or, when Slack refuses for good, that nothing is taken there any more. */
export async function noting<T>(ports: Posting, to: string, post: () => Promise<T>): Promise<T> {
  const { slips, bot } = ports;
  try {
    const done = await post();
    if (to === bot.channel) await note(ports, channel, { questions: bot.directMessages ? "direct" : "channel" });
    else if (isSlackUser(to)) await note(ports, direct(to));
    return done;
  } catch (error) {
    if (error instanceof Fault && !error.retryable && to === bot.channel) await slips.remove(kind, [channel]);
    if (error instanceof Fault && error.code === userRefused) await note(ports, direct(to), { refused: error.message });
    throw error;
  }
}

/** Whoever presses has seen a question where it was put. */
export const notePressed = (ports: Noting, user: string): Promise<void> => note(ports, pressed(user));

const note = ({ clock, slips }: Noting, id: string, data: Slip["data"] = {}): Promise<void> =>
  slips.put({ kind, id, until: instant(milliseconds(clock()) + keptDays * 24 * 60 * 60 * 1000), data });

/**
 * `taken`: Slack takes messages for them, but questions go to the channel, and nothing shows yet that they read it; `untried`: nobody
 * knows yet; `refused`: Slack says that there is nobody.
 */
export type SlackReach = { readonly state: "reached" | "taken" | "untried" } | { readonly state: "refused"; readonly why: string };

/**
 * Of a user. What the channel takes says nothing of who reads it: each of them is reached only when a question came to them directly, or
 * when they have pressed a button.
 */
export async function reachInSlack(slips: Pick<Slips, "ofKind">): Promise<(user: string) => SlackReach> {
  const notes = new Map((await slips.ofKind(kind)).map(({ id, data }) => [id, data]));
  const questions = notes.get(channel)?.["questions"];
  return (user) => {
    const ofUser = notes.get(direct(user));
    const why = ofUser?.["refused"];
    if (why !== undefined) return { state: "refused", why };
    if (questions !== undefined && (notes.has(pressed(user)) || (questions === "direct" && ofUser !== undefined)))
      return { state: "reached" };
    return { state: ofUser === undefined ? "untried" : "taken" };
  };
}
