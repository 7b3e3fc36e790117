// After a form was sent in: the page shows what it came to however often it is loaded, and an approver finds the way on.

import { describe, expect, test } from "vitest";
import { instant } from "../../lib/ids.ts";
import { linkExpiry, listToken, readListLink } from "../../lib/web/links.ts";
import { endpointOf } from "../fakes/endpoint-services.ts";
import { asked, form, hidden, service, stranger, textOf, type Asked } from "./given.ts";

const ann = { name: "ann", email: "ann@example.com" };
const bob = { name: "bob", email: "bob@example.com" };
const world = (settings = {}): Promise<Asked> => asked((story) => story.approvers([ann, bob], settings));
const answers = (at: Asked): string[] =>
  at.tables.committed
    .map(({ event }) => event.type)
    .filter((type) => /^(Connection(Approved|Denied)|Approval(Given)|AnswerRefused)$/.test(type));

describe("what a form did", () => {
  test("is shown by the page itself, whenever it is loaded: a code on its way, who is signed in, the decision", async () => {
    const at = await world();
    const token = await at.linkOf("ann");
    const browser = at.browser();
    await browser.open(token);
    const sent = await browser.press(token, { do: "code" });
    expect(sent).toMatchObject({ status: 303, html: "", headers: { location: `/a/${token}#code`, "cache-control": "no-store" } });
    for (let times = 0; times < 3; times += 1) expect(textOf(await browser.open(token))).toContain("A code is on its way");
    expect(at.people.approvals.filter(({ attributes }) => attributes["type"] === "Code")).toHaveLength(1);
    const entered = await browser.press(token, { do: "enter", code: at.codeOf("ann") });
    expect(entered).toMatchObject({ status: 303, headers: { location: `/a/${token}#decide` }, cookies: [expect.any(String)] });
    browser.cookie = entered.cookies[0]?.split(";")[0] ?? "";
    for (let times = 0; times < 3; times += 1) expect(textOf(await browser.open(token))).toContain("You are signed in: decide now");
    expect((await browser.press(token, { choice: "approve" })).status).toBe(303);
    for (let times = 0; times < 3; times += 1) expect(textOf(await browser.open(token))).toContain("Your decision is recorded");
    // Sent in again, it is that decision; another one changes nothing, and is told so.
    expect((await browser.press(token, { choice: "approve" })).status).toBe(303);
    for (const choice of ["reject", "approve-account"]) {
      const late = await browser.press(token, { choice });
      expect(late.status).toBe(409);
      expect(textOf(late)).toContain("Your answer changed nothing: this was settled already");
    }
    expect(answers(at)).toEqual(["ConnectionApproved"]);
    const others = at.browser();
    expect(textOf(await others.open(await at.linkOfSettled("bob")))).toContain("This question is settled");
  });

  test("is the list again, where it was sent from there", async () => {
    const at = await world();
    const list = listToken(await at.ports().keys.link(), { approver: "ann", expires: linkExpiry(at.clock.now()) });
    const browser = at.browser();
    await browser.open(list, "q");
    expect((await browser.press(list, { do: "code" }, "q")).headers["location"]).toBe(`/q/${list}#code`);
    const entered = await browser.press(list, { do: "enter", code: at.codeOf("ann") }, "q");
    expect(entered.headers["location"]).toBe(`/q/${list}#decide`);
    browser.cookie = entered.cookies[0]?.split(";")[0] ?? "";
    expect(textOf(await browser.open(list, "q"))).toContain("You are ann");
    expect((await browser.press(list, { do: "leave" }, "q")).status).toBe(303);
    expect(textOf(await browser.open(list, "q"))).toContain("Mail me a code");
  });

  test("is waited for while another answer is being recorded", async () => {
    const at = await asked();
    const question = String(at.told("ApprovalRequested")["question"]);
    const other = at.ports("another").proofs;
    await other.claim("answering", question, 20);
    const waits: number[] = [];
    at.whileWaiting(async (milliseconds) => {
      waits.push(milliseconds);
      if (waits.length === 2) await other.release("answering", question);
    });
    expect(textOf(await at.answer())).toContain("The decision is recorded");
    expect(waits).toEqual([100, 200]);
  });
});

