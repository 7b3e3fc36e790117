// The approval page over HTTP: looking decides nothing, and of all that is sent in only a person's deliberate answer does.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { instant } from "../../lib/ids.ts";
import { stylesHash } from "../../lib/web/styles.ts";
import { linkExpiry, linkToken } from "../../lib/web/links.ts";
import { createHash } from "node:crypto";
import { endpointOf } from "../fakes/endpoint-services.ts";
import { asked, endpoint, form, hidden, publicUrl, service, stranger, textOf as text, type Answered, type Asked } from "./given.ts";
import { volume } from "../volume.ts";

const statusOf = async (world: Asked): Promise<string | undefined> =>
  (await world.ports().connections.load([endpoint])).get(endpoint)?.connection.status;
const lastEvent = (world: Asked) => world.tables.committed.at(-1)?.event;
const post = async (world: Asked, fields: Record<string, string>, headers: Record<string, string> = form): Promise<Answered> =>
  world.http("POST", { headers, body: new URLSearchParams(fields).toString() });

describe("the page", () => {
  test("shows who asks, what for, and why it asks", async () => {
    const world = await asked((story) =>
      story.entry({
        verdict: "ask",
        principal: `account#${stranger}`,
        name: "Acme Payments",
        contact: "platform@acme.example",
        purpose: "settlement",
      }),
    );
    world.clock.advance(4 * 60);
    const page = await world.http("GET");
    expect(page.status).toBe(200);
    expect(page.html).toMatch(/<html lang="en">[\s\S]*<title>Acme Payments asks to connect/);
    expect(page.html.match(/<h1/g)).toHaveLength(1);
    for (const fact of [
      "3333 3333 3333".replaceAll(" ", ""),
      endpoint,
      service,
      `com.amazonaws.vpce.eu-west-1.${service}`,
      "eu-west-1",
      "platform@acme.example",
      "settlement",
      "23 Nov 2026, 12:00 UTC",
      "4 minutes ago",
      "(Acme Payments) says that people decide",
      "Version 1, written by",
    ])
      expect(page.html).toContain(fact);
  });

  test("has no time as only programs read it, in the rule either", async () => {
    const notBefore = instant(Date.UTC(2026, 10, 23, 18, 30));
    const world = await asked((story) => story.entry({ verdict: "accept", principal: `account#${stranger}`, conditions: { notBefore } }));
    const page = await world.http("GET");
    expect(text(page)).toContain("2026-11-23 18:30 UTC");
    // In `datetime` they are for programs.
    expect(page.html.replaceAll(/datetime="[^"]*"/g, "")).not.toMatch(/\d{4}-\d\d-\d\dT/);
  });

  test("shows what was decided about the account before", async () => {
    const world = await asked(async (story) => {
      await story.entry({ verdict: "accept", principal: `endpoint#${endpointOf(8)}`, name: "pilot" });
      await story.connect(stranger, endpointOf(8));
    });
    const page = text(await world.http("GET"));
    expect(page).toContain(`Accepted, because an entry for endpoint ${endpointOf(8)} (pilot) accepts it`);
    expect(text(await (await asked()).http("GET"))).toContain("Nothing was accepted or rejected for this account before");
  });

  test("tells of each entry that matches who wrote it, and when", async () => {
    const world = await asked((story) => story.entry({ verdict: "ask", principal: `account#${stranger}`, name: "acme" }));
    const page = text(await world.http("GET"));
    expect(page).toContain(
      `Decides : an entry for account ${stranger} (acme) says that people decide It applies. Version 1, written by alice of 111111111111, 23 Nov 2026, 12:00 UTC`,
    );
  });

  test("allows its one style and nothing else, and is kept and framed by nobody", async () => {
    const { html, headers } = await (await asked()).http("GET");
    const policy = String(headers["content-security-policy"]);
    expect(policy.split("; ").toSorted()).toEqual(
      [
        "base-uri 'none'",
        "default-src 'none'",
        "img-src data:",
        "form-action 'self'",
        "frame-ancestors 'none'",
        `style-src '${stylesHash}'`,
      ].toSorted(),
    );
    const style = /<style>([\s\S]*)<\/style>/.exec(html)?.[1] ?? "";
    expect(stylesHash).toBe(`sha256-${createHash("sha256").update(style).digest("base64")}`);
    expect(headers).toMatchObject({
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "content-type": "text/html; charset=utf-8",
    });
    expect(html).not.toMatch(
      /<script|<link(?! rel="icon" href="data:image)|<img|<iframe|\son\w+=|style="|src=|href="(?!#decide"|data:image)|javascript:/i,
    );
  });

  test("HEAD answers as GET does, without the page", async () => {
    const world = await asked();
    const head = await world.http("HEAD");
    expect(head).toMatchObject({ status: 200, html: "" });
  });

  test("hundreds of visits of robots change nothing", async () => {
    const world = await asked();
    const before = world.tables.committed.length;
    const visit = fc.record({
      method: fc.constantFrom("GET", "HEAD"),
      token: fc.oneof(
        { weight: 3, arbitrary: fc.constant(world.token) },
        { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 40 }).map(encodeURIComponent) },
      ),
      headers: fc.dictionary(
        fc.constantFrom("purpose", "user-agent", "sec-purpose", "origin", "content-type", "x-http-method-override"),
        fc.constantFrom("prefetch", "POST", "null", "Slackbot", "application/x-www-form-urlencoded"),
      ),
      body: fc.option(fc.constant(`choice=approve&confirm=${stranger.slice(-4)}`), { nil: undefined as unknown as string }),
    });
    await fc.assert(
      fc.asyncProperty(visit, async ({ method, token, headers, body }) => {
        const { status } = await world.http(method, { token, headers, ...(body === undefined ? {} : { body }) });
        expect(status).toBe(token === world.token ? 200 : 404);
      }),
      { numRuns: volume(250, 1000) },
    );
    expect(world.tables.committed.length).toBe(before);
    expect(world.proofs.held.size).toBe(0);
    expect(await statusOf(world)).toBe("asking");
  });
});

