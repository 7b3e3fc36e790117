// Proving who one is on the page: a code by mail in the browser that asked, a session for all questions, and what robots cannot do.

import { describe, expect, test } from "vitest";
import { endpointOf } from "../fakes/endpoint-services.ts";
import { takeAnswer } from "../../lib/asking/take-answer.ts";
import { Fault } from "../../lib/faults.ts";
import { run } from "../../lib/loop/run.ts";
import { listToken, linkExpiry } from "../../lib/web/links.ts";
import { asked, endpoint, service, stranger, textOf as text, type Asked } from "./given.ts";

const ann = { name: "ann", email: "ann@example.com", arn: "arn:aws:iam::111111111111:user/ann" };
const bob = { name: "bob", email: "bob@example.com", arn: "arn:aws:iam::111111111111:user/bob" };
const world = (settings = {}): Promise<Asked> => asked((story) => story.approvers([ann, bob], settings));

const codesMailed = (at: Asked): number => at.people.approvals.filter(({ attributes }) => attributes["type"] === "Code").length;
const statusOf = async (at: Asked): Promise<string | undefined> =>
  (await at.ports().connections.load([endpoint])).get(endpoint)?.connection.status;

describe("an approver", () => {
  test("has a code mailed, enters it, and decides as themself", async () => {
    const at = await world();
    const token = await at.linkOf("ann");
    const browser = at.browser();
    const first = await browser.open(token);
    expect(first.cookies).toEqual([
      expect.stringMatching(/^__Host-drawbridge=[\w-]+; Path=\/; Max-Age=86400; HttpOnly; SameSite=Lax; Secure$/),
    ]);
    expect(text(first)).toContain("a code goes to a•••@example.com");
    expect(first.html).not.toContain('value="approve"');
    expect(text(await browser.send(token, { do: "code" }))).toMatch(
      /A code is on its way .* good until 23 Nov 2026, 12:10 UTC , in this browser/,
    );
    const mail = at.people.approvals.at(-1);
    expect(mail?.attributes).toEqual({ type: "Code", approver: "ann" });
    expect(mail?.subject).toBe("Your Drawbridge code");
    expect(mail?.text).toMatch(/^Your code: \d{4} \d{4}\n/);
    expect(JSON.stringify([...at.slips.all.values()])).not.toContain(at.codeOf("ann").replace(" ", ""));
    const signedIn = await browser.send(token, { do: "enter", code: ` ${at.codeOf("ann")} ` });
    expect(text(signedIn)).toMatch(/You are signed in: decide now .* You are ann until 12:15 UTC/);
    expect(signedIn.html).not.toContain('name="confirm"');
    const decided = await browser.send(token, { choice: "approve", reason: "known" });
    expect(decided.status).toBe(200);
    expect(at.tables.committed.at(-1)?.event).toMatchObject({
      type: "ConnectionApproved",
      by: { kind: "approver", name: "ann", channel: "link", arn: ann.arn },
      reason: "known",
      source: { raw: "link and code, from 203.0.113.5" },
    });
  });

  test("who answers in their session when it is settled already changes nothing, and is in the log, once", async () => {
    const at = await world();
    const [anns, bobs] = [await at.linkOf("ann"), await at.linkOf("bob")];
    const [hers, his] = [at.browser(), at.browser()];
    await hers.signIn(anns, "ann");
    const shown = await his.signIn(bobs, "bob");
    const guard = /name="guard" value="([^"]+)"/.exec(shown.html)?.[1] ?? "";
    expect((await hers.send(anns, { choice: "approve" })).status).toBe(200);
    const before = at.tables.committed.length;
    const nothings = [
      { do: "leave", choice: "reject", guard },
      { choice: "perhaps", guard },
      { choice: "reject", guard: "forged" },
    ];
    for (const nothing of nothings) expect((await his.send(bobs, nothing)).status).toBe(409);
    // Whoever has the link, and not the session, is nobody who is known.
    expect((await at.browser().send(bobs, { choice: "reject", guard })).status).toBe(409);
    expect(at.tables.committed).toHaveLength(before);
    for (const choice of ["reject", "approve", "reject"]) {
      const late = await his.send(bobs, { choice, guard });
      expect(late.status).toBe(409);
      expect(text(late)).toContain("settled already");
    }
    expect(at.tables.committed.slice(before).map(({ event }) => event)).toMatchObject([
      {
        type: "AnswerRefused",
        choice: "reject",
        cause: "settled",
        by: { kind: "approver", name: "bob", arn: bob.arn },
        source: { raw: "link and code, from 203.0.113.5" },
      },
    ]);
    expect(await statusOf(at)).toBe("approved");
  });

  test("answers every question of theirs in one session, until it is over", async () => {
    const at = await world();
    await at.connect(stranger, endpointOf(2));
    await at.connect(stranger, endpointOf(3));
    const list = listToken(await at.ports().keys.link(), { approver: "ann", expires: linkExpiry(at.clock.now()) });
    const browser = at.browser();
    expect(text(await browser.open(list, "q"))).toContain("3 questions wait for you");
    const signedIn = await browser.signIn(list, "ann", "q");
    expect(text(signedIn)).toContain("You are ann");
    const links = [...signedIn.html.matchAll(/href="\/a\/([\w-]+)"/g)].map(([, token = ""]) => token);
    expect(links).toHaveLength(3);
    for (const token of links.slice(0, 2)) {
      await browser.open(token);
      expect((await browser.send(token, { choice: "reject" })).status).toBe(200);
    }
    at.clock.advance(15 * 60);
    const [, , last = ""] = links;
    await browser.open(last);
    expect((await browser.send(last, { choice: "approve" })).status).toBe(422);
    expect(at.tables.committed.filter(({ event }) => event.type === "ConnectionDenied")).toHaveLength(2);
    expect(codesMailed(at)).toBe(1);
    expect(text(await browser.open(list, "q"))).toContain("1 question waits for you");
  });

  test("signs out, and the browser's old cookie opens nothing", async () => {
    const at = await world();
    const token = await at.linkOf("ann");
    const browser = at.browser();
    await browser.open(token);
    const before = browser.cookie;
    await browser.signIn(token, "ann");
    expect(browser.cookie).not.toBe(before);
    const thief = at.browser();
    thief.cookie = before;
    expect(text(await thief.open(token))).toContain("Mail me a code");
    const page = await browser.send(token, { do: "leave" });
    expect(text(page)).toContain("Mail me a code");
    expect(text(page)).not.toContain("You are ann");
    expect(page.html).not.toContain('value="approve"');
  });

  test("with a session of another approver's is nobody here", async () => {
    const at = await world();
    const browser = at.browser();
    await browser.signIn(await at.linkOf("bob"), "bob");
    const token = await at.linkOf("ann");
    expect(text(await browser.open(token))).toContain("a code goes to a•••@example.com");
    expect((await browser.send(token, { choice: "approve" })).status).toBe(422);
    expect(await statusOf(at)).toBe("asking");
  });

  test("who is removed, or wrote the entry, is told so, and decides nothing", async () => {
    const at = await asked(async (story) => {
      await story.approvers([ann, bob]);
      await story.entry({ verdict: "ask", principal: `account#${stranger}`, name: "acme", author: ann.arn });
    });
    expect(text(await at.http("GET", { token: await at.linkOf("ann") }))).toContain(
      "Ann wrote the entry about this account, and somebody else has to decide",
    );
    expect(text(await at.http("GET", { token: await at.linkOf("bob") }))).toContain("Mail me a code");
    expect(text(await at.http("GET", { token: await at.linkOf("zoe") }))).toContain("zoe is not an approver any more");
    expect(text(await at.http("GET"))).toContain("This link is everybody's");
    const browser = at.browser();
    await browser.open(await at.linkOf("ann"));
    expect((await browser.send(await at.linkOf("ann"), { do: "code" })).status).toBe(422);
    expect(codesMailed(at)).toBe(0);
  });

  test("where the service takes the link as proof, confirms by the account's digits", async () => {
    const at = await world({ emailProof: "link" });
    const page = await at.answer({}, await at.linkOf("ann"));
    expect(page.status).toBe(200);
    expect(at.tables.committed.at(-1)?.event.by).toMatchObject({ name: "ann", arn: ann.arn });
  });
});

