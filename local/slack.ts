// Slack, as much of it as an app with a bot token uses: messages posted and changed, buttons pressed, words for one person alone.
import { createHmac, randomBytes } from "node:crypto";

import { document, isMembers, optionalText, rows, type Members } from "./members.ts";
import type { Clock } from "./service.ts";

export interface SlackPost {
  /** `C…` of a channel, `D…` of a conversation with one person. */
  readonly channel: string;
  /** The channel's name, or the person's id. */
  readonly to: string;
  readonly ts: string;
  readonly thread?: string;
  readonly text: string;
  readonly blocks: readonly Members[];
  /** How often it was changed. */
  readonly edits: number;
}

export interface Whisper {
  readonly user: string;
  readonly text: string;
}

export interface Press {
  /** Slack's id of whoever presses. */
  readonly user: string;
  /** The button's action id. */
  readonly action: string;
  /** A part of the message that has the button; the newest one that has both. */
  readonly about: string;
  readonly reason?: string;
  /** The value chosen from the message's menu; as it stands there when nobody touches it. */
  readonly days?: string;
}

export interface Signed {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface LocalSlack {
  readonly botToken: string;
  readonly signingSecret: string;
  readonly apiUrl: string;
  /** What an operator puts into the deployment's secret. */
  readonly secret: (channel?: string) => string;
  readonly posts: readonly SlackPost[];
  readonly whispers: readonly Whisper[];
  /** The request that a press makes, signed as of now or of another time; throws when there is no such button. */
  readonly request: (press: Press, at?: number) => Signed;
  /** Presses: sends that request to the app, and gives what came back, and after how long. */
  readonly press: (press: Press) => Promise<{ readonly status: number; readonly milliseconds: number }>;
  /** The next so many calls of the Web API are too many. */
  readonly limit: (calls: number) => void;
  /** Signs with another secret from now on, as after "Regenerate". */
  readonly regenerate: () => string;
  /** Takes another bot token from now on, and the one before no more. */
  readonly reinstall: () => string;
  /** Refuses every call of the Web API with this error from now on. */
  readonly refuse: (error: string) => void;
  /** Whoever has one of these ids is not in the workspace any more. */
  readonly leave: (...users: readonly string[]) => void;
}

export interface SlackSide extends LocalSlack {
  /** Where the app takes interactions. */
  readonly connect: (interactionsUrl: string) => void;
  /** Answers a request below `/slack/`; undefined: none of ours. */
  readonly handle: (path: string, headers: Readonly<Record<string, unknown>>, body: string) => SlackReply | undefined;
}

export interface SlackReply {
  readonly status: number;
  readonly json?: Members;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface State {
  readonly origin: string;
  readonly clock: Clock;
  readonly posts: SlackPost[];
  readonly whispers: Whisper[];
  /** Response URLs: whose, and how often they may still be used. */
  readonly responses: Map<string, { readonly user: string; readonly until: number; left: number }>;
  readonly changed: (post: SlackPost) => void;
  readonly left: Set<string>;
  botToken: string;
  signingSecret: string;
  interactionsUrl: string;
  limited: number;
  refused?: string;
  count: number;
}

const newToken = (): string => `xoxb-local-${randomBytes(12).toString("hex")}`;
const RESPONSE_MS = 30 * 60_000;
const RESPONSES = 5;

export function createSlack(origin: string, clock: Clock, changed: (post: SlackPost) => void): SlackSide {
  const state: State = {
    origin,
    clock,
    posts: [],
    whispers: [],
    responses: new Map(),
    changed,
    left: new Set(),
    botToken: newToken(),
    signingSecret: randomBytes(16).toString("hex"),
    interactionsUrl: "",
    limited: 0,
    count: 0,
  };
  const apiUrl = `${origin}/slack/api`;
  return {
    get botToken() {
      return state.botToken;
    },
    get signingSecret() {
      return state.signingSecret;
    },
    apiUrl,
    secret: (channel = "#privatelink") => JSON.stringify({ botToken: state.botToken, signingSecret: state.signingSecret, channel, apiUrl }),
    posts: state.posts,
    whispers: state.whispers,
    request: (press, at = clock.now()) => signed(state, payloadOf(state, press), at),
    press: (press) => pressed(state, press),
    limit: (calls) => void (state.limited = calls),
    regenerate: () => (state.signingSecret = randomBytes(16).toString("hex")),
    reinstall: () => (state.botToken = newToken()),
    refuse: (error) => void (state.refused = error),
    leave: (...users) => users.forEach((user) => state.left.add(user)),
    connect: (url) => void (state.interactionsUrl = url),
    handle: (path, headers, body) => {
      if (path.startsWith("/slack/api/")) return webApi(state, path.slice("/slack/api/".length), headers, body);
      if (path.startsWith("/slack/actions/")) return response(state, path, body);
      return undefined;
    },
  };
}

// The Web API: it answers 200 also to what it refuses

function webApi(state: State, method: string, headers: Readonly<Record<string, unknown>>, body: string): SlackReply {
  const no = (error: string): SlackReply => ({ status: 200, json: { ok: false, error } });
  if (headers["authorization"] !== `Bearer ${state.botToken}`) return no("invalid_auth");
  if (state.refused !== undefined) return no(state.refused);
  if (state.limited > 0) {
    state.limited -= 1;
    return { status: 429, json: { ok: false, error: "ratelimited" }, headers: { "retry-after": "1" } };
  }
  const input = parsed(body);
  if (input === undefined) return no("invalid_json");
  const to = optionalText(input, "channel") ?? "";
  const blocks = rows(input, "blocks");
  const text = optionalText(input, "text") ?? "";
  if (text === "" && blocks.length === 0) return no("no_text");
  const wrong = wrongIn(blocks);
  if (wrong !== undefined) return { status: 200, json: { ok: false, error: "invalid_blocks", response_metadata: { messages: [wrong] } } };
  if (method === "chat.postMessage" && state.left.has(to)) return no("user_not_found");
  if (method === "chat.postMessage")
    return posted(state, to, { text, blocks, thread: optionalText(input, "thread_ts") }) ?? no("channel_not_found");
  if (method !== "chat.update") return no("unknown_method");
  const ts = optionalText(input, "ts") ?? "";
  const index = state.posts.findIndex((post) => post.channel === to && post.ts === ts);
  const before = state.posts[index];
  if (before === undefined) return no(/^[CD]/.test(to) ? "message_not_found" : "channel_not_found");
  const after: SlackPost = { ...before, text, blocks, edits: before.edits + 1 };
  state.posts[index] = after;
  state.changed(after);
  return { status: 200, json: { ok: true, channel: to, ts, text } };
}

function posted(
  state: State,
  to: string,
  { text, blocks, thread }: { text: string; blocks: readonly Members[]; thread: string | undefined },
): SlackReply | undefined {
  const channel = channelOf(to);
  if (channel === undefined) return undefined;
  state.count += 1;
  const ts = `${String(Math.floor(state.clock.now() / 1000))}.${String(state.count).padStart(6, "0")}`;
  const post: SlackPost = { channel, to, ts, text, blocks, edits: 0, ...(thread === undefined ? {} : { thread }) };
  state.posts.push(post);
  state.changed(post);
  return { status: 200, json: { ok: true, channel, ts, message: { text, ts, type: "message" } } };
}

/** A channel by its id or name, a person by theirs. */
function channelOf(to: string): string | undefined {
  if (/^[CGD][A-Z0-9]{2,}$/.test(to)) return to;
  if (/^[UW][A-Z0-9]{2,}$/.test(to)) return `D${to.slice(1)}`;
  if (!/^#[a-z0-9._-]{1,80}$/.test(to)) return undefined;
  return `C${Buffer.from(to).toString("hex").toUpperCase().slice(0, 16)}`;
}

/** What Slack documents as limits of blocks. */
function wrongIn(blocks: readonly Members[]): string | undefined {
  if (blocks.length > 50) return "no more than 50 items allowed [json-pointer:/blocks]";
  for (const [index, block] of blocks.entries()) {
    const wrong = wrongBlock(block);
    if (wrong !== undefined) return `${wrong} [json-pointer:/blocks/${String(index)}]`;
  }
  return undefined;
}

const TYPES = new Set(["section", "actions", "context", "input", "header", "divider"]);
function wrongBlock(block: Members): string | undefined {
  if (!TYPES.has(String(block["type"]))) return `unsupported type: ${String(block["type"])}`;
  const fields = rows(block, "fields");
  if (fields.length > 10) return "no more than 10 fields allowed";
  const texts: [unknown, number][] = [[block["text"], 3000], ...fields.map((field): [unknown, number] => [field, 2000])];
  for (const element of rows(block, "elements")) {
    if (typeof element["text"] === "string" || block["type"] === "context") texts.push([element, 3000]);
    else texts.push([element["text"], 75]);
    if ((optionalText(element, "value") ?? "").length > 2000) return "value: more than 2000 characters";
    if (isMembers(element["confirm"]))
      texts.push([element["confirm"]["title"], 100], [element["confirm"]["text"], 300], [element["confirm"]["confirm"], 30]);
  }
  const long = texts.find(([one, max]) => isMembers(one) && (optionalText(one, "text") ?? "").length > max);
  const empty = texts.find(([one]) => isMembers(one) && one["text"] === "");
  return long !== undefined ? "a text is too long" : empty !== undefined ? "a text is empty" : undefined;
}

// Pressing

function payloadOf(state: State, { user, action, about, reason, days }: Press): Members {
  const post = state.posts.findLast(({ blocks }) => {
    const whole = JSON.stringify(blocks);
    return whole.includes(about) && whole.includes(`"${action}"`);
  });
  const button = post?.blocks.flatMap((block) => rows(block, "elements")).find((element) => element["action_id"] === action);
  if (post === undefined || button === undefined) throw new Error(`No message about ${about} has a button ${action}.`);
  const response = `${state.origin}/slack/actions/${randomBytes(8).toString("hex")}`;
  state.responses.set(response, { user, until: state.clock.now() + RESPONSE_MS, left: RESPONSES });
  const fields = post.blocks.filter((block) => block["type"] === "input");
  return {
    type: "block_actions",
    user: { id: user, username: user.toLowerCase(), name: user.toLowerCase(), team_id: "T0LOCAL" },
    api_app_id: "A0LOCAL",
    container: { type: "message", message_ts: post.ts, channel_id: post.channel, is_ephemeral: false },
    trigger_id: randomBytes(8).toString("hex"),
    team: { id: "T0LOCAL", domain: "local" },
    channel: { id: post.channel, name: post.to.replace(/^#/, "") },
    message: { type: "message", ts: post.ts, text: post.text, blocks: post.blocks },
    state: { values: Object.fromEntries(fields.map((block) => [String(block["block_id"]), entered(block, reason, days)])) },
    response_url: response,
    actions: [{ action_id: action, block_id: "b", type: "button", value: button["value"], action_ts: String(state.clock.now() / 1000) }],
  };
}

/** What a field of the message holds when somebody presses. */
function entered(block: Members, reason: string | undefined, days: string | undefined): Members {
  const element = isMembers(block["element"]) ? block["element"] : {};
  const { type, action_id: id, initial_option: initial } = element;
  const chosen = days === undefined ? (initial ?? null) : { text: { type: "plain_text", text: days }, value: days };
  return { [String(id)]: type === "static_select" ? { type, selected_option: chosen } : { type, value: reason ?? null } };
}

function signed(state: State, payload: Members, at: number): Signed {
  const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  return { body, headers: signature(state.signingSecret, body, at) };
}

/** https://docs.slack.dev/authentication/verifying-requests-from-slack */
export function signature(secret: string, body: string, at: number): Record<string, string> {
  const time = String(Math.floor(at / 1000));
  return {
    "content-type": "application/x-www-form-urlencoded",
    "x-slack-request-timestamp": time,
    "x-slack-signature": `v0=${createHmac("sha256", secret).update(`v0:${time}:${body}`).digest("hex")}`,
  };
}

async function pressed(state: State, press: Press): Promise<{ status: number; milliseconds: number }> {
  const { headers, body } = signed(state, payloadOf(state, press), state.clock.now());
  const began = performance.now();
  const reply = await fetch(state.interactionsUrl, { method: "POST", headers, body });
  await reply.arrayBuffer();
  return { status: reply.status, milliseconds: performance.now() - began };
}

/** A response URL: five uses in half an hour, for the person who pressed. */
function response(state: State, path: string, body: string): SlackReply {
  const one = state.responses.get(`${state.origin}${path}`);
  if (one === undefined || one.left === 0 || state.clock.now() > one.until) return { status: 404, text: "used_url" };
  one.left -= 1;
  const input = parsed(body);
  if (input === undefined) return { status: 400, text: "invalid_payload" };
  if (optionalText(input, "response_type") === "ephemeral")
    state.whispers.push({ user: one.user, text: optionalText(input, "text") ?? "" });
  return { status: 200, text: "ok" };
}

function parsed(body: string): Members | undefined {
  try {
    const value = document(body);
    return isMembers(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
