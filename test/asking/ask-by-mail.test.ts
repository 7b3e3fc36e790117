// Approvers are asked by mail: each by name, once, a burst in one message, again when nobody answers; and everybody hears of a broken glass.

import { describe, expect, test } from "vitest";
import { detailOf } from "../../lib/aws/bus-event.ts";
import { askByMail, asks } from "../../lib/asking/ask-by-mail.ts";
import { mailDue } from "../../lib/asking/mail-waiting.ts";
import { settles, tellAsked } from "../../lib/asking/tell-asked.ts";
import { isForEverybody } from "../../lib/asking/tell-everybody.ts";
import { tellPeople } from "../../lib/asking/tell-people.ts";
import type { Committed } from "../../lib/asking/tell.ts";
import { Fault, UnreadableRow } from "../../lib/faults.ts";
import type { Message } from "../../lib/ports.ts";
import { run } from "../../lib/loop/run.ts";
import { endpointOf } from "../fakes/endpoint-services.ts";
import { asked, endpoint, publicUrl, service, stranger, type Asked } from "./given.ts";

const ann = { name: "ann", email: "ann@example.com", arn: "arn:aws:iam::111111111111:user/ann" };
const bob = { name: "bob", email: "bob@example.com" };
const eve = { name: "eve", email: "eve@example.com" };
const slackOnly = { name: "sam", slack: "U0123ABCDEF" };

/** Time passes only where something waits for it. */
const wait = async (): Promise<void> => {
  await new Promise<void>((resolve) => setImmediate(resolve));
};
const ask = (world: Asked, told: Committed, holder = "notify") => askByMail({ ...world.ports(holder), publicUrl, wait }, told);
const mailsTo = (world: Asked, name: string): Message[] =>
  world.people.approvals.filter(({ attributes }) => attributes["approver"] === name);
const linkIn = ({ text }: Message, path: "a" | "q" = "a"): string => new RegExp(`^${publicUrl}/${path}/(\\S+)$`, "m").exec(text)?.[1] ?? "";
const every = (world: Asked, type: string): Committed[] => world.tables.committed.filter(({ event }) => event.type === type).map(detailOf);

