// People by Slack's incoming webhook, with the link alone: what Slack must answer.

import type { DrawbridgeEvent } from "../events.ts";
import { Fault } from "../faults.ts";
import type { Post } from "../slack/web-api.ts";
import { slackMessage } from "./slack-message.ts";
import type { Channel } from "./tell.ts";

export const bySlack = (webhook: URL, post: Post): Channel => ({
  name: "slack",
  async send(notice) {
    const { status, text } = await post(webhook, JSON.stringify(slackMessage(notice)));
    if (status === 200 && text.trim() === "ok") return;
    const retryable = status === 429 || status >= 500;
    throw new Fault("SlackRefused", "Slack's webhook", `it answered ${String(status)}: ${text.slice(0, 200)}`, retryable);
  },
});

const onlyForThreads: ReadonlySet<DrawbridgeEvent["type"]> = new Set(["ApprovalGiven", "ApprovalReminded", "ApprovalEscalated"]);

/** A webhook has no threads: each of these would be one more message about the same question. */
export const isOnlyForThreads = ({ type }: { readonly type: DrawbridgeEvent["type"] }): boolean => onlyForThreads.has(type);
