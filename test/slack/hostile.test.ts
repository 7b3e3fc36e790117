// What outsiders wrote stays text in Slack.

import { describe, expect, test } from "vitest";
import { stranger } from "../asking/given.ts";
import { ann, inSlack } from "./given.ts";

describe("hostile text", () => {
  const nasty = [
    "<!channel> <!here> <@U012AB3CD> <https://evil.example|Approve>",
    "*bold* _it_ ~no~ `code` :tada: @channel",
    "&lt;!channel&gt; &amp;",
    "acme\r\n*Account*\u2028Approved by bob \u202egro.elpmaxe",
    "x".repeat(5000),
  ];
  test.each(nasty)("%j stays text", async (foreign) => {
    const world = await inSlack(
      { approvers: ["ann"] },
      {
        prepare: (story) =>
          story.entry({ verdict: "ask", principal: `account#${stranger}`, name: foreign, contact: foreign, purpose: foreign }),
      },
    );
    await world.hear("ApprovalRequested");
    const raw = world.question();
    await world.press(ann.slack, "drawbridge-reject", foreign.slice(0, 500));
    await world.work();
    await world.hear("ConnectionDenied");
    const after = [...world.slack.posts, raw];
    for (const post of after) {
      expect(post.text).not.toMatch(/<[!@#]|<https?:/);
      for (const block of flat(post.blocks)) {
        if (block["type"] === "plain_text") expect(String(block["text"])).not.toMatch(/[<>\u202e\u2028\r]/);
        if (block["type"] === "mrkdwn") expect(String(block["text"])).toMatch(/^(\*[A-Z][a-zA-Z ]+\*|Asked: (<@U0[A-Z]+> ?)+)$/);
      }
    }
    for (const { text: said } of world.slack.whispers) expect(said).not.toMatch(/[<>]/);
  });
});

function flat(value: unknown): Record<string, unknown>[] {
  if (Array.isArray(value)) return value.flatMap(flat);
  if (typeof value !== "object" || value === null) return [];
  return [value as Record<string, unknown>, ...Object.values(value).flatMap(flat)];
}