describe("a question", () => {
  test("goes to each approver in a message of their own, with a link of their own", async () => {
    const world = await asked((story) => story.approvers([ann, bob, slackOnly], { quorum: 2 }));
    expect(await ask(world, world.told("ApprovalRequested"))).toBe("sent");
    expect(world.people.approvals).toHaveLength(2);
    for (const name of ["ann", "bob"]) {
      const [mail] = mailsTo(world, name);
      expect(mail?.attributes).toEqual({
        type: "ApprovalRequested",
        service,
        account: stranger,
        endpoint,
        decision: "asked",
        approver: name,
      });
      expect(mail?.text).toContain("2 have to agree; so far nobody does");
      expect(mail?.text).toContain("you have a code mailed to you from there");
      expect((await world.http("GET", { token: linkIn(mail as Message) })).html).toContain("Mail me a code");
    }
    expect(linkIn(mailsTo(world, "ann")[0] as Message)).not.toBe(linkIn(mailsTo(world, "bob")[0] as Message));
  });

  test("goes to everybody's mailbox while nobody is named, and the link is enough", async () => {
    const world = await asked();
    await ask(world, world.told("ApprovalRequested"));
    const [mail] = mailsTo(world, "approvers");
    expect(mail?.text).toContain("Whoever has it can decide");
    expect((await world.answer({}, linkIn(mail as Message))).status).toBe(200);
  });

  test("is mailed though another connection's row cannot be read, and then says nothing of how many wait", async () => {
    const world = await asked((story) => story.approvers([ann, bob]));
    const ports = world.ports("notify");
    const asking = (): Promise<never> => Promise.reject(new UnreadableRow("Connections", "the row of another", {}, "it has no account"));
    const told = world.told("ApprovalRequested");
    expect(await askByMail({ ...ports, connections: { ...ports.connections, asking }, publicUrl, wait }, told)).toBe("sent");
    expect(mailsTo(world, "ann")).toHaveLength(1);
    expect(mailsTo(world, "ann")[0]?.text).not.toContain("connections wait");
  });

  test("is not put to who wrote the entry about the account", async () => {
    const world = await asked(async (story) => {
      await story.approvers([ann, bob, { ...eve, arn: "arn:aws:iam::111111111111:user/eve" }]);
      await story.entry({ verdict: "ask", principal: `account#${stranger}`, author: ann.arn });
    });
    await ask(world, world.told("ApprovalRequested"));
    // Without an IAM identity, bob cannot show that he is not the one either.
    expect(world.people.approvals.map(({ attributes }) => attributes["approver"])).toEqual(["eve"]);
  });

  test("is put once, however often and to however many instances the bus repeats it", async () => {
    const world = await asked((story) => story.approvers([ann]));
    const told = world.told("ApprovalRequested");
    await Promise.all(Array.from({ length: 5 }, async (_, index) => ask(world, told, `instance-${String(index)}`)));
    expect(world.people.approvals).toHaveLength(1);
    world.clock.advance(14 * 24 * 3600);
    expect(await ask(world, told, "redriven")).toBe("sent before");
    expect(world.people.approvals).toHaveLength(1);
  });

  test("that is closed meanwhile is put to nobody, not even from the middle of the gathering", async () => {
    const world = await asked((story) => story.approvers([ann], { emailProof: "link" }));
    const told = world.told("ApprovalRequested");
    const token = await world.linkOf("ann");
    const closing = async (): Promise<void> => {
      await world.answer({ choice: "reject" }, token);
    };
    await askByMail({ ...world.ports(), publicUrl, wait: closing }, told);
    expect(await ask(world, told)).toBe("outdated");
    expect(world.people.approvals).toEqual([]);
  });

  test("that could not be mailed is mailed at the next try", async () => {
    const world = await asked((story) => story.approvers([ann]));
    const down = { approvers: async () => Promise.reject(new Fault("Throttled", "sns:Publish", "slow down", true)) };
    const told = world.told("ApprovalRequested");
    await expect(askByMail({ ...world.ports(), publicUrl, wait, people: down }, told)).rejects.toThrow("slow down");
    await ask(world, told);
    expect(world.people.approvals).toHaveLength(1);
  });
});

describe("a burst", () => {
  test("of questions becomes one message with one list, whatever instances they come to", async () => {
    const world = await asked((story) => story.approvers([ann, bob]));
    for (let number = 2; number <= 40; number += 1) await world.connect(stranger, endpointOf(number));
    const told = every(world, "ApprovalRequested");
    expect(told).toHaveLength(40);
    await Promise.all(told.map(async (one, index) => ask(world, one, `instance-${String(index)}`)));
    for (const name of ["ann", "bob"]) {
      expect(mailsTo(world, name).length).toBeLessThanOrEqual(2);
      const mail = mailsTo(world, name)[0] as Message;
      expect(mail.subject).toMatch(/^\d+ connections wait for your approval$/);
      const page = await world.http("GET", { path: "q", token: linkIn(mail, "q") });
      expect(page.html).toContain("40 questions wait for you");
      expect(page.html.match(/href="\/a\/[\w-]+"/g)).toHaveLength(40);
    }
    world.clock.advance(300);
    await mailDue({ ...world.ports("minute"), publicUrl, wait });
    expect([...world.slips.all.values()].filter(({ kind }) => kind.startsWith("to-mail"))).toEqual([]);
  });
});

