// A question put in Slack, in a world in memory: Slack's stand-in without the wire, and approvers who have a user there.

import type { Approver } from "../../lib/approver.ts";
import type { AskingSettings } from "../../lib/asking-policy.ts";
import { takeAnswer } from "../../lib/asking/take-answer.ts";
import { approverSubject } from "../../lib/ledger.ts";
import { converse, type ConversationPorts } from "../../lib/slack/conversation.ts";
import { decideAnswers } from "../../lib/slack/decide-answers.ts";
import { readAnswer } from "../../lib/slack/interaction.ts";
import { receive, type ReceivePorts } from "../../lib/slack/receive.ts";
import { signingSecretOf, type SlackSecret } from "../../lib/slack/secret.ts";
import { slackApi, type Post } from "../../lib/slack/web-api.ts";
import { withSecret } from "../../lib/slack/with-secret.ts";
import { createSlack, type Signed, type SlackPost, type SlackSide } from "../../local/slack.ts";
import { asked, endpoint, publicUrl, service, type Asked } from "../asking/given.ts";

export const origin = "http://127.0.0.1:4568";
export const ann = { name: "ann", slack: "U0ANN", arn: "arn:aws:iam::111111111111:user/ann" } as const;
export const bob = { name: "bob", slack: "U0BOB", arn: "arn:aws:iam::111111111111:user/bob" } as const;
export const cleo = { name: "cleo", slack: "U0CLEO" } as const;
const operator = { kind: "operator", arn: "arn:aws:iam::111111111111:user/olga" } as const;

export interface Spoken extends Asked {
  readonly slack: SlackSide;
  readonly queue: string[];
  readonly warnings: { message: string; keys: Readonly<Record<string, unknown>> }[];
  readonly waits: number[];
  /** Called before each call of Slack's Web API. */
  before: (path: string) => Promise<void>;
  ports(holder?: string): ReturnType<Asked["ports"]>;
  receiving(changes?: Partial<ReceivePorts>): ReceivePorts;
  /** What the function does about the last event of this type. */
  hear(type: string, holder?: string): Promise<void>;
  /** All of it, in the order committed. */
  hearAll(): Promise<void>;
  press(user: string, action: string, reason?: string): Promise<number>;
  send(request: Signed, changes?: Partial<ReceivePorts>): Promise<number>;
  /** Decides what is in the queue. */
  work(holder?: string): Promise<number>;
  question(): SlackPost;
  /** Somebody answers on the page. */
  byLink(choice: "approve" | "reject", name?: string): Promise<void>;
}