describe("a code", () => {
  test("is good for ten minutes, five tries, once, and in the browser that asked", async () => {
    const at = await world();
    const token = await at.linkOf("ann");
    const browser = at.browser();
    await browser.open(token);
    await browser.send(token, { do: "code" });
    const code = at.codeOf("ann");
    const other = at.browser();
    await other.open(token);
    expect(text(await other.send(token, { do: "enter", code }))).toContain("No code is waiting for this browser");
    for (const left of ["4 tries are", "3 tries are", "2 tries are", "1 try is"])
      expect(text(await browser.send(token, { do: "enter", code: "0000 0000" }))).toContain(`That is not the code. ${left} left`);
    expect(text(await browser.send(token, { do: "enter", code: "0000 0000" }))).toContain("No code is waiting for this browser");
    expect(text(await browser.send(token, { do: "enter", code }))).toContain("No code is waiting for this browser");
    // One more takes a word that no robot types.
    expect(text(await browser.send(token, { do: "code" }))).toContain("type the word below");
    await browser.send(token, { do: "code", confirm: "Code" });
    expect(codesMailed(at)).toBe(2);
    at.clock.advance(10 * 60);
    expect(text(await browser.send(token, { do: "enter", code: at.codeOf("ann") }))).toContain("No code is waiting for this browser");
    await browser.open(token);
    await browser.send(token, { do: "code", confirm: "code" });
    const last = at.codeOf("ann");
    const [one, two] = await Promise.all([
      browser.send(token, { do: "enter", code: last }),
      browser.send(token, { do: "enter", code: last }),
    ]);
    expect([one, two].map(text).filter((page) => page.includes("You are ann")).length).toBeGreaterThan(0);
    expect(text(await at.browser().open(token))).toContain("Mail me a code");
  });

  test("is mailed six times within the hour at most", async () => {
    const at = await world();
    const token = await at.linkOf("ann");
    let last = "";
    for (let index = 0; index < 9; index += 1) {
      const browser = at.browser();
      await browser.open(token);
      last = text(await browser.send(token, { do: "code", confirm: "code" }));
    }
    expect(codesMailed(at)).toBe(6);
    expect(last).toContain("No more codes for now");
    at.clock.advance(60 * 60);
    const browser = at.browser();
    await browser.open(token);
    await browser.send(token, { do: "code", confirm: "code" });
    expect(codesMailed(at)).toBe(7);
  });

  test("is not mailed for a form that was not this browser's", async () => {
    const at = await world();
    const token = await at.linkOf("ann");
    const browser = at.browser();
    await browser.open(token);
    browser.cookie = "";
    expect(text(await browser.send(token, { do: "code" }))).toContain("your browser did not send its cookie back");
    browser.cookie = "__Host-drawbridge=somebody-else";
    expect((await browser.send(token, { do: "code" })).status).toBe(422);
    expect(codesMailed(at)).toBe(0);
  });
});