describe("a code that could not be mailed", () => {
  test("is told as that, waits for nobody, and is none of the day's or the hour's", async () => {
    const at = await world();
    const token = await at.linkOf("ann");
    const browser = at.browser();
    for (const confirm of ["", "code", "code", "code", "code", "code", "code", "code"]) {
      await browser.open(token);
      at.people.failOnce();
      const failed = await browser.press(token, { do: "code", confirm });
      expect(failed.status).toBe(503);
      expect(textOf(failed)).toContain("The code could not be mailed, so none is waiting for you");
      expect(textOf(await browser.open(token))).toContain("Mail me a code");
    }
    expect((await browser.press(token, { do: "code" })).status).toBe(303);
    expect(at.codeOf("ann")).not.toBe("");
  });
});

describe("who is signed in", () => {
  test("is shown what else waits, with the way there, and whoever only has the link is not", async () => {
    const at = await world();
    for (const number of [2, 3]) await at.connect(stranger, endpointOf(number));
    const browser = at.browser();
    const token = await at.linkOf("ann");
    await browser.signIn(token, "ann");
    const decided = await browser.send(token, { choice: "reject" });
    expect(textOf(decided)).toContain("2 more questions wait for you");
    const [, list = ""] = /href="\/q\/([\w-]+)"/.exec(decided.html) ?? [];
    expect(readListLink(await at.ports().keys.link(), list, at.clock.now())).toMatchObject({ state: "valid", link: { approver: "ann" } });
    expect(textOf(await browser.open(list, "q"))).toContain("2 questions wait for you");
    for (const number of [2, 3]) {
      const next = await at.linkOf("ann", endpointOf(number));
      await browser.open(next);
      const page = textOf(await browser.send(next, { choice: "reject" }));
      expect(page).toContain(number === 2 ? "1 more question waits for you" : "Nothing else waits for you");
    }
    expect((await at.http("GET", { token })).html).not.toContain("/q/");
  });
});

describe("the other connections of the account", () => {
  test("are shown as they stand, what was there before Drawbridge too, however much has happened since", async () => {
    const past = async (story: Asked): Promise<void> => {
      const createdAt = instant(Date.UTC(2026, 9, 1));
      story.ec2.connect({ service, account: stranger, endpoint: endpointOf(7), createdAt });
      story.ec2.move(endpointOf(7), "available");
      await story.look();
      await story.connect(stranger, endpointOf(8));
      await story.answerFor(endpointOf(8), "reject", "nobody knows them");
    };
    const quiet = textOf(await (await asked(past)).http("GET"));
    expect(quiet).toMatch(/Was connected before Drawbridge took the service into care Now adopted: vpce-\w+7/);
    expect(quiet).toMatch(/Rejected by somebody with the link: nobody knows them Now refused, not yet rejected by AWS: vpce-\w+8/);
    const at = await asked(async (story) => {
      await past(story);
      // More than a page of the log.
      for (let number = 100; number < 160; number += 1) await story.connect(stranger, endpointOf(number));
    });
    const page = textOf(await at.http("GET"));
    expect(page).toContain("Rejected by somebody with the link: nobody knows them");
    expect(page).toContain("And 56 more. All of them, with the command: drawbridge connections --account 333333333333");
    expect(page).not.toContain("None. Nothing");
  });
});

test("the page of a telephone has the way down to the form, and each form points there", async () => {
  const at = await world();
  const page = await at.http("GET", { token: await at.linkOf("ann") });
  expect(page.html).toMatch(/<p class="jump"><a href="#decide">Decide<\/a>/);
  expect(page.html.match(/id="decide"/g)).toHaveLength(1);
  const anybody = await at.http("POST", {
    token: await at.linkOf("ann"),
    headers: form,
    body: new URLSearchParams(hidden(page.html)).toString(),
  });
  expect(anybody.html.match(/id="decide"/g)).toHaveLength(1);
  expect(anybody.html).toMatch(/<div class="told" id="decide" role="alert" tabindex="-1">/);
  for (const { html } of [page, anybody]) for (const [tag] of html.matchAll(/<form[^>]*>/g)) expect(tag).toMatch(/action="#(decide|code)"/);
});