describe("time", () => {
  test("reminds those who have not answered, and asks the next; each is in the log, and says what it is", async () => {
    const world = await asked((story) => story.approvers([ann, bob], { quorum: 2, escalateTo: ["eve"], escalateAfterHours: 24 }));
    await world.approvers([ann, bob, eve], { approvers: ["ann", "bob"], quorum: 2, escalateTo: ["eve"], escalateAfterHours: 24 });
    const browser = world.browser();
    await browser.signIn(await world.linkOf("ann"), "ann");
    await browser.send(await world.linkOf("ann"), { choice: "approve" });
    world.clock.advance(4 * 3600);
    await world.look(endpoint);
    const reminded = world.told("ApprovalReminded");
    expect(asks(reminded)).toBe(true);
    const before = world.people.approvals.length;
    await ask(world, reminded);
    expect(
      world.people.approvals
        .slice(before)
        .map(({ attributes, subject }) => [attributes["approver"], attributes["type"], subject.slice(0, 12)]),
    ).toEqual([["bob", "ApprovalReminded", "Still open: "]]);
    expect(world.people.approvals.at(-1)?.text).toContain("2 have to agree; so far ann");
    world.clock.advance(20 * 3600);
    await world.look(endpoint);
    await ask(world, world.told("ApprovalEscalated"));
    const next = world.people.approvals.at(-1);
    expect([next?.attributes["approver"], next?.subject.slice(0, 24)]).toEqual(["eve", "Nobody has answered yet:"]);
    expect((await world.http("GET", { token: linkIn(next as Message) })).html).toContain("Mail me a code");
  });

  test("ends a link when the question's time is over, and the reminder brings another", async () => {
    const world = await asked((story) => story.approvers([ann], { openDays: 2, remindHours: [], emailProof: "link" }));
    await ask(world, world.told("ApprovalRequested"));
    const old = linkIn(mailsTo(world, "ann")[0] as Message);
    world.clock.advance(2 * 24 * 3600);
    expect((await world.http("GET", { token: old })).status).toBe(410);
    await world.look(endpoint);
    await ask(world, world.told("ApprovalReminded"));
    expect((await world.answer({}, linkIn(mailsTo(world, "ann").at(-1) as Message))).status).toBe(200);
  });

  test("withdraws a question whose endpoint is gone: no reminder comes", async () => {
    const world = await asked((story) => story.approvers([ann]));
    world.clock.advance(4 * 3600);
    await world.look(endpoint);
    world.ec2.move(endpoint, "deleted");
    await world.look(endpoint);
    expect(await ask(world, world.told("ApprovalReminded"))).toBe("outdated");
    expect(world.tables.committed.at(-1)?.event.type).toBe("ConnectionClosed");
    world.clock.advance(30 * 24 * 3600);
    await world.look(endpoint);
    expect(every(world, "ApprovalReminded")).toHaveLength(1);
  });
});

