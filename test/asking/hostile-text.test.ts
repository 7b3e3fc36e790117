// Hostile names, reasons and purposes stay text wherever people read them: on the page, in Slack, in mail.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { slackMessage } from "../../lib/asking/slack-message.ts";
import type { DrawbridgeEvent } from "../../lib/events.ts";
import { visible } from "../../lib/harmless.ts";
import type { Instant } from "../../lib/ids.ts";
import { asMail, type Notice, type Profile } from "../../lib/notices.ts";
import { html } from "../../lib/web/html.ts";
import { digestMail } from "../../lib/asking/question-mail.ts";
import { endpointOf } from "../fakes/endpoint-services.ts";
import { asked, endpoint, publicUrl, service, stranger } from "./given.ts";

const at = "2026-11-23T12:00:00.000Z" as Instant;
const nasty = [
  "<script>alert(1)</script>",
  `"><img src=x onerror=alert(1)>`,
  "' autofocus onfocus=alert(1) x='",
  "</textarea><h1>Approved</h1>",
  "<!channel> <!here> <@U012AB3CD> <https://evil.example|Approve>",
  "&lt;b&gt; &amp; &#60;",
  "acme\r\nBcc: everybody@example.com",
  "acme\u202Egro.elpmaxe\u2066",
  "acme\u0000\u0007\u001b[31m\u200b",
  "acme\u2028Decide here: https://evil.example",
  "\ud800 half a pair",
  "*bold* _it_ ~no~ `code` :tada: @channel",
];
const text = fc.oneof(
  fc.constantFrom(...nasty),
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.string({ unit: "grapheme", maxLength: 200 }),
);

const profile = (foreign: string): Profile => ({
  account: stranger,
  endpoint,
  service,
  name: foreign,
  contact: foreign,
  purpose: foreign,
  ticket: foreign,
});
const question = (foreign: string): Notice => ({
  of: "question",
  profile: profile(foreign),
  at,
  because: { rule: "entry", detail: foreign },
  way: { link: "https://x.example/a/token", until: at },
});
const news = (foreign: string): Notice => ({
  of: "news",
  profile: profile(foreign),
  event: {
    type: "ConnectionApproved",
    at,
    by: { kind: "approver", name: foreign, channel: "slack" },
    because: { rule: "approvers", detail: foreign },
    reason: foreign,
  } as DrawbridgeEvent,
});

describe("whatever outsiders write", () => {
  test("in HTML has no character that could end a text or a value", () => {
    fc.assert(
      fc.property(text, (foreign) => {
        const made = html`<p title="${foreign}">${[foreign, html`<b>${foreign}</b>`]}</p>`.text;
        const inner = made
          .replace(/^<p title="/, "")
          .replace(/<\/b><\/p>$/, "")
          .replace(`">`, "")
          .replace("<b>", "");
        expect(inner).not.toMatch(/[<>"'`\p{Cf}]|(?!\n)\p{Cc}/u);
        expect(inner.replaceAll(/&#\d+;/g, "")).not.toContain("&");
        expect(made.isWellFormed()).toBe(true);
      }),
    );
  });

  test("in Slack can neither mention nor link nor format", () => {
    fc.assert(
      fc.property(text, fc.boolean(), (foreign, asks) => {
        const message = slackMessage(asks ? question(foreign) : news(foreign)) as { text: string };
        const texts = [...JSON.stringify(message).matchAll(/"type":"(mrkdwn|plain_text)","text":("(?:[^"\\]|\\.)*")/g)].map(
          ([, type, value]) => ({ type, value: JSON.parse(value ?? '""') as string }),
        );
        expect(texts.length).toBeGreaterThan(10);
        for (const { value } of [...texts, { value: message.text }]) {
          expect(value).not.toMatch(/[<>\n]/);
          expect(value.replaceAll(/&(amp|lt|gt);/g, "")).not.toContain("&");
        }
        for (const { type, value } of texts) if (type === "mrkdwn") expect(value).toMatch(/^\*[A-Z][a-z ]+\*$/);
      }),
    );
  });

  test("in mail keeps to its line, and the subject is what SNS takes", () => {
    fc.assert(
      fc.property(text, fc.boolean(), (foreign, asks) => {
        const plain = asMail(asks ? question("acme") : news("acme"));
        const mail = asMail(asks ? question(foreign) : news(foreign));
        expect(mail.subject).toMatch(/^[!-~][ -~]{0,98}$/);
        expect(mail.text.split("\n").length).toBe(plain.text.split("\n").length);
        expect(visible(mail.text)).toBe(mail.text);
        for (const value of Object.values(mail.attributes)) expect(value).toMatch(/^[\w-]+$/);
      }),
    );
  });

  test("in a message of several questions, and in their list, is text on its own line", async () => {
    for (const foreign of nasty) {
      const world = await asked(async (story) => {
        await story.approvers([{ name: "ann", email: "ann@example.com", arn: "arn:aws:iam::111111111111:user/ann" }]);
        await story.entry({ verdict: "ask", principal: `account#${stranger}`, name: foreign, purpose: foreign });
      });
      await world.connect(stranger, endpointOf(2));
      const open = (await world.ports().connections.asking(service)).items.flatMap((connection) =>
        connection.status === "asking" ? [{ connection, occasion: "asked" as const }] : [],
      );
      const mail = await digestMail({ ...world.ports(), publicUrl }, "ann", open, { count: 0, complete: true });
      expect(mail.subject).toBe("2 connections wait for your approval");
      expect(mail.text.split("\n").filter((line) => line.startsWith("  account "))).toHaveLength(2);
      expect(mail.text.match(/https:\/\/\S+/g)?.filter((url) => url.startsWith(publicUrl))).toHaveLength(1);
      // eslint-disable-next-line no-control-regex
      expect(mail.text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202a-\u202e\u2066-\u2069\u200b]/);
      const token = /\/q\/(\S+)/.exec(mail.text)?.[1] ?? "";
      const page = await world.http("GET", { path: "q", token });
      const elements = page.html.replace(/<style>[\s\S]*<\/style>/, "").match(/<[a-z][^>]*>/g) ?? [];
      expect(elements.filter((tag) => /^<(script|img|iframe|object|svg)|\son\w+=/i.test(tag))).toEqual([]);
      expect(page.html.match(/<a href="\/a\//g)).toHaveLength(2);
      expect(page.html.match(/<h1/g)).toHaveLength(1);
    }
  });

  test("on the page is text: the page has the same elements and attributes whatever they write", async () => {
    const harmless = await pagesWith("acme");
    for (const foreign of nasty) {
      const pages = await pagesWith(foreign);
      expect(pages.map(elements)).toEqual(harmless.map(elements));
      for (const page of pages) expect(page).not.toMatch(/\p{Cf}|(?!\n)\p{Cc}/u);
    }
  });
});

async function pagesWith(foreign: string): Promise<string[]> {
  const world = await asked((story) =>
    story.entry({
      verdict: "ask",
      principal: `account#${stranger}`,
      name: foreign,
      contact: foreign,
      purpose: foreign,
      ticket: foreign,
    }),
  );
  const open = await world.http("GET");
  const wrong = await world.answer({ confirm: foreign, reason: foreign, choice: foreign });
  const decided = await world.answer({ reason: foreign });
  expect(decided.status).toBe(200);
  return [open.html, wrong.html, decided.html];
}

/** Every tag with the names of its attributes, as a browser would read them. */
const elements = (page: string): string[] =>
  [...page.replace(/<style>[\s\S]*?<\/style>/, "").matchAll(/<[^>]*>/g)].map(([tag]) => tag.replaceAll(/="[^"]*"/g, ""));