export async function inSlack(
  asking: AskingSettings = { approvers: ["ann", "bob"] },
  { directMessages = false, prepare = async () => undefined }: { directMessages?: boolean; prepare?: (world: Asked) => Promise<void> } = {},
): Promise<Spoken> {
  const world = await asked(async (before) => {
    for (const one of [ann, bob, cleo]) await add(before, one);
    await set(before, asking);
    await prepare(before);
  });
  const clock = { now: () => Date.parse(world.clock.now()) };
  const slack = createSlack(origin, clock as never, () => undefined);
  const secretText = (): string => JSON.stringify({ ...(JSON.parse(slack.secret()) as object), directMessages });
  const queue: string[] = [];
  const warnings: Spoken["warnings"] = [];
  const waits: number[] = [];
  const post: Post = async (url, json, { bearer } = {}) => {
    await spoken.before(url.pathname);
    const reply = slack.handle(url.pathname, { authorization: `Bearer ${bearer ?? ""}` }, json);
    if (reply === undefined) throw new Error(`nothing at ${url.href}`);
    const after = Number(reply.headers?.["retry-after"]);
    return { status: reply.status, text: reply.text ?? JSON.stringify(reply.json), ...(after > 0 ? { retryAfterSeconds: after } : {}) };
  };
  const common = {
    clock: world.clock.now,
    post,
    warn: (message: string, keys: object) => void warnings.push({ message, keys: { ...keys } }),
  };
  let kept = secretText();
  const secret = async (fresh: boolean): Promise<string> => (fresh ? (kept = secretText()) : kept);
  const conversation = ({ bot }: SlackSecret, holder?: string): ConversationPorts => {
    if (bot === undefined) throw new Error("no bot");
    const api = slackApi(bot, { post, wait: async (milliseconds) => void waits.push(milliseconds) });
    return { ...world.ports(holder), publicUrl, bot, api, warn: common.warn };
  };
  const receiving: Spoken["receiving"] = (changes = {}) => ({
    ...common,
    proofs: world.ports("http").proofs,
    signingSecrets: async () => [signingSecretOf(secretText()) ?? ""],
    put: async (body) => void queue.push(body),
    timeout: () => new AbortController().signal,
    ...changes,
  });
  let heard = 0;
  const spoken: Spoken = {
    ...world,
    slack,
    queue,
    warnings,
    waits,
    before: async () => undefined,
    ports: (holder) => world.ports(holder),
    receiving,
    hear: (type, holder) => withSecret(secret, (read) => converse(conversation(read, holder), world.told(type))),
    hearAll: async () => {
      const { detailOf } = await import("../../lib/aws/bus-event.ts");
      for (; heard < world.tables.committed.length; heard += 1) {
        const stored = world.tables.committed[heard];
        if (stored !== undefined && told.has(stored.event.type))
          await withSecret(secret, (read) => converse(conversation(read), detailOf(stored)));
      }
    },
    press: (user, action, reason) =>
      spoken.send(slack.request({ user, action, about: "vpce-", ...(reason === undefined ? {} : { reason }) })),
    send: async ({ headers, body }, changes) =>
      (await receive(receiving(changes), { headers, raw: Buffer.from(body), sourceIp: "203.0.113.9" })).status,
    work: async (holder = "worker") => {
      const items = queue.splice(0).map((body, index) => ({ id: String(index), wanted: readAnswer(body) }));
      const failed = await decideAnswers({ ...world.ports(holder), ...common }, items);
      for (const { id } of failed) queue.push(JSON.stringify({ slackAnswer: items[Number(id)]?.wanted }));
      return failed.length;
    },
    byLink: async (choice, name = "approvers") => {
      const connection = (await world.ports().connections.load([endpoint])).get(endpoint)?.connection;
      const question = connection?.status === "asking" ? connection.question.id : "none";
      await takeAnswer(world.ports("page"), { endpoint, question, approver: { name }, channel: "link", choice, source: "link" });
    },
    question: () => {
      const found = slack.posts.find(({ thread }) => thread === undefined);
      if (found === undefined) throw new Error("nothing was posted");
      return found;
    },
  };
  return spoken;
}

/** What the rule hands to the function. */
const told = new Set([
  "ApprovalRequested",
  "ApprovalGiven",
  "ApprovalReminded",
  "ApprovalEscalated",
  "ConnectionApproved",
  "ConnectionDenied",
  "ConnectionClosed",
  "AcceptedOutside",
  "RejectedOutside",
  "Attributed",
  "RevocationAnnounced",
  "RevocationWithdrawn",
  "ExpiryAnnounced",
]);

async function add(world: Asked, given: { readonly name: string; readonly slack: string; readonly arn?: string }): Promise<void> {
  const { ledger } = world.ports();
  const at = world.clock.now();
  const expected = await ledger.head(approverSubject(given.name));
  const after: Approver = { ...given, addedAt: at, version: expected.seq + 1 };
  const because = { rule: "operator", detail: "added" } as const;
  await ledger.commit({
    of: "approver",
    key: given.name,
    after,
    expected,
    events: [{ type: "ApproverAdded", at, by: operator, because, name: given.name, to: after }],
  });
}

/** The service's settings about asking, changed in place. */
export async function set(world: Asked, asking: AskingSettings): Promise<void> {
  const { ledger, services } = world.ports();
  const before = await services.get(service);
  if (before === undefined) throw new Error("no service");
  const at = world.clock.now();
  const expected = await ledger.head(`service#${service}`);
  const because = { rule: "operator", detail: "set" } as const;
  await ledger.commit({
    of: "service",
    key: service,
    after: { ...before, asking, version: expected.seq + 1 },
    expected,
    events: [{ type: "ServiceChanged", at, by: operator, because, service, from: before, to: { ...before, asking } }],
  });
}