describe("how it ended", () => {
  const hear = (world: Asked, told: Committed, holder = "notify") => tellAsked({ ...world.ports(holder), publicUrl, wait }, told);
  const decided = async (): Promise<Asked> => {
    const world = await asked((story) => story.approvers([ann, bob, eve, slackOnly], { emailProof: "link" }));
    await ask(world, world.told("ApprovalRequested"));
    return world;
  };
  const approve = async (world: Asked, name: string): Promise<Committed> => {
    await world.answer({ choice: "approve" }, await world.linkOf(name));
    return world.told("ConnectionApproved");
  };

  test("is mailed to the others who were asked, once, with who decided", async () => {
    const world = await decided();
    const told = await approve(world, "ann");
    expect(settles(told)).toBe(true);
    for (const holder of ["a", "b", "c"]) await hear(world, told, holder);
    const mails = world.people.approvals.slice(3);
    expect(mails.map(({ attributes }) => [attributes["approver"], attributes["type"], attributes["decision"]])).toEqual([
      ["bob", "ConnectionApproved", "accepted"],
      ["eve", "ConnectionApproved", "accepted"],
    ]);
    for (const { subject, text } of mails) expect(`${subject}\n${text}`).toMatch(/^Accepted: account \d{12}[^]*ann/);
    expect([...world.slips.all.values()].filter(({ kind }) => kind.startsWith("asked-by-mail") || kind.startsWith("to-mail"))).toEqual([]);
  });

  test("that could not be mailed is mailed at the next try", async () => {
    const world = await decided();
    const told = await approve(world, "ann");
    const down = { approvers: async () => Promise.reject(new Fault("Throttled", "sns:Publish", "slow down", true)) };
    await expect(tellAsked({ ...world.ports(), publicUrl, wait, people: down }, told)).rejects.toThrow("slow down");
    await hear(world, told);
    expect(world.people.approvals.slice(3).map(({ attributes }) => attributes["approver"])).toEqual(["bob", "eve"]);
  });

  test("of many at once is one message", async () => {
    const world = await asked((story) => story.approvers([ann, bob], { emailProof: "link" }));
    for (let number = 2; number <= 30; number += 1) await world.connect(stranger, endpointOf(number));
    const told = every(world, "ApprovalRequested");
    await Promise.all(told.map(async (one, index) => ask(world, one, `instance-${String(index)}`)));
    const before = world.people.approvals.length;
    for (const { endpoint: one } of every(world, "ApprovalRequested")) {
      world.ec2.move(one as typeof endpoint, "deleted");
      await world.look(one);
    }
    const closed = every(world, "ConnectionClosed");
    expect(closed).toHaveLength(30);
    await Promise.all(closed.map(async (told, index) => hear(world, told, `instance-${String(index)}`)));
    const mails = world.people.approvals.slice(before);
    for (const name of ["ann", "bob"]) {
      const own = mails.filter(({ attributes }) => attributes["approver"] === name);
      expect(own.length).toBeLessThanOrEqual(2);
      expect(own[0]?.subject).toMatch(/^\d+ connections that you were asked about are settled$/);
    }
  });

  test("is told to nobody who was not mailed", async () => {
    const world = await asked((story) => story.approvers([ann]));
    world.ec2.move(endpoint, "deleted");
    await world.look(endpoint);
    await hear(world, world.told("ConnectionClosed"));
    expect(world.people.approvals).toEqual([]);
  });

  test("is told to everybody's mailbox where that was asked, once, whoever of those decided by the link", async () => {
    const world = await asked();
    await ask(world, world.told("ApprovalRequested"));
    const [question] = mailsTo(world, "approvers");
    await world.answer({ choice: "approve", reason: "ticket 7" }, linkIn(question as Message));
    for (const holder of ["a", "b"]) await hear(world, world.told("ConnectionApproved"), holder);
    const [, outcome, ...more] = mailsTo(world, "approvers");
    expect(more).toEqual([]);
    expect(outcome?.subject).toBe(`Accepted: account ${stranger} at ${service}`);
    expect(outcome?.text).toContain("ticket 7");
  });

  test("by a rule says whose entry it was", async () => {
    const world = await asked((story) => story.approvers([ann]));
    await ask(world, world.told("ApprovalRequested"));
    await world.entry({ principal: `account#${stranger}`, verdict: "accept", name: "acme", author: "arn:aws:iam::111111111111:user/olga" });
    await world.look(endpoint);
    await hear(world, world.told("ConnectionApproved"));
    expect(mailsTo(world, "ann").at(-1)?.text).toMatch(/By +allow-list, entry by olga of 111111111111/);
    await people(world, world.told("ConnectionApproved"));
    expect(JSON.parse(world.people.decisions.at(-1)?.json ?? "")).toMatchObject({
      byWords: "allow-list, entry by olga of 111111111111",
      entryAuthor: "arn:aws:iam::111111111111:user/olga",
    });
  });
});

/** All that notify does about an event of the bus. */
const people = (world: Asked, told: Committed, holder = "notify") => tellPeople({ ...world.ports(holder), publicUrl, wait }, told);