describe("answers", () => {
  test("about the account write an entry in the approver's name, with the decision, in one commit", async () => {
    const at = await world({ accountAnswers: true });
    const browser = at.browser();
    const token = await at.linkOf("ann");
    await browser.signIn(token, "ann");
    expect((await browser.send(token, { choice: "approve-account", reason: "our payroll" })).status).toBe(200);
    expect(at.tables.committed.slice(-2).map(({ event, subject }) => [event.type, subject])).toEqual([
      ["ConnectionApproved", `connection#${endpoint}`],
      ["EntryAdded", `entry#${service}#account#${stranger}`],
    ]);
    const [entry] = await at.ports().allowList.read([{ service, principal: `account#${stranger}` }]);
    expect(entry).toMatchObject({ verdict: "accept", author: ann.arn, version: 1 });
    await at.connect(stranger, endpointOf(2));
    expect(at.tables.committed.at(-1)?.event).toMatchObject({ type: "ConnectionApproved", by: { kind: "entry" } });
  });

  test("that keep quiet reject what comes meanwhile, cut nothing, and end by themselves", async () => {
    const at = await world();
    await at.connect(stranger, endpointOf(2));
    const browser = at.browser();
    const token = await at.linkOf("ann");
    await browser.signIn(token, "ann");
    expect(text(await browser.send(token, { choice: "reject-quiet", days: "0" }))).toContain("Give a number of days from 1 to 365");
    expect((await browser.send(token, { choice: "reject-quiet", days: "7" })).status).toBe(200);
    const [entry] = await at.ports().allowList.read([{ service, principal: `account#${stranger}` }]);
    expect(entry).toMatchObject({ verdict: "reject", disconnect: "keep", conditions: { expires: "2026-11-30T12:00:00.000Z" } });
    await at.connect(stranger, endpointOf(3));
    expect(at.tables.committed.at(-1)?.event).toMatchObject({ type: "ConnectionDenied", by: { kind: "entry" } });
    at.clock.advance(7 * 24 * 3600);
    await at.connect(stranger, endpointOf(4));
    expect(at.tables.committed.findLast(({ subject }) => subject.endsWith(endpointOf(4)))?.event.type).toBe("ApprovalRequested");
  });

  test("about the account are not offered where an operator's entry stands, or the service does not allow them", async () => {
    const no = await world();
    const browser = no.browser();
    expect((await browser.signIn(await no.linkOf("ann"), "ann")).html).not.toContain("approve-account");
    expect(text(await browser.send(await no.linkOf("ann"), { choice: "approve-account" }))).toContain(
      "That answer is not offered any more",
    );
    const stands = await asked(async (story) => {
      await story.approvers([ann, bob], { accountAnswers: true });
      await story.entry({ verdict: "accept", principal: `account#${stranger}`, conditions: { regions: ["us-east-1"] }, author: bob.arn });
    });
    expect((await stands.browser().signIn(await stands.linkOf("ann"), "ann")).html).not.toContain("approve-account");
  });

  test("of two who have to agree are shown as they come in", async () => {
    const at = await world({ quorum: 2 });
    const browser = at.browser();
    const token = await at.linkOf("ann");
    await browser.signIn(token, "ann");
    const page = await browser.send(token, { choice: "approve" });
    expect(page.status).toBe(200);
    expect(text(page)).toMatch(/Your agreement is recorded: others have to agree as well .* 1 of 2 agree ann/);
    expect(text(page)).toContain("You agreed It is recorded");
    expect(page.html).not.toContain('value="approve"');
    expect(text(await browser.send(token, { choice: "approve" }))).toContain("It was not taken: ann agreed already");
    const other = at.browser();
    await other.signIn(await at.linkOf("bob"), "bob");
    expect(text(await other.send(await at.linkOf("bob"), { choice: "approve" }))).toContain("Your decision is recorded");
    expect(await statusOf(at)).toBe("approved");
  });
});

