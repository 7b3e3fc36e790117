// People by Slack's incoming webhook: where it may lead, and what Slack must answer.

import { Fault } from "../faults.ts";
import { slackMessage } from "./slack-message.ts";
import type { Channel } from "./tell.ts";

/** Posts JSON and gives the answer, whatever its status; follows no redirects. A Fault when there is no answer in time. */
export type Post = (url: URL, json: string) => Promise<{ readonly status: number; readonly text: string }>;

export const bySlack = (webhook: URL, post: Post): Channel => ({
  name: "slack",
  async send(notice) {
    const { status, text } = await post(webhook, JSON.stringify(slackMessage(notice)));
    if (status === 200 && text.trim() === "ok") return;
    const retryable = status === 429 || status >= 500;
    throw new Fault("SlackRefused", "Slack's webhook", `it answered ${String(status)}: ${text.slice(0, 200)}`, retryable);
  },
});

/** The webhook that Slack's secret names; nothing when it names none. The secret's own text never shows in an error. */
export function webhookOf(secret: string): URL | undefined {
  const { webhookUrl } = parsed(secret);
  if (webhookUrl === undefined || webhookUrl === "") return undefined;
  const url = typeof webhookUrl === "string" && URL.canParse(webhookUrl) ? new URL(webhookUrl) : undefined;
  if (url === undefined || !allowed(url)) throw misconfigured("its webhookUrl must begin with https://hooks.slack.com/");
  return url;
}

/** Nowhere but Slack, so that whoever may write the secret cannot send our messages, or a request, elsewhere; this machine is for trying out. */
function allowed({ protocol, hostname, port, username, password }: URL): boolean {
  if (username !== "" || password !== "") return false;
  if (protocol === "https:") return hostname === "hooks.slack.com" && port === "";
  return protocol === "http:" && ["127.0.0.1", "localhost", "[::1]"].includes(hostname);
}

function parsed(secret: string): { readonly webhookUrl?: unknown } {
  let value: unknown;
  try {
    value = JSON.parse(secret);
  } catch {
    throw misconfigured("it must be JSON");
  }
  if (typeof value !== "object" || value === null) throw misconfigured("it must be a JSON object");
  return value;
}

const misconfigured = (why: string): Fault =>
  new Fault(
    "SlackMisconfigured",
    "Slack's secret",
    `${why}; it looks like {"webhookUrl":"https://hooks.slack.com/services/…","channel":""}`,
    false,
  );
