// Mail scanners at the approval pages: no decision, one code at most, and the approver's tries untouched. `test/stories/approvals.long.ts` sends ten thousand over HTTP.

import { describe, expect, test } from "vitest";
import { linkExpiry, listToken } from "../../lib/web/links.ts";
import { endpointOf } from "../fakes/endpoint-services.ts";
import { asked, endpoint, stranger, type Asked } from "./given.ts";
import { getLinkHandler, letLoose, oneButtonHandler, robots, type Send } from "./robots.ts";
import { volume } from "../volume.ts";

const ann = { name: "ann", email: "ann@example.com" };
const visits = volume(12, 40) * Object.keys(robots).length;

/** The packaged handler's own code, without the network. */
const sendTo =
  (world: Asked): Send =>
  async ({ method, path, headers = {}, cookie = "", body }) => {
    const [, kind = "a", token = ""] = /^\/([aq])\/([^?]*)/.exec(path) ?? [];
    const {
      status,
      html,
      cookies,
      headers: answered,
    } = await world.http(method, {
      path: kind as "a" | "q",
      token,
      headers,
      cookie,
      ...(body === undefined ? {} : { body }),
    });
    return { status, html, cookies, ...(status === 303 ? { location: String(answered["location"]) } : {}) };
  };
const decisions = (world: Asked): number =>
  world.tables.committed.filter(({ event }) =>
    ["ConnectionApproved", "ConnectionDenied", "ApprovalGiven", "AnswerRefused"].includes(event.type),
  ).length;
const codesMailed = (world: Asked): number => world.people.approvals.filter(({ attributes }) => attributes["type"] === "Code").length;

describe("robots", () => {
  test(`at a question that a code answers: ${String(visits)} visits decide nothing, have one code mailed, and use up none of the approver's tries`, async () => {
    const world = await asked((story) => story.approvers([ann], { accountAnswers: true }));
    const token = await world.linkOf("ann");
    const before = world.tables.committed.length;
    await letLoose(sendTo(world), [`/a/${token}`], visits);
    expect(world.tables.committed.length).toBe(before);
    expect(codesMailed(world)).toBe(1);
    // The approver comes after them: one code of their own, and all five tries.
    const browser = world.browser();
    await browser.open(token);
    await browser.send(token, { do: "code" });
    await browser.send(token, { do: "code", confirm: "code" });
    expect(codesMailed(world)).toBe(2);
    for (const left of [4, 3, 2, 1])
      expect((await browser.send(token, { do: "enter", code: "00000000" })).html).toContain(`${String(left)} tr`);
    await browser.send(token, { do: "enter", code: world.codeOf("ann") });
    expect((await browser.send(token, { choice: "approve" })).status).toBe(200);
    expect(decisions(world)).toBe(1);
  });

  test("at a list of questions: the same", async () => {
    const world = await asked((story) => story.approvers([ann]));
    await world.connect(stranger, endpointOf(2));
    const list = listToken(await world.ports().keys.link(), { approver: "ann", expires: linkExpiry(world.clock.now()) });
    await letLoose(sendTo(world), [`/q/${list}`], visits);
    expect(decisions(world)).toBe(0);
    expect(codesMailed(world)).toBe(1);
  });

  test("that come again every few minutes, to every page of an approver's, have one code mailed a day, and lock nobody out", async () => {
    const world = await asked((story) => story.approvers([ann]));
    const pages = [`/a/${await world.linkOf("ann")}`];
    for (const number of [2, 3, 4]) {
      await world.connect(stranger, endpointOf(number));
      pages.push(`/a/${await world.linkOf("ann", endpointOf(number))}`);
    }
    pages.push(`/q/${listToken(await world.ports().keys.link(), { approver: "ann", expires: linkExpiry(world.clock.now()) })}`);
    const each = Object.keys(robots).length * pages.length;
    // Three hours of them, and the approver among them: a whole hour's codes are theirs.
    for (let visit = 0; visit < 17; visit += 1) {
      await letLoose(sendTo(world), pages, each);
      world.clock.advance(11 * 60);
    }
    expect(codesMailed(world)).toBe(1);
    for (let number = 1; number <= 6; number += 1) {
      const browser = world.browser();
      await browser.open(await world.linkOf("ann"));
      expect((await browser.send(await world.linkOf("ann"), { do: "code", confirm: "code" })).html).toContain("It is on its way");
      await letLoose(sendTo(world), pages, each);
    }
    expect(codesMailed(world)).toBe(7);
    world.clock.advance(24 * 3600);
    await letLoose(sendTo(world), pages, each);
    expect(codesMailed(world)).toBe(8);
    expect(decisions(world)).toBe(0);
  });

  test("at a question whose link is enough: no decision", async () => {
    const world = await asked();
    await letLoose(sendTo(world), [`/a/${world.token}`], visits);
    expect(decisions(world)).toBe(0);
    expect(world.people.approvals).toEqual([]);
    expect((await world.ports().connections.load([endpoint])).get(endpoint)?.connection.status).toBe("asking");
  });

  test("at a handler that decides when its link is opened, and at one with a single button, decide: the harness can tell", async () => {
    let [opened, pressed] = [0, 0];
    await letLoose(
      getLinkHandler(() => (opened += 1)),
      ["/a/x"],
      visits,
    );
    await letLoose(
      oneButtonHandler(() => (pressed += 1)),
      ["/a/x"],
      visits,
    );
    expect(opened).toBeGreaterThan(visits / 2);
    expect(pressed).toBeGreaterThan(visits / 4);
  });
});