describe("an answer", () => {
  test("approves, with who, when and why, and says so", async () => {
    const world = await asked();
    const page = await world.answer({ reason: "known from\r\nthe spring trial" });
    expect(page.status).toBe(200);
    expect(text(page)).toMatch(/The decision is recorded .* may connect .*Accepted by somebody with the link on 23 Nov 2026, 12:00 UTC/);
    expect(lastEvent(world)).toMatchObject({
      type: "ConnectionApproved",
      by: { kind: "approver", name: "approvers", channel: "link" },
      because: { rule: "approvers" },
      reason: "known from the spring trial",
      source: { kind: "answer", raw: "link, from 203.0.113.5" },
    });
    expect(world.ec2.calls).toEqual([]);
  });

  test("rejects as well", async () => {
    const world = await asked();
    const page = await world.answer({ choice: "reject" });
    expect(text(page)).toContain("may not connect");
    expect(lastEvent(world)).toMatchObject({ type: "ConnectionDenied", revokes: false });
  });

  test("the form as a robot finds it, sent in with or without a button, decides nothing", async () => {
    const world = await asked();
    const before = world.tables.committed.length;
    const page = await world.http("GET");
    for (const extra of [
      {},
      { choice: "approve" },
      { choice: "reject", reason: "", confirm: "" },
      { choice: "approve", reason: "Reason", confirm: "Four digits" },
    ]) {
      const reply = await post(world, { ...hidden(page.html), ...extra });
      expect(reply.status).toBe(422);
      expect(text(reply)).toContain("Nothing was decided");
    }
    expect(world.tables.committed.length).toBe(before);
  });

  test("with a wrong confirmation the page comes again with what was entered, and decides nothing", async () => {
    const world = await asked();
    const before = world.tables.committed.length;
    for (const confirm of ["", "1234", "33333", "333", stranger, "３３３３"]) {
      const page = await world.answer({ confirm, reason: "a & b" });
      expect(page.status).toBe(422);
      expect(text(page)).toContain("Type the last four digits of the account number");
      expect(page.html).toMatch(/value="approve" required checked/);
      expect(page.html).toContain("a &#38; b</textarea>");
      expect(page.html).not.toContain(`value="${confirm}"`);
    }
    expect(world.tables.committed.length).toBe(before);
    expect((await world.answer({ confirm: ` ${stranger.slice(-4)} ` })).status).toBe(200);
  });

  test("without a choice, or with too long a reason, it decides nothing", async () => {
    const world = await asked();
    expect(text(await world.answer({ choice: "perhaps" }))).toContain("Choose one of the answers");
    expect(text(await world.answer({ reason: "x".repeat(501) }))).toContain("Shorten the reason to 500 characters; it has 501");
    expect(await statusOf(world)).toBe("asking");
    expect((await world.answer({ reason: "x".repeat(500) })).status).toBe(200);
  });

  test("a form from a page that was open for an hour, or of another link, decides nothing", async () => {
    const world = await asked();
    const page = await world.http("GET");
    const fields = { ...hidden(page.html), choice: "approve", confirm: stranger.slice(-4) };
    world.clock.advance(60 * 60);
    expect(text(await post(world, fields))).toContain("open for too long");
    expect(text(await post(world, { ...fields, guard: "" }))).toContain("open for too long");
    const other = linkToken(await world.ports().keys.link(), {
      question: "id-99",
      endpoint,
      approver: "approvers",
      expires: linkExpiry(world.clock.now()),
    });
    expect((await world.http("POST", { token: other, headers: form, body: new URLSearchParams(fields).toString() })).status).toBe(409);
    expect(await statusOf(world)).toBe("asking");
  });

  test("comes as a form, from our own page, and is not large", async () => {
    const world = await asked();
    const page = await world.http("GET");
    const fields = { ...hidden(page.html), choice: "approve", confirm: stranger.slice(-4) };
    const sent = async (headers: Record<string, string>): Promise<number> => (await post(world, fields, headers)).status;
    const type = "application/x-www-form-urlencoded";
    expect(await sent({})).toBe(415);
    expect(await sent({ "content-type": "text/plain" })).toBe(415);
    expect(await sent({ "content-type": "application/json" })).toBe(400);
    expect(await sent({ "content-type": "multipart/form-data; boundary=x" })).toBe(415);
    expect(await sent({ "content-type": type, "sec-fetch-site": "cross-site" })).toBe(403);
    expect(await sent({ "content-type": type, "sec-fetch-site": "same-site" })).toBe(403);
    expect(await sent({ "content-type": type, origin: "https://evil.example" })).toBe(403);
    expect(await sent({ "content-type": type, origin: `${publicUrl}.evil.example` })).toBe(403);
    expect((await post(world, { ...fields, reason: "x".repeat(11_000) })).status).toBe(413);
    expect((await post(world, { ...fields, reason: "x".repeat(90_000) })).status).toBe(413);
    expect(await statusOf(world)).toBe("asking");
    expect(await sent({ "content-type": `${type}; charset=UTF-8`, origin: publicUrl })).toBe(303);
  });

  test("other methods are not possible", async () => {
    const world = await asked();
    for (const method of ["PUT", "PATCH", "DELETE", "OPTIONS"]) {
      const reply = await world.http(method);
      expect(reply.status).toBe(405);
      expect(reply.headers["allow"]).toBe("GET, HEAD, POST");
    }
  });

  test("sent twice it decides once, and the second is told who decided", async () => {
    const world = await asked();
    const page = await world.http("GET");
    const fields = { ...hidden(page.html), choice: "approve", confirm: stranger.slice(-4) };
    expect((await post(world, fields)).status).toBe(303);
    const after = world.tables.committed.length;
    const second = await post(world, { ...fields, choice: "reject" });
    expect(second.status).toBe(409);
    expect(text(second)).toMatch(/settled already .*Accepted by somebody with the link/);
    expect(world.tables.committed.length).toBe(after);
  });

  test("of two hundred at the same moment one decides, and one event is kept", async () => {
    const world = await asked();
    const before = world.tables.committed.length;
    const page = await world.http("GET");
    const replies = await Promise.all(
      Array.from({ length: 200 }, async (_, index) =>
        post(world, { ...hidden(page.html), choice: index % 2 === 0 ? "approve" : "reject", confirm: stranger.slice(-4) }),
      ),
    );
    // The first decides; who wants the same is shown it, and who wants the other thing is told.
    expect(replies.map(({ status }) => status)).toEqual(Array.from({ length: 200 }, (_, index) => (index % 2 === 0 ? 303 : 409)));
    expect(world.tables.committed.length).toBe(before + 1);
  });

  test("against a reject entry approving is refused and said so, and rejecting still works", async () => {
    const world = await asked();
    await world.entry({ verdict: "reject", principal: `account#${stranger}`, name: "barred" });
    expect(text(await world.http("GET"))).toContain("Approving will be refused");
    const page = await world.answer();
    expect(page.status).toBe(409);
    expect(text(page)).toMatch(
      /Nothing was decided Approving is not possible: an entry for account 333333333333 \(barred\) rejects it\. It has/,
    );
    expect(lastEvent(world)).toMatchObject({ type: "AnswerRefused", choice: "approve" });
    expect(page.html).not.toContain("required checked");
    expect((await world.answer({ choice: "reject" })).status).toBe(200);
    expect(await statusOf(world)).toBe("denied");
  });

  test("while another answer is being recorded nothing is decided, and a function that died does not lock the question", async () => {
    const world = await asked();
    const proofs = world.ports("dead").proofs;
    await proofs.claim("answering", String(world.told("ApprovalRequested")["question"]), 20);
    const busy = await world.answer();
    expect(busy.status).toBe(409);
    expect(text(busy)).toContain("Another answer is being recorded");
    world.clock.advance(21);
    expect((await world.answer()).status).toBe(200);
  });
});

