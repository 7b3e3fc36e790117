// What Slack refuses of a question, for all or for one approver, is told as what it is, and costs nobody else theirs.

import { describe, expect, test } from "vitest";
import { Fault } from "../../lib/faults.ts";
import { endpoint } from "../asking/given.ts";
import { ann, bob, inSlack, set, type Spoken } from "./given.ts";
import { text } from "./shown.ts";

describe("the bot token", () => {
  test("that was put anew counts at once: the question is asked, and nothing is asked twice", async () => {
    const world = await inSlack({ approvers: ["ann", "bob"] }, { directMessages: true });
    world.slack.reinstall();
    await world.hear("ApprovalRequested");
    expect(world.slack.posts.map(({ to }) => to)).toEqual(["#privatelink", ann.slack, bob.slack]);
    await world.press(ann.slack, "drawbridge-reject");
    await world.work();
    world.slack.reinstall();
    await world.hear("ConnectionDenied");
    for (const post of world.slack.posts.filter(({ thread }) => thread === undefined))
      expect(text(post.blocks)).toContain("Rejected by ann");
    expect(world.slack.posts.filter(({ thread }) => thread !== undefined)).toHaveLength(3);
  });

  test("that Slack goes on refusing is a fault that says so, and loses nobody", async () => {
    const world = await inSlack();
    world.slack.refuse("token_revoked");
    await expect(world.hear("ApprovalRequested")).rejects.toMatchObject({
      code: "SlackTokenRefused",
      message: expect.stringMatching(/token_revoked; put the app's present botToken/),
    });
  });
});

describe("what Slack refuses", () => {
  test("says what to do about it, and whether a retry can help", async () => {
    const world = await inSlack();
    await set(world, { approvers: ["ann"] });
    world.before = async () => Promise.reject(new Fault("NoAnswer", "slack.com", "timeout", true));
    await expect(world.hear("ApprovalRequested")).rejects.toMatchObject({ code: "NoAnswer", retryable: true });
    expect(world.slack.posts).toEqual([]);
  });
});

describe("directly", () => {
  const direct = (asking: Parameters<typeof inSlack>[0]): Promise<Spoken> => inSlack(asking, { directMessages: true });
  const places = (world: Spoken): string[] => world.slack.posts.filter(({ thread }) => thread === undefined).map(({ to }) => to);

  test("one whom Slack does not know keeps nobody else from being asked, and is warned of", async () => {
    const world = await direct({ approvers: ["ann", "bob"] });
    world.slack.leave(ann.slack);
    await world.hear("ApprovalRequested");
    expect(places(world)).toEqual(["#privatelink", bob.slack]);
    expect(world.warnings).toMatchObject([
      { keys: { user: ann.slack, connection: endpoint, reason: expect.stringContaining("user_not_found") } },
    ]);
    await world.press(bob.slack, "drawbridge-approve");
    await world.work();
    await world.hear("ConnectionApproved");
    for (const post of world.slack.posts.filter(({ thread }) => thread === undefined))
      expect(text(post.blocks)).toContain("Approved by bob");
  });

  test("one who cannot be reached at this moment is asked at the next try, and the others now", async () => {
    const world = await direct({ approvers: ["ann", "bob"] });
    let posts = 0;
    world.before = async () => {
      if ((posts += 1) === 2) throw new Fault("NoAnswer", "slack.com", "timeout", true);
    };
    await expect(world.hear("ApprovalRequested")).rejects.toMatchObject({ code: "NoAnswer", retryable: true });
    expect(places(world)).toEqual(["#privatelink", bob.slack]);
    await world.hear("ApprovalRequested", "next try");
    expect(places(world)).toEqual(["#privatelink", bob.slack, ann.slack]);
  });

  test("a copy that cannot be changed at this moment keeps no other from showing the outcome, nor the thread from telling it", async () => {
    const world = await direct({ approvers: ["ann", "bob"] });
    await world.hear("ApprovalRequested");
    await world.press(ann.slack, "drawbridge-approve");
    await world.work();
    let changes = 0;
    world.before = async (path) => {
      if (path.endsWith("chat.update") && (changes += 1) === 1) throw new Fault("NoAnswer", "slack.com", "timeout", true);
    };
    await expect(world.hear("ConnectionApproved")).rejects.toMatchObject({ code: "NoAnswer" });
    const shown = (): number =>
      world.slack.posts.filter(({ blocks, edits }) => edits === 1 && text(blocks).includes("Approved by ann")).length;
    expect(shown()).toBe(2);
    expect(world.slack.posts.filter(({ thread }) => thread !== undefined)).toHaveLength(3);
    await world.hear("ConnectionApproved", "next try");
    expect(shown()).toBe(3);
    expect(world.slack.posts.filter(({ thread }) => thread !== undefined)).toHaveLength(3);
  });

  test("who is asked next gets a copy with buttons, and presses it", async () => {
    const world = await direct({ approvers: ["ann"], escalateTo: ["bob", "ann"], escalateAfterHours: 24 });
    await world.hearAll();
    expect(places(world)).toEqual(["#privatelink", ann.slack]);
    world.clock.advance(24 * 3600);
    await world.look(endpoint);
    await world.hearAll();
    await world.hear("ApprovalEscalated", "again");
    expect(places(world)).toEqual(["#privatelink", ann.slack, bob.slack]);
    expect(text(world.slack.posts.find(({ to }) => to === bob.slack)?.blocks)).toContain("drawbridge-approve");
    await world.press(bob.slack, "drawbridge-approve");
    await world.work();
    await world.hearAll();
    for (const post of world.slack.posts.filter(({ thread }) => thread === undefined))
      expect(text(post.blocks)).toContain("Approved by bob");
  });
});
