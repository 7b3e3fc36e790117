// Slack's stand-in keeps Slack's own rules where they matter: tokens, limits, blocks, response URLs; and the inbox shows each message as it is now.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { wallClock } from "../../local/clock.ts";
import { startInbox, type Inbox } from "../../local/inbox.ts";
import { signature } from "../../local/slack.ts";

type Json = Record<string, unknown>;
let inbox: Inbox;
const received: { body: string; headers: NodeJS.Dict<string | string[]> }[] = [];
const app = createServer((request, response) => {
  let body = "";
  request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
  request.on("end", () => {
    received.push({ body, headers: request.headers });
    response.writeHead(200).end();
  });
});

beforeAll(async () => {
  await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
  inbox = await startInbox({ port: 0, clock: wallClock() });
  inbox.slack.connect(`http://127.0.0.1:${String((app.address() as AddressInfo).port)}/slack/interactions`);
});
afterAll(async () => {
  await inbox.close();
  app.closeAllConnections();
  app.close();
});

const call = async (
  method: string,
  body: object,
  token = inbox.slack.botToken,
): Promise<{ status: number; after: string | null; json: Json }> => {
  const reply = await fetch(`${inbox.slack.apiUrl}/${method}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  return { status: reply.status, after: reply.headers.get("retry-after"), json: (await reply.json()) as Json };
};
const button = { type: "button", action_id: "go", text: { type: "plain_text", text: "Go" }, value: "v" };
const asking = (text: string): object => ({
  text,
  blocks: [
    { type: "section", text: { type: "plain_text", text } },
    { type: "actions", elements: [button] },
  ],
});

test("a message is posted, changed in place, and shown once", async () => {
  const posted = await call("chat.postMessage", { channel: "#net", ...asking("Question one") });
  expect(posted).toMatchObject({
    status: 200,
    json: { ok: true, channel: expect.stringMatching(/^C/) as string, ts: expect.any(String) as string },
  });
  const { channel, ts } = posted.json;
  expect((await call("chat.update", { channel, ts, text: "Answered" })).json).toMatchObject({ ok: true });
  expect(inbox.letters.filter(({ slack }) => slack?.ts === ts)).toMatchObject([
    { to: "#net", subject: "Answered", slack: { buttons: [] } },
  ]);
  expect((await call("chat.postMessage", { channel: "U0ANN00000", text: "you alone" })).json).toMatchObject({
    ok: true,
    channel: "D0ANN00000",
  });
  expect((await call("chat.postMessage", { channel, thread_ts: ts, text: "more" })).json["ok"]).toBe(true);
  const page = await (await fetch(inbox.url)).text();
  expect(page).toContain('<article class="reply">');
});

test("what Slack would refuse is refused, in Slack's words", async () => {
  const refused = async (method: string, body: object, token?: string): Promise<unknown> => (await call(method, body, token)).json["error"];
  expect(await refused("chat.postMessage", { channel: "#net", text: "x" }, "xoxb-wrong")).toBe("invalid_auth");
  expect(await refused("chat.postMessage", { channel: "net", text: "x" })).toBe("channel_not_found");
  expect(await refused("chat.postMessage", { channel: "#net" })).toBe("no_text");
  expect(await refused("chat.update", { channel: "#net", ts: "1.1", text: "x" })).toBe("channel_not_found");
  expect(await refused("chat.update", { channel: "C012", ts: "1.1", text: "x" })).toBe("message_not_found");
  expect(await refused("chat.delete", { channel: "C012", text: "x" })).toBe("unknown_method");
  const section = (text: string): object => ({ type: "section", text: { type: "plain_text", text } });
  for (const blocks of [[section("x".repeat(3001))], [section("")], Array.from({ length: 51 }, () => section("x")), [{ type: "table" }]])
    expect(await refused("chat.postMessage", { channel: "#net", text: "x", blocks })).toBe("invalid_blocks");
  inbox.slack.limit(1);
  expect(await call("chat.postMessage", { channel: "#net", text: "x" })).toMatchObject({ status: 429, after: "1" });
  expect((await call("chat.postMessage", { channel: "#net", text: "x" })).status).toBe(200);
});

test("a press is what Slack would send, signed; its response URL is good five times", async () => {
  await call("chat.postMessage", { channel: "#net", ...asking("Question about vpce-0123456789abcdef0") });
  const form = { user: "U0ANN00000", action: "go", about: "vpce-0123456789abcdef0", reason: "because" };
  const reply = await fetch(`${inbox.origin}/slack/press`, { method: "POST", body: new URLSearchParams(form), redirect: "manual" });
  expect(reply.status).toBe(303);
  const { body = "", headers = {} } = received.at(-1) ?? {};
  const stamp = Number(headers["x-slack-request-timestamp"]);
  expect(headers["x-slack-signature"]).toBe(signature(inbox.slack.signingSecret, body, stamp * 1000)["x-slack-signature"]);
  const payload = JSON.parse(new URLSearchParams(body).get("payload") ?? "") as Json;
  expect(payload).toMatchObject({ type: "block_actions", user: { id: "U0ANN00000" }, actions: [{ action_id: "go", value: "v" }] });
  const answer = (): Promise<Response> =>
    fetch(String(payload["response_url"]), { method: "POST", body: JSON.stringify({ response_type: "ephemeral", text: "noted" }) });
  for (let use = 0; use < 5; use += 1) expect((await answer()).status).toBe(200);
  expect((await answer()).status).toBe(404);
  expect(inbox.slack.whispers).toHaveLength(5);
  expect(
    (await fetch(`${inbox.origin}/slack/press`, { method: "POST", body: new URLSearchParams({ ...form, action: "no" }) })).status,
  ).toBe(400);
});
