// Slack's Web API, as much of it as we use: posting a message and changing it, paced as Slack asks.

import { explainError, Fault } from "../faults.ts";
import { isSlackUser } from "./interaction.ts";
import type { Bot } from "./secret.ts";

/** Posts JSON and gives the answer, whatever its status; follows no redirects. A Fault when there is no answer in time. */
export type Post = (
  url: URL,
  json: string,
  options?: { readonly bearer?: string; readonly charactersMax?: number; readonly timeoutMs?: number },
) => Promise<{ readonly status: number; readonly text: string; readonly retryAfterSeconds?: number }>;

export interface SlackMessage {
  readonly text: string;
  readonly blocks: readonly object[];
}

/** Where a message is: its channel's id, and its time, which is its id there. */
export interface Place {
  readonly channel: string;
  readonly ts: string;
}

export interface SlackApi {
  /** To a channel, or to a person by their id; in a thread when `thread` is given. Not safe to repeat: it posts again. */
  post(to: string, message: SlackMessage, thread?: string): Promise<Place>;
  /** Safe to repeat. `gone`: somebody removed the message, or the app may no longer change it. */
  update(at: Place, message: SlackMessage): Promise<"done" | "gone">;
}

export interface ApiPorts {
  readonly post: Post;
  readonly wait: (milliseconds: number) => Promise<void>;
}

/** Slack takes about one message a second and channel, and says how long to wait. What takes longer in all is left to the function's next try. */
const waitSecondsMax = 18;
const answerCharactersMax = 200_000;
const gone = new Set(["message_not_found", "cant_update_message", "channel_not_found", "is_inactive", "edit_window_closed", "is_archived"]);

export function slackApi({ token, api }: Bot, ports: ApiPorts): SlackApi {
  const call = (method: string, body: object): Promise<Answer> => called(ports, new URL(method, api), token, body);
  const quiet = { unfurl_links: false, unfurl_media: false };
  return {
    async post(to, message, thread) {
      const body = { channel: to, ...message, ...quiet, ...(thread === undefined ? {} : { thread_ts: thread }) };
      const { ok, error, channel, ts } = await call("chat.postMessage", body);
      if (ok !== true || typeof channel !== "string" || typeof ts !== "string") throw refused("chat.postMessage", error, to);
      return { channel, ts };
    },
    async update(at, message) {
      const { ok, error } = await call("chat.update", { ...at, ...message });
      if (ok === true) return "done";
      if (typeof error === "string" && gone.has(error)) return "gone";
      throw refused("chat.update", error);
    },
  };
}

interface Answer {
  readonly ok?: unknown;
  readonly error?: unknown;
  readonly channel?: unknown;
  readonly ts?: unknown;
}

async function called({ post, wait }: ApiPorts, url: URL, token: string, body: object): Promise<Answer> {
  let waited = 0;
  for (;;) {
    const {
      status,
      text,
      retryAfterSeconds = 1,
    } = await post(url, JSON.stringify(body), {
      bearer: token,
      charactersMax: answerCharactersMax,
    });
    if (status === 429 && waited + retryAfterSeconds <= waitSecondsMax) {
      waited += retryAfterSeconds;
      await wait(retryAfterSeconds * 1000);
      continue;
    }
    if (status !== 200) throw new Fault("SlackRefused", url.host, `it answered ${String(status)}: ${text.slice(0, 200)}`, passing(status));
    return answerOf(url, text);
  }
}

const passing = (status: number): boolean => status === 429 || status >= 500;

function answerOf(url: URL, text: string): Answer {
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer === "object" && answer !== null) return answer;
  } catch (error) {
    throw new Fault("SlackRefused", url.host, `its answer is not JSON: ${explainError(error).message}`, true);
  }
  throw new Fault("SlackRefused", url.host, "its answer is not a JSON object", true);
}

/** The code of a fault: the token is not taken any more; or one person is not there, whatever holds for the others. */
export const tokenRefused = "SlackTokenRefused";
export const userRefused = "SlackUserRefused";
const ofToken = new Set(["invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"]);
const ofUser = new Set(["user_not_found", "user_not_visible", "user_disabled", "channel_not_found"]);

/** https://docs.slack.dev/reference/methods/chat.postMessage#errors, and for a person those of conversations.open */
function refused(method: string, error: unknown, to = ""): Fault {
  const said = typeof error === "string" ? error : "unknown";
  const passes = /^(ratelimited|rate_limited|internal_error|fatal_error|service_unavailable|request_timeout|team_added_to_org)$/.test(said);
  const aboutUser = isSlackUser(to) && ofUser.has(said);
  const code = ofToken.has(said) ? tokenRefused : aboutUser ? userRefused : "SlackRefused";
  const remedy = aboutUser ? "; look at their Slack user id" : (remedies[said] ?? (ofToken.has(said) ? presentToken : ""));
  return new Fault(code, `Slack's ${method}`, `${said}${remedy}`, passes);
}

const presentToken = "; put the app's present botToken into Slack's secret";
const remedies: Readonly<Record<string, string>> = {
  not_in_channel: "; invite the app to the channel",
  channel_not_found: "; look at the channel in Slack's secret, and invite the app to it",
  missing_scope: "; the app needs the scopes of `drawbridge slack manifest`",
};
