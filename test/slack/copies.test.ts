// Each copy of a question in Slack shows the truth, whoever decided and wherever; what comes after it stands in its thread.

import { describe, expect, test } from "vitest";
import { instant, milliseconds } from "../../lib/ids.ts";
import { run } from "../../lib/loop/run.ts";
import { endpoint, service, stranger } from "../asking/given.ts";
import { accountOf, endpointOf } from "../fakes/endpoint-services.ts";
import { ann, bob, cleo, inSlack, type Spoken } from "./given.ts";
import { breakGlass, buttons, text } from "./shown.ts";

describe("each copy", () => {
  const inSlackBy =
    (user: string, action: string, reason?: string) =>
    async (world: Spoken): Promise<void> => {
      await world.press(user, action, reason);
      await world.work();
    };
  const onAws =
    (state: "available" | "rejected" | "deleted" | "expired") =>
    async (world: Spoken): Promise<void> => {
      world.ec2.move(endpoint, state);
      await world.look(endpoint);
    };
  const byRule = async (world: Spoken): Promise<void> => {
    await world.entry({ principal: `account#${stranger}`, verdict: "accept", name: "acme" });
    await world.look(endpoint);
  };
  const outcomes: [string, (world: Spoken) => Promise<void>, string, string][] = [
    [
      "approved in Slack",
      inSlackBy(ann.slack, "drawbridge-approve", "ticket 7"),
      "ConnectionApproved",
      "Approved by ann (Slack), 23 Nov 2026, 12:00 UTC: ticket 7",
    ],
    ["rejected in Slack", inSlackBy(bob.slack, "drawbridge-reject"), "ConnectionDenied", "Rejected by bob (Slack), 23 Nov 2026, 12:00 UTC"],
    ["accepted in the console", onAws("available"), "AcceptedOutside", "Approved by somebody outside"],
    ["rejected in the console", onAws("rejected"), "RejectedOutside", "Rejected by somebody outside"],
    ["withdrawn", onAws("deleted"), "ConnectionClosed", "Withdrawn: the endpoint was deleted, 23 Nov 2026, 12:00 UTC"],
    ["expired on AWS", onAws("expired"), "ConnectionClosed", "Withdrawn: AWS let the request expire"],
    ["answered by a rule", byRule, "ConnectionApproved", "Approved by allow-list, entry by alice of 111111111111"],
    [
      "decided past its approvers",
      async (world) => breakGlass(world),
      "ConnectionApproved",
      "Break-glass: approved by zoe of 111111111111 alone, past its approvers, 23 Nov 2026, 12:00 UTC: payments are down",
    ],
  ];

  test.each(outcomes)("of a question that is %s shows it, and has nothing left to press", async (...[, change, type, shown]) => {
    const world = await inSlack();
    await world.hear("ApprovalRequested");
    await change(world);
    await world.hear(type);
    const { blocks, edits } = world.question();
    expect(text(blocks)).toContain(shown);
    expect(text(blocks)).not.toContain("action_id");
    expect(edits).toBe(1);
    const reply = world.slack.posts.find(({ thread }) => thread !== undefined);
    expect(reply).toMatchObject({ thread: world.question().ts, channel: world.question().channel });
    // Repeated, reordered, later: nothing changes it any more, and nothing is said twice.
    await world.hear(type, "again");
    expect(world.question().edits).toBe(1);
    expect(world.slack.posts).toHaveLength(2);
  });

  test("counts those who agree, where several must", async () => {
    const world = await inSlack({ approvers: ["ann", "bob", "cleo"], quorum: 2 });
    await world.hearAll();
    expect(text(world.question().blocks)).toContain("0 of 2 agree");
    await world.press(ann.slack, "drawbridge-approve");
    await world.work();
    await world.hearAll();
    expect(text(world.question().blocks)).toContain("1 of 2 agree: ann");
    expect(buttons(world)).toContain("drawbridge-approve");
    await world.press(bob.slack, "drawbridge-approve");
    await world.work();
    await world.hearAll();
    expect(text(world.question().blocks)).toMatch(/Approved by .*bob/);
    expect(buttons(world)).toEqual([]);
  });

  test("is reminded of in its thread, and shows whom it was passed on to", async () => {
    const world = await inSlack({ approvers: ["ann"], escalateTo: ["bob"], escalateAfterHours: 24 });
    await world.hearAll();
    world.clock.advance(4 * 3600);
    await world.look(endpoint);
    await world.hearAll();
    const replies = () => world.slack.posts.filter(({ thread }) => thread === world.question().ts);
    expect(text(replies().at(-1)?.blocks)).toContain("Asked: <@U0ANN>");
    world.clock.advance(20 * 3600);
    await world.look(endpoint);
    await world.hearAll();
    expect(text(world.question().blocks)).toContain("Asked: <@U0ANN> <@U0BOB>");
    expect(text(replies().map(({ blocks }) => blocks))).toContain("<@U0BOB>");
    expect(buttons(world)).toContain("drawbridge-approve");
  });

  test("that an older event would change last shows the newest state", async () => {
    const world = await inSlack({ approvers: ["ann", "bob"], quorum: 2 });
    await world.hear("ApprovalRequested");
    await world.press(ann.slack, "drawbridge-approve");
    await world.work();
    const given = world.told("ApprovalGiven");
    world.before = async (path) => {
      if (!path.endsWith("chat.update")) return;
      world.before = async () => undefined;
      await world.press(bob.slack, "drawbridge-approve");
      await world.work();
      await world.hear("ConnectionApproved", "quicker");
    };
    expect(given.type).toBe("ApprovalGiven");
    await world.hear("ApprovalGiven", "slow");
    expect(text(world.question().blocks)).toMatch(/Approved by/);
    expect(buttons(world)).toEqual([]);
  });

  test("that somebody deleted is left alone", async () => {
    const world = await inSlack();
    await world.hear("ApprovalRequested");
    (world.slack.posts as unknown[]).splice(0);
    world.ec2.move(endpoint, "deleted");
    await world.look(endpoint);
    await world.hear("ConnectionClosed");
    await world.hear("ConnectionClosed", "again");
    expect(world.slack.posts).toHaveLength(1);
  });

  test("of another connection is left alone", async () => {
    const world = await inSlack();
    await world.hear("ApprovalRequested");
    await world.connect(accountOf(8), endpointOf(8));
    await world.hear("ApprovalRequested");
    expect(world.slack.posts).toHaveLength(2);
    world.ec2.move(endpointOf(8), "deleted");
    await world.look(endpointOf(8));
    await world.hear("ConnectionClosed");
    expect(text(world.slack.posts[0]?.blocks)).toContain("drawbridge-approve");
    expect(text(world.slack.posts[1]?.blocks)).toContain("Withdrawn");
  });
});

