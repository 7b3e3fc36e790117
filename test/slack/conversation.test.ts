// In Slack a question has one thread in the channel; each of its copies shows the truth, and what outsiders wrote stays text.

import { describe, expect, test } from "vitest";
import { Fault } from "../../lib/faults.ts";
import { instant, milliseconds } from "../../lib/ids.ts";
import { endpoint, publicUrl, service, stranger } from "../asking/given.ts";
import { reachInSlack } from "../../lib/slack/reach.ts";
import { accountOf, endpointOf } from "../fakes/endpoint-services.ts";
import { run } from "../../lib/loop/run.ts";
import { ann, bob, cleo, inSlack, set, type Spoken } from "./given.ts";

const text = (value: unknown): string => JSON.stringify(value);
const buttons = (world: Spoken): string[] =>
  [...text(world.question().blocks).matchAll(/"action_id":"(drawbridge-[a-z-]+)"/g)]
    .map(([, action = ""]) => action)
    .filter((action) => !["drawbridge-reason", "drawbridge-days"].includes(action));

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

/** One operator alone. */
async function breakGlass(world: Spoken): Promise<void> {
  const ports = world.ports("operator");
  const by = { kind: "operator", arn: "arn:aws:iam::111111111111:user/zoe" } as const;
  const signal = { kind: "answered", choice: "approve", by, breakGlass: true, reason: "payments are down" } as const;
  await run({ ...ports, judging: ports }, { service, tasks: [{ endpoint, signal, source: { kind: "api" } }] });
}

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
