// In Slack a question is put once, in one thread of the channel, to those whose answer would count.

import { describe, expect, test } from "vitest";
import { endpoint, publicUrl, service, stranger } from "../asking/given.ts";
import { reachInSlack } from "../../lib/slack/reach.ts";
import { ann, bob, inSlack, type Spoken } from "./given.ts";
import { buttons, text } from "./shown.ts";

describe("a question", () => {
  test("stands in the channel with its facts, those who are asked, a reason to type and buttons", async () => {
    const world = await inSlack();
    await world.hear("ApprovalRequested");
    const { to, blocks, text: preview } = world.question();
    expect(to).toBe("#privatelink");
    expect(preview).toBe(`Approve? account ${stranger} asks to connect to ${service}`);
    for (const fact of [stranger, endpoint, service, "23 Nov 2026, 12:00 UTC", "Nothing on the allow-list matches", "<@U0ANN> <@U0BOB>"])
      expect(text(blocks)).toContain(fact);
    expect(text(blocks)).not.toContain("U0CLEO");
    expect(buttons(world)).toEqual(["drawbridge-approve", "drawbridge-reject", "drawbridge-reject-quiet"]);
    expect(blocks.filter(({ type }) => type === "input")).toHaveLength(2);
    expect(text(blocks)).not.toContain("/a/");
  });

  test("that the channel takes shows of nobody that they read it: only who presses is reached", async () => {
    const world = await inSlack();
    const { slips } = world.ports();
    const state = async (user: string): Promise<string> => (await reachInSlack(slips))(user).state;
    await world.hear("ApprovalRequested");
    expect([await state(ann.slack), await state("U0NOBODYATALL")]).toEqual(["untried", "untried"]);
    await world.press(ann.slack, "drawbridge-approve");
    await world.work();
    expect([await state(ann.slack), await state(bob.slack)]).toEqual(["reached", "untried"]);
    await world.press("U0NOBODYATALL", "drawbridge-reject").catch(() => undefined);
    await world.work();
    expect(await state("U0NOBODYATALL")).toBe("untried");
  });

  test("that comes to a person directly reaches them", async () => {
    const world = await inSlack({ approvers: ["ann", "bob"] }, { directMessages: true });
    world.slack.leave(bob.slack);
    await world.hear("ApprovalRequested");
    const reach = await reachInSlack(world.ports().slips);
    expect([reach(ann.slack), reach(bob.slack)]).toMatchObject([
      { state: "reached" },
      { state: "refused", why: expect.stringContaining("user_not_found") },
    ]);
  });

  test("offers an answer about the account where the service allows it", async () => {
    const world = await inSlack({ approvers: ["ann"], accountAnswers: true });
    await world.hear("ApprovalRequested");
    expect(buttons(world)).toContain("drawbridge-approve-account");
  });

  test("offers no answer that the page would not take: an entry of an operator stands there", async () => {
    const about = (entry: Parameters<Spoken["entry"]>[0]) =>
      inSlack(
        { approvers: ["ann", "bob"], accountAnswers: true },
        { prepare: (story) => story.entry({ ...entry, author: "arn:aws:iam::111111111111:user/olga" }) },
      );
    // A condition that does not hold: people are asked, though an operator's accept stands for the account.
    const account = await about({ verdict: "accept", principal: `account#${stranger}`, conditions: { regions: ["us-east-1"] } });
    await account.hear("ApprovalRequested");
    expect(buttons(account)).toEqual(["drawbridge-approve", "drawbridge-reject"]);
    expect(text(account.question().blocks)).not.toContain("drawbridge-days");
    const own = await about({ verdict: "ask", principal: `endpoint#${endpoint}` });
    await own.hear("ApprovalRequested");
    expect(buttons(own)).toEqual(["drawbridge-approve", "drawbridge-reject", "drawbridge-reject-quiet"]);
  });

  test("calls nobody whose answer would not count", async () => {
    const world = await inSlack(
      { approvers: ["ann", "bob", "cleo"] },
      { directMessages: true, prepare: (story) => story.entry({ verdict: "ask", principal: `account#${stranger}`, author: ann.arn }) },
    );
    await world.hear("ApprovalRequested");
    // Of cleo nobody knows whether she wrote the entry.
    expect(text(world.question().blocks)).toContain('"Asked: <@U0BOB>"');
    expect(world.slack.posts.map(({ to }) => to)).toEqual(["#privatelink", bob.slack]);
  });

  test("that nobody is named for has the link alone, as a webhook's has", async () => {
    const world = await inSlack({});
    await world.hear("ApprovalRequested");
    expect(text(world.question().blocks)).toMatch(new RegExp(`"url":"${publicUrl}/a/[\\w-]+"`));
    expect(buttons(world)).toEqual(["drawbridge-open"]);
    await world.byLink("reject");
    await world.hear("ConnectionDenied");
    expect(text(world.question().blocks)).toContain("Rejected by somebody with the link");
    expect(text(world.question().blocks)).not.toContain("/a/");
  });

  test("goes to each approver directly as well, where that is asked for", async () => {
    const world = await inSlack({ approvers: ["ann", "bob"] }, { directMessages: true });
    await world.hear("ApprovalRequested");
    expect(world.slack.posts.map(({ to }) => to)).toEqual(["#privatelink", ann.slack, bob.slack]);
    await world.press(ann.slack, "drawbridge-approve");
    await world.work();
    await world.hear("ConnectionApproved");
    for (const post of world.slack.posts.filter(({ thread }) => thread === undefined)) {
      expect(text(post.blocks)).toContain("Approved by ann (Slack), 23 Nov 2026, 12:00 UTC");
      expect(text(post.blocks)).not.toContain("action_id");
    }
  });

  test("is put once, however often the bus repeats it", async () => {
    const world = await inSlack();
    await Promise.all(Array.from({ length: 5 }, async (_, index) => world.hear("ApprovalRequested", `instance-${String(index)}`)));
    world.clock.advance(600);
    await world.hear("ApprovalRequested", "redriven");
    expect(world.slack.posts).toHaveLength(1);
  });

  test("that Slack takes too many of is put when it says so", async () => {
    const world = await inSlack();
    world.slack.limit(2);
    await world.hear("ApprovalRequested");
    expect(world.waits).toEqual([1000, 1000]);
    expect(world.slack.posts).toHaveLength(1);
    const again = await inSlack();
    again.slack.limit(99);
    await expect(again.hear("ApprovalRequested")).rejects.toMatchObject({ code: "SlackRefused", retryable: true });
    again.slack.limit(0);
    again.clock.advance(60);
    await again.hear("ApprovalRequested", "next");
    expect(again.slack.posts).toHaveLength(1);
  });

  test("that is decided before it is put is put to nobody", async () => {
    const world = await inSlack({});
    await world.byLink("reject");
    await world.hear("ApprovalRequested");
    expect(world.slack.posts).toEqual([]);
  });

  test("that is decided while it is being put shows the outcome all the same", async () => {
    const world = await inSlack({});
    world.before = async () => {
      world.before = async () => undefined;
      await world.byLink("reject");
      // The news finds no copy yet.
      await world.hear("ConnectionDenied", "other");
    };
    await world.hear("ApprovalRequested");
    expect(text(world.question().blocks)).toContain("Rejected by somebody with the link");
  });
});