describe("break-glass", () => {
  test("calls every approver in the question's thread, and stands out there", async () => {
    const world = await inSlack({ approvers: ["ann"] });
    await world.hearAll();
    await breakGlass(world);
    await world.hearAll();
    const [line, ...more] = world.slack.posts.filter(({ thread }) => thread !== undefined);
    expect(more).toEqual([]);
    expect(line?.text).toBe("Break-glass: accepted by zoe of 111111111111 alone, past its approvers: payments are down.");
    expect(text(line?.blocks)).toContain("<@U0ANN> <@U0BOB> <@U0CLEO>");
    expect(world.question().text).toMatch(/^Break-glass: approved by zoe/);
  });

  test("comes to each approver directly, where they are asked so", async () => {
    const world = await inSlack({ approvers: ["ann"] }, { directMessages: true });
    await world.hearAll();
    await breakGlass(world);
    await world.hearAll();
    const told = world.slack.posts.filter(({ text: said }) => said.startsWith("Break-glass: accepted by zoe"));
    expect(told.map(({ to, thread }) => [to, thread !== undefined])).toEqual([
      [world.question().channel, true],
      [world.slack.posts.find(({ to }) => to === ann.slack)?.channel, true],
      [bob.slack, false],
      [cleo.slack, false],
    ]);
  });
});

describe("what is done in the console", () => {
  test("shows who did it, when CloudTrail has told: in each copy, and in the thread", async () => {
    const world = await inSlack({ approvers: ["ann", "bob"] }, { directMessages: true });
    await world.hearAll();
    world.ec2.move(endpoint, "available");
    await world.look(endpoint);
    await world.hearAll();
    expect(text(world.question().blocks)).toContain("Approved by somebody outside");
    const ports = world.ports("observe");
    const signal = { kind: "attributed", action: "accept", arn: "arn:aws:iam::111111111111:root", event: "e-1" } as const;
    await run({ ...ports, judging: ports }, { service, tasks: [{ endpoint, signal, source: { kind: "cloudtrail" } }] });
    await world.hearAll();
    const copies = world.slack.posts.filter(({ thread }) => thread === undefined);
    expect(copies).toHaveLength(3);
    for (const { blocks } of copies) expect(text(blocks)).toContain("Approved by root of 111111111111, outside, 23 Nov 2026, 12:00 UTC");
    expect(world.slack.posts.at(-1)?.text).toBe("CloudTrail tells: root of 111111111111 called accept.");
    expect(world.slack.posts.at(-1)?.thread).toBeDefined();
  });
});

describe("what is ahead of all that an entry holds", () => {
  test("is told in the channel once, however many connections that is", async () => {
    const world = await inSlack(undefined, {
      prepare: async (before) => {
        const expires = instant(milliseconds(before.clock.now()) + 24 * 3_600_000);
        await before.entry({ principal: `account#${accountOf(7)}`, verdict: "accept", conditions: { expires } });
        for (const number of [71, 72, 73]) before.ec2.connect({ endpoint: endpointOf(number), service, account: accountOf(7) });
        await before.look();
      },
    });
    await world.hearAll();
    const lives = world.tables.committed.filter(({ event }) => event.type === "ExpiryAnnounced");
    expect(lives.length).toBeGreaterThan(2);
    expect(world.slack.posts.filter(({ text: preview }) => preview?.startsWith("Expires soon"))).toHaveLength(1);
  });
});