test("of a thousand decisions at the same moment, from the page and Slack, one is kept", async () => {
  const at = await world();
  const browser = at.browser();
  const token = await at.linkOf("ann");
  await browser.signIn(token, "ann");
  const before = at.tables.committed.length;
  const replies = await Promise.all(
    Array.from({ length: 1000 }, async (_, index) => browser.press(token, { choice: index % 3 === 0 ? "reject" : "approve" })),
  );
  expect(at.tables.committed.slice(before).map(({ event }) => event.type)).toEqual(["ConnectionDenied"]);
  // Who wanted just that sees it recorded; the others are told that they changed nothing.
  expect(replies.map(({ status }) => status)).toEqual(Array.from({ length: 1000 }, (_, index) => (index % 3 === 0 ? 303 : 409)));
});

test("an answer that comes too late is in the log, also where the first try to write it fails", async () => {
  const at = await world();
  const ports = at.ports("slack");
  const question = String(at.told("ApprovalRequested")["question"]);
  const given = (name: string) =>
    ({ endpoint, question, approver: { name }, channel: "slack", choice: "approve", source: "Slack" }) as const;
  expect((await takeAnswer(ports, given("ann"))).kind).toBe("decided");
  let fails = true;
  const commit: typeof ports.ledger.commit = async (change) => {
    if (fails) throw new Fault("ThrottlingException", "the log", "rate exceeded", true);
    return ports.ledger.commit(change);
  };
  const throttled = { ...ports, ledger: { ...ports.ledger, commit } };
  await expect(takeAnswer(throttled, given("bob"))).rejects.toMatchObject({ code: "ThrottlingException" });
  fails = false;
  expect((await takeAnswer(throttled, given("bob"))).kind).toBe("late");
  expect(at.tables.committed.at(-1)?.event).toMatchObject({ type: "AnswerRefused", by: { name: "bob" } });
});