describe("what is done in the console", () => {
  const root = "arn:aws:iam::111111111111:root";
  async function accepted(): Promise<Asked> {
    const world = await asked((story) => story.approvers([ann, bob]));
    await people(world, world.told("ApprovalRequested"));
    world.ec2.move(endpoint, "available");
    await world.look(endpoint);
    return world;
  }
  const attribute = async (world: Asked, action: "accept" | "reject" = "accept"): Promise<Committed> => {
    const ports = world.ports();
    const signal = { kind: "attributed", action, arn: root, event: `${action}-1` } as const;
    await run({ ...ports, judging: ports }, { service, tasks: [{ endpoint, signal, source: { kind: "cloudtrail" } }] });
    return world.told("Attributed");
  };
  const outcomes = (world: Asked, name: string): Message[] => mailsTo(world, name).slice(1);

  test("is told at once, and who did it when CloudTrail says: to those who were told, and to whoever wants to know", async () => {
    const world = await accepted();
    await people(world, world.told("AcceptedOutside"));
    world.clock.advance(600);
    const told = await attribute(world);
    for (const holder of ["a", "b"]) await people(world, told, holder);
    for (const { name } of [ann, bob]) {
      expect(outcomes(world, name).map(({ subject }) => subject)).toEqual([
        `Accepted outside Drawbridge: account ${stranger} at ${service}`,
        `Accepted outside, by root of 111111111111: account ${stranger} at ${service}`,
      ]);
      expect(outcomes(world, name)[1]?.text).toMatch(/By +root of 111111111111, outside/);
    }
    expect(world.people.decisions.map(({ attributes }) => attributes["type"])).toEqual(["AcceptedOutside", "Attributed"]);
    // It is all told: its end, weeks later, is nobody's question any more.
    world.ec2.move(endpoint, "deleted");
    await world.look(endpoint);
    await people(world, world.told("ConnectionClosed"));
    expect(outcomes(world, "ann")).toHaveLength(2);
  });

  test("is told once where both are known at once, with who did it", async () => {
    const world = await accepted();
    const told = await attribute(world);
    await people(world, told);
    await people(world, world.told("AcceptedOutside"));
    expect(outcomes(world, "ann").map(({ subject }) => subject)).toEqual([
      `Accepted outside, by root of 111111111111: account ${stranger} at ${service}`,
    ]);
  });

  test("and ends no question leaves those who are asked to hear how it ends", async () => {
    const world = await asked((story) => story.approvers([ann]));
    await people(world, world.told("ApprovalRequested"));
    await people(world, await attribute(world));
    expect(outcomes(world, "ann")).toEqual([]);
    world.ec2.move(endpoint, "deleted");
    await world.look(endpoint);
    await people(world, world.told("ConnectionClosed"));
    expect(outcomes(world, "ann")).toHaveLength(1);
  });
});

describe("break-glass", () => {
  async function broken(prepare: (world: Asked) => Promise<void>): Promise<Asked> {
    const world = await asked(prepare);
    await people(world, world.told("ApprovalRequested"));
    const signal = {
      kind: "answered",
      choice: "approve",
      by: { kind: "operator", arn: "arn:aws:iam::111111111111:user/zoe" },
      breakGlass: true,
      reason: "payments are down",
    } as const;
    const ports = world.ports();
    await run({ ...ports, judging: ports }, { service, tasks: [{ endpoint, signal, source: { kind: "api" } }] });
    for (const holder of ["a", "b"]) await people(world, world.told("ConnectionApproved"), holder);
    return world;
  }
  const glass = (world: Asked): Message[] => world.people.approvals.filter(({ attributes }) => attributes["type"] === "ConnectionApproved");

  test("is told to every approver, once", async () => {
    const world = await broken((story) => story.approvers([ann, bob, slackOnly], { quorum: 2 }));
    expect(isForEverybody(world.told("ConnectionApproved"))).toBe(true);
    expect(glass(world).map(({ attributes }) => attributes["approver"])).toEqual(["ann", "bob"]);
    expect(glass(world)[0]?.subject).toContain("Break-glass: accepted by one operator alone");
    expect(glass(world)[0]?.text).toContain("Break-glass: accepted by zoe of 111111111111 alone, past its approvers: payments are down.");
  });

  test("is the end of the question: nobody hears of it again days later", async () => {
    const world = await broken((story) => story.approvers([ann, bob]));
    const before = world.people.approvals.length;
    world.clock.advance(3 * 24 * 3600);
    world.ec2.move(endpoint, "deleted");
    await world.look(endpoint);
    await people(world, world.told("ConnectionClosed"));
    expect(world.people.approvals).toHaveLength(before);
    expect([...world.slips.all.values()].filter(({ kind }) => kind.startsWith("asked-by-mail"))).toEqual([]);
  });

  test("is told to everybody's mailbox as well, where that was asked", async () => {
    const world = await broken((story) => story.approvers([ann], { approvers: [] }));
    expect(glass(world).map(({ attributes }) => attributes["approver"])).toEqual(["ann", "approvers"]);
  });
});
