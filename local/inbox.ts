// What people receive: every email and Slack message that leaves local AWS, as a page and as JSON.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

import { inboxPage } from "./inbox-page.ts";
import { listenOnLoopback, type Listening } from "./loopback.ts";
import { isMembers, optionalText, rows } from "./members.ts";
import type { Clock } from "./service.ts";
import { createSlack, type SlackPost, type SlackSide } from "./slack.ts";
import { asLetter, slackMessage } from "./slack-webhook.ts";

export interface Letter {
  readonly channel: "email" | "slack";
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** ISO 8601 */
  readonly at: string;
  /** Of a message that an app posted: where it is, and what may be pressed. It is shown as it is now. */
  readonly slack?: {
    readonly channel: string;
    readonly ts: string;
    readonly thread?: string;
    readonly buttons: readonly { readonly action: string; readonly label: string }[];
  };
}

export interface Inbox {
  /** The page: `http://127.0.0.1:PORT/inbox`; the same address with `.json` gives the letters. */
  readonly url: string;
  readonly origin: string;
  /** Where an incoming webhook of Slack points; any path below `/slack/` is taken. */
  readonly slackWebhook: string;
  /** Slack as an app with a bot token has it. */
  readonly slack: SlackSide;
  readonly letters: readonly Letter[];
  readonly add: (letter: Omit<Letter, "at">) => void;
  /** A link in a letter (confirm, unsubscribe): the page's text, or undefined when the link is not good. */
  readonly onLink: (path: string, open: (query: URLSearchParams) => string | undefined) => void;
  readonly close: () => Promise<void>;
}

const BODY_LIMIT_BYTES = 1_048_576;

export async function startInbox(options: { readonly port: number; readonly clock: Clock }): Promise<Inbox> {
  const letters: Letter[] = [];
  const links = new Map<string, (query: URLSearchParams) => string | undefined>();
  const add = (letter: Omit<Letter, "at">): void => void letters.push({ ...letter, at: new Date(options.clock.now()).toISOString() });

  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => send(response, 500, "text/plain", String(error)));
  });
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? "/", "http://inbox.local");
    if (request.method === "POST" && url.pathname === "/slack/press") return press(slack, await bodyOf(request), response);
    if (request.method === "POST" && url.pathname.startsWith("/slack/")) {
      const body = await bodyOf(request);
      const reply = slack.handle(url.pathname, request.headers, body);
      if (reply !== undefined) {
        for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
        const { json } = reply;
        return send(response, reply.status, json === undefined ? "text/plain" : "application/json", reply.text ?? JSON.stringify(json));
      }
      const letter = slackMessage(body, url);
      if (letter === undefined) return send(response, 400, "text/plain", "invalid_payload");
      add(letter);
      return send(response, 200, "text/plain", "ok");
    }
    if (request.method !== "GET" && request.method !== "HEAD") return send(response, 405, "text/plain", "method not allowed");
    if (url.pathname === "/inbox.json") return send(response, 200, "application/json", JSON.stringify(letters));
    if (url.pathname === "/inbox" || url.pathname === "/") return send(response, 200, "text/html", inboxPage(letters));
    const opened = links.get(url.pathname)?.(url.searchParams);
    if (opened !== undefined) return send(response, 200, "text/plain", opened);
    return send(response, 404, "text/plain", "not found");
  };

  const listening: Listening = await listenOnLoopback(server, options.port, "inbox");
  const slack = createSlack(listening.url, options.clock, (post) => {
    const index = letters.findIndex((letter) => letter.slack?.ts === post.ts && letter.slack.channel === post.channel);
    const at = letters[index]?.at ?? new Date(options.clock.now()).toISOString();
    letters.splice(index === -1 ? letters.length : index, index === -1 ? 0 : 1, letterOf(post, at));
  });
  return {
    url: `${listening.url}/inbox`,
    origin: listening.url,
    slackWebhook: `${listening.url}/slack/services/local`,
    slack,
    letters,
    add,
    onLink: (path, open) => void links.set(path, open),
    close: listening.close,
  };
}

const letterOf = (post: SlackPost, at: string): Letter => ({
  channel: "slack",
  to: post.to,
  ...asLetter(post.text, post.blocks),
  at,
  slack: {
    channel: post.channel,
    ts: post.ts,
    ...(post.thread === undefined ? {} : { thread: post.thread }),
    buttons: post.blocks
      .flatMap((block) => rows(block, "elements"))
      .flatMap((element) => {
        const label = isMembers(element["text"]) ? optionalText(element["text"], "text") : undefined;
        const action = optionalText(element, "action_id");
        return action === undefined || label === undefined || element["value"] === undefined ? [] : [{ action, label }];
      }),
  },
});

/** A person of the sample world presses a button on the inbox's page, or a program does. */
async function press(slack: SlackSide, body: string, response: ServerResponse): Promise<void> {
  const fields = new URLSearchParams(body);
  const field = (name: string): string => fields.get(name) ?? "";
  try {
    const days = fields.get("days");
    const chosen = days === null ? {} : { days };
    await slack.press({ user: field("user"), action: field("action"), about: field("about"), reason: field("reason"), ...chosen });
    response.writeHead(303, { location: "/inbox" }).end();
  } catch (error) {
    send(response, 400, "text/plain", error instanceof Error ? error.message : String(error));
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk as Uint8Array);
    size += bytes.length;
    if (size > BODY_LIMIT_BYTES) throw new Error("The message is larger than 1 MiB.");
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "content-type": `${type}; charset=utf-8`, "cache-control": "no-store" });
  response.end(body);
}
