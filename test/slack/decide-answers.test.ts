// From the queue: an approver's press decides like any other answer, once; everybody who pressed is told what came of it.

import { describe, expect, test } from "vitest";
import { Fault, Unreadable } from "../../lib/faults.ts";
import { readAnswer } from "../../lib/slack/interaction.ts";
import { endpoint, stranger } from "../asking/given.ts";
import { ann, bob, cleo, inSlack, set, type Spoken } from "./given.ts";

async function open(...given: Parameters<typeof inSlack>): Promise<Spoken> {
  const world = await inSlack(...given);
  await world.hear("ApprovalRequested");
  return world;
}
const types = (world: Spoken): string[] =>
  world.tables.committed.filter(({ subject }) => subject.startsWith("connection#")).map(({ event }) => event.type);
const toldTo = (world: Spoken, user: string): string[] => world.slack.whispers.filter((one) => one.user === user).map(({ text }) => text);

describe("an approver", () => {
  test("decides, by name, with the reason, and is told so", async () => {
    const world = await open();
    await world.press(ann.slack, "drawbridge-approve", "ticket 7");
    expect(await world.work()).toBe(0);
    expect(world.told("ConnectionApproved")).toMatchObject({
      by: { kind: "approver", name: "ann", channel: "slack", arn: ann.arn },
      reason: "ticket 7",
    });
    expect(toldTo(world, ann.slack)).toEqual(["Recorded. Approved by ann (Slack), 23 Nov 2026, 12:00 UTC: ticket 7."]);
  });

  test("may speak of the account, or want quiet, where that is possible", async () => {
    const world = await open({ approvers: ["ann"], accountAnswers: true });
    await world.press(ann.slack, "drawbridge-approve-account");
    await world.work();
    expect(world.told("EntryAdded")).toMatchObject({
      by: { kind: "approver", name: "ann" },
      to: { verdict: "accept", principal: `account#${stranger}` },
    });
    const quiet = await open();
    await quiet.press(bob.slack, "drawbridge-reject-quiet");
    await quiet.work();
    expect(quiet.told("ConnectionDenied")).toMatchObject({ by: { name: "bob" } });
    expect(quiet.told("EntryAdded")).toMatchObject({
      to: { verdict: "reject", principal: `account#${stranger}`, conditions: { expires: "2026-12-23T12:00:00.000Z" } },
    });
  });

  test("wants quiet for as many days as were chosen, and no message can make it others", async () => {
    const days = async (chosen: string): Promise<unknown> => {
      const world = await open();
      await world.send(world.slack.request({ user: bob.slack, action: "drawbridge-reject-quiet", about: "vpce-", days: chosen }));
      await world.work();
      return (world.told("EntryAdded")["to"] as { conditions: { expires: string } }).conditions.expires.slice(0, 10);
    };
    expect(await days("7")).toBe("2026-11-30");
    expect(await days("365")).toBe("2027-11-23");
    for (const wrong of ["0", "366", "-1", "1e2", "all", ""]) expect(await days(wrong), wrong).toBe("2026-12-23");
  });

  test("of several who must agree is told how many do", async () => {
    const world = await open({ approvers: ["ann", "bob"], quorum: 2 });
    await world.press(ann.slack, "drawbridge-approve");
    await world.work();
    expect(toldTo(world, ann.slack)[0]).toMatch(/^Recorded: 1 of 2 agree/);
    expect(types(world)).toEqual(["ConnectionRequested", "ApprovalRequested", "ApprovalGiven"]);
  });

  test("who comes too late is told who decided, when and how", async () => {
    const world = await open();
    await world.press(ann.slack, "drawbridge-approve");
    await world.press(bob.slack, "drawbridge-reject");
    while ((await world.work()) > 0) world.clock.advance(2);
    const late = [ann, bob].flatMap(({ slack }) => toldTo(world, slack)).find((text) => text.includes("too late"));
    expect(late).toMatch(
      /^Your answer came too late and changes nothing\. (Approved by ann|Rejected by bob) \(Slack\), 23 Nov 2026, 12:00 UTC/,
    );
    // The log tells of who was too late as well, once.
    expect(types(world)).toHaveLength(4);
    expect(types(world).at(-1)).toBe("AnswerRefused");
    await world.press(ann.slack, "drawbridge-approve");
    await world.press(bob.slack, "drawbridge-reject");
    while ((await world.work()) > 0) world.clock.advance(2);
    expect(types(world)).toHaveLength(4);
  });

  test("who is not asked about this one, or wrote the entry, does not decide", async () => {
    const world = await open({ approvers: ["ann"] });
    await world.press(cleo.slack, "drawbridge-approve");
    await world.work();
    expect(toldTo(world, cleo.slack)[0]).toContain("cleo is not an approver of this question");
    expect(types(world).at(-1)).toBe("AnswerRefused");

    const own = await open(
      { approvers: ["ann"] },
      {
        prepare: (story) => story.entry({ verdict: "ask", principal: `account#${stranger}`, author: ann.arn }),
      },
    );
    await own.press(ann.slack, "drawbridge-approve");
    await own.work();
    expect(toldTo(own, ann.slack)[0]).toContain("ann wrote the entry about this account");
    expect(types(own)).not.toContain("ConnectionApproved");
  });
});