test("from the page, Slack, the command and AWS's console at the same moment one decision is made, and everybody else is told of it", async () => {
  for (let round = 0; round < 20; round += 1) {
    const at = await world();
    const browser = at.browser();
    const token = await at.linkOf("ann");
    await browser.signIn(token, "ann");
    const question = String(at.told("ApprovalRequested")["question"]);
    const ports = at.ports("slack");
    const given = { endpoint, question, approver: bob, channel: "slack", choice: "reject", source: "Slack" } as const;
    const operator = { kind: "answered", choice: "approve", by: { kind: "operator", arn: "arn:aws:iam::111111111111:user/zoe" } } as const;
    const ways = [
      async () => (await browser.send(token, { choice: "approve" })).status,
      async () => (await takeAnswer(ports, given)).kind,
      async () =>
        run(
          { ...at.ports("api"), judging: at.ports("api") },
          { service, tasks: [{ endpoint, signal: operator, source: { kind: "api" } }] },
        ),
      async () => {
        at.ec2.move(endpoint, "available");
        await at.look(endpoint);
      },
    ];
    await Promise.all(ways.map(async (_, index) => ways[(index + round) % ways.length]?.()));
    const decided = at.tables.committed.filter(({ event }) =>
      ["ConnectionApproved", "ConnectionDenied", "AcceptedOutside"].includes(event.type),
    );
    // What somebody accepts in the console may come on top of a rejection: that is a fact of its own, and is told as one.
    expect(decided.filter(({ event }) => event.type !== "AcceptedOutside").length).toBeLessThanOrEqual(1);
    expect(decided.length).toBeGreaterThan(0);
    expect(text(await browser.open(token))).toContain("This question is settled");
    expect((await takeAnswer(ports, given)).kind).toBe("late");
    // Of each approver who comes too late the log tells once.
    const length = at.tables.committed.length;
    expect((await takeAnswer(ports, given)).kind).toBe("late");
    expect(at.tables.committed).toHaveLength(length);
    const connection = (await at.ports("api").connections.load([endpoint])).get(endpoint)?.connection;
    const his =
      connection !== undefined &&
      "decision" in connection &&
      connection.decision.by.kind === "approver" &&
      connection.decision.by.name === "bob";
    const refused = at.tables.committed.filter(
      ({ event }) => event.type === "AnswerRefused" && event.by.kind === "approver" && event.by.name === "bob",
    );
    expect(refused.length > 0).toBe(!his);
  }
});