describe("a question that is over", () => {
  test("shows its outcome: decided by an entry, by AWS's own console, or withdrawn", async () => {
    const byEntry = await asked();
    await byEntry.entry({ verdict: "accept", principal: `account#${stranger}`, name: "acme" });
    await byEntry.look(endpoint);
    expect(text(await byEntry.http("GET"))).toMatch(/This question is settled .* may connect Accepted by allow-list/i);

    const outside = await asked();
    outside.ec2.move(endpoint, "available");
    await outside.look(endpoint);
    expect(text(await outside.http("GET"))).toContain("Accepted by somebody outside");

    const gone = await asked();
    gone.ec2.move(endpoint, "deleted");
    await gone.look(endpoint);
    const page = await gone.http("GET");
    expect(page.status).toBe(200);
    expect(text(page)).toContain("no longer asks");
    expect((await gone.answer()).status).toBe(409);
  });

  test("an older question's link decides nothing about a newer one", async () => {
    const world = await asked();
    const old = linkToken(await world.ports().keys.link(), {
      question: "id-0",
      endpoint,
      approver: "approvers",
      expires: linkExpiry(world.clock.now()),
    });
    expect(text(await world.http("GET", { token: old }))).toContain("This question was replaced");
    expect((await world.answer({}, old)).status).toBe(409);
    expect(await statusOf(world)).toBe("asking");
  });

  test("an expired link answers 410, and what to do", async () => {
    const world = await asked();
    world.clock.advance(7 * 24 * 3600);
    for (const reply of [await world.http("GET"), await world.answer()]) {
      expect(reply.status).toBe(410);
      expect(text(reply)).toContain("drawbridge pending");
    }
    expect(await statusOf(world)).toBe("asking");
  });

  test("a link that was tampered with answers 404, always in the same words", async () => {
    const world = await asked();
    const unknown = linkToken(await world.ports().keys.link(), {
      question: "id-1",
      endpoint: endpointOf(77),
      approver: "approvers",
      expires: linkExpiry(world.clock.now()),
    });
    const pages = await Promise.all(
      ["x", `${world.token}A`, world.token.slice(0, -1), "..%2f..%2fetc", unknown].map(async (token) => [
        await world.http("GET", { token }),
        await world.answer({}, token),
      ]),
    );
    expect(new Set(pages.flat().map(({ status }) => status))).toEqual(new Set([404]));
    expect(new Set(pages.flat().map(({ html }) => html)).size).toBe(1);
  });
});