describe("anybody else in the channel", () => {
  test("decides nothing, not even where nobody is named any more", async () => {
    const world = await open();
    await world.press("U0MALLORY", "drawbridge-approve");
    await set(world, {});
    await world.press("U0MALLORY", "drawbridge-reject");
    expect(await world.work()).toBe(0);
    // The log tells of it, once for each person and question.
    expect(types(world)).toEqual(["ConnectionRequested", "ApprovalRequested", "AnswerRefused"]);
    expect(world.told("AnswerRefused")).toMatchObject({
      by: { kind: "outside" },
      choice: "approve",
      cause: "stranger",
      because: { rule: "outside", detail: "no approver is known by Slack, U0MALLORY" },
    });
    await world.press("U0EVE", "drawbridge-reject");
    await world.work();
    expect(types(world)).toHaveLength(4);
    expect(toldTo(world, "U0MALLORY")).toHaveLength(2);
    expect(toldTo(world, "U0MALLORY")[0]).toContain("you are not an approver");
    expect(world.warnings).toHaveLength(3);
  });
});

describe("the queue", () => {
  test("may bring an answer twice: it is decided once, and told once", async () => {
    const world = await open();
    await world.press(ann.slack, "drawbridge-approve");
    const [message = ""] = world.queue;
    world.queue.push(message, message);
    await world.work();
    world.clock.advance(600);
    world.queue.push(message);
    await world.work("another instance");
    expect(types(world)).toEqual(["ConnectionRequested", "ApprovalRequested", "ConnectionApproved"]);
    expect(toldTo(world, ann.slack)).toHaveLength(1);
  });

  test("keeps what could not be decided, and what was decided stands though nobody can be told", async () => {
    const world = await open();
    await world.press(ann.slack, "drawbridge-approve");
    world.before = async () => Promise.reject(new Fault("NoAnswer", "hooks.slack.com", "timeout", true));
    expect(await world.work()).toBe(0);
    expect(types(world).at(-1)).toBe("ConnectionApproved");
    expect(world.warnings.map(({ message }) => message)).toEqual(["Slack did not pass an answer on"]);
  });

  test("of a thousand presses at once decides one", async () => {
    const world = await open();
    for (let index = 0; index < 1000; index += 1) {
      await world.press(index % 2 === 0 ? ann.slack : bob.slack, index % 3 === 0 ? "drawbridge-reject" : "drawbridge-approve");
    }
    for (let turn = 0; turn < 30 && (await world.work()) > 0; turn += 1) world.clock.advance(2);
    expect(world.queue).toEqual([]);
    const decided = types(world).filter((type) => type === "ConnectionApproved" || type === "ConnectionDenied");
    expect(decided).toHaveLength(1);
  });

  test("sets aside what it cannot read", () => {
    const good = { id: "a", question: "id-1", endpoint, choice: "approve", user: "U0ANN", at: "2026-11-23T12:00:00.000Z" };
    expect(readAnswer(JSON.stringify({ slackAnswer: good }))).toEqual(good);
    for (const wrong of [
      { ...good, endpoint: "vpce-svc-1" },
      { ...good, choice: "maybe" },
      { ...good, user: "ann" },
      { ...good, question: "a b" },
      { ...good, id: "" },
      { ...good, at: 7 },
    ])
      expect(() => readAnswer(JSON.stringify({ slackAnswer: wrong }))).toThrow(Unreadable);
    for (const text of ["", "[]", "{}", "null", "{"]) expect(() => readAnswer(text)).toThrow(Unreadable);
  });
});
