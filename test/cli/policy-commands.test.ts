// The commands that make the policy and explain it, against the real use-cases in memory: what they show, ask and change.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Explained } from "../../lib/operator/explain.ts";
import { bob, endpoint, inCare, service, type Desk } from "../operator/desk.ts";
import { secretAccessKey, served, type SignedServer } from "./signed-server.ts";
import { typed, type Setting, type Typed } from "./typed.ts";

let at: Desk;
let server: SignedServer;
const run = (line: string, setting: Setting = {}): Promise<Typed> =>
  typed(
    [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? ""),
    { api: server.url, ...setting },
  );

beforeEach(async () => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "111111111111");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", secretAccessKey);
  at = await inCare();
  server = await served(at);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
});

/** So many connections of 222222222222, let in by its entry. */
async function connected(count: number): Promise<void> {
  await run(`allow 222222222222 --service ${service} --name acme`);
  for (let number = 1; number <= count; number += 1) at.connect(number);
  await at.admit();
}

describe("entries", () => {
  test("every field of an entry can be given", async () => {
    await at.ask("PUT /approvers/{name}", { name: "ann", arn: "arn:aws:iam::111111111111:user/ann" });
    const { code, err } = await run(
      `allow 222222222222 --service ${service} --name acme --at-most 3 --expires 2027-12-31 --on-expiry 24h --approver ann --quorum 1 --tag team=payments --tag "tier=very good" --contact ops@acme.example`,
    );
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const { items } = await at.ask<{ items: unknown[] }>("GET /entries");
    expect(items).toMatchObject([
      {
        conditions: { atMost: 3, expires: "2027-12-31T00:00:00.000Z" },
        onExpiry: { afterHours: 24 },
        asking: { approvers: ["ann"], quorum: 1 },
        labels: { team: "payments", tier: "very good" },
      },
    ]);
  });

  test.each([
    ["allow 222222222222 --service * --on-expiry soon", '--on-expiry: "soon" is not valid; give keep, now, or how long after'],
    ["allow 222222222222 --service * --on-expiry 24h", 'onExpiry: "24h" is not valid; say when the entry expires'],
    ["allow 222222222222 --service * --tag a=b --tag a=c", "--tag a is given twice"],
    [
      "ask any --service * --not-before 0000-01-01T00:00:00+14:00 --yes",
      '"0000-01-01T00:00:00+14:00" is not valid; give a time that there is',
    ],
    ["allow 222222222222 --service * --expires 2027-02-30", 'conditions.expires: "2027-02-30" is not valid'],
    ["allow acme --service *", "a unit ou-…, an organization o-…, or any"],
    ["allow 222222222222 --service * --tag payments", "--tag payments is not a name and a text; give --tag team=payments"],
    ["allow 222222222222 --service * --at-most 0", 'conditions.atMost: "0" is not valid; give a whole number from 1'],
    [
      "allow 222222222222 --service * --approver nobody",
      'asking.approvers: "nobody" is not valid; add them first with: drawbridge approvers add nobody',
    ],
    ["allow 222222222222 --service * --name a\u200Bcme", "leave out control characters and invisible marks"],
    ["allow 222222222222 --service * --name a\u202Ecme", "leave out control characters and invisible marks"],
    ["renew 222222222222 --service *", "--expires is missing"],
    ["freeze everything --reason x", "everything cannot be frozen; give a service's id"],
    ["freeze all", "--reason is missing"],
    [`services set ${service}`, "there is nothing to set"],
    [`services set ${service} --on-removal later`, '--on-removal: "later" is not valid'],
    [`services set ${service} --approver nobody`, 'asking.approvers: "nobody" is not valid'],
    ["invite 222222222222 --service *", "--service '*' is no service to connect to"],
    ["explain acme", "who: \"acme\" is not valid; give an endpoint's id vpce-…, or an account's twelve digits"],
  ])("%s is refused with exit code 2", async (line, said) => {
    const before = at.types().length;
    const { code, err, out } = await run(line);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(said);
    expect(err.split("\n")).toHaveLength(2);
    expect(at.types()).toHaveLength(before);
  });

  test("more than five cuts are confirmed by typing their number", async () => {
    await connected(6);
    const line = `deny 222222222222 --service ${service}`;
    expect(await run(line, { answer: "y" })).toMatchObject({ code: 1, questions: ["This cuts 6 connections. Go on? Type 6 to do it: "] });
    expect(await run(line)).toMatchObject({ code: 1, err: expect.stringContaining("add --yes to do it") });
    expect(await run(line, { answer: "6" })).toMatchObject({ code: 0, out: expect.stringContaining("What follows: 6 cut at once.") });
  });

  test("a removal shows what it cuts, says what is kept, and is taken back by a new entry", async () => {
    await connected(1);
    const kept = await run(`remove 222222222222 --service ${service}`, { answer: "y" });
    expect(kept.questions).toEqual(["Remove this entry? What follows: 1 kept though nothing lets them in any more. [y/N] "]);
    expect(kept.err).toMatch(
      new RegExp(`${endpoint} +222222222222 +${service} +kept all the same +the entry for account 222222222222 was removed`),
    );
    expect(kept.out).toContain("Who is kept stays connected: drawbridge reject cuts one, drawbridge deny all of theirs.");
    await run(`allow 222222222222 --service ${service} --name acme`);
    const cut = await run(`remove 222222222222 --service ${service} --disconnect 7d --yes`);
    expect(cut.err).toMatch(new RegExp(`${endpoint} +222222222222 +${service} +cut at 2026-11-30 12:00`));
    expect(cut.out).toContain("What follows: 1 cut later.");
    await at.admit();
    expect((await run(`allow 222222222222 --service ${service} --name acme`)).out).toContain("What follows: 1 not cut after all.");
  });

  test("an entry is renewed with all that it says", async () => {
    await run(`allow 222222222222 --service ${service} --name acme --region eu-west-1 --expires 2026-12-01 --on-expiry now`);
    const { out } = await run(`renew 222222222222 --service ${service} --expires 2027-12-01`);
    expect(out).toContain(`Changed: account 222222222222 (acme) at ${service}: accept, version 2, from eu-west-1, until 2027-12-01`);
    expect(await at.ask<{ items: unknown[] }>("GET /entries")).toMatchObject({ items: [{ onExpiry: "now", name: "acme" }] });
    expect(await run(`renew 333333333333 --service ${service} --expires 2027-12-01`)).toMatchObject({ code: 1 });
  });

  test("a removal at every service asks with what each service makes of it; of a reject it says who gets in", async () => {
    await run(`allow 222222222222 --service * --name acme`);
    at.connect(1);
    await at.admit();
    await run(`services set ${service} --on-removal now`);
    const cut = await run("remove 222222222222 --service *", { answer: "y" });
    expect(cut.questions).toEqual(["Remove this entry? What follows: 1 cut at once. [y/N] "]);
    expect(cut.out).not.toContain("stays connected");
    await run(`deny 333333333333 --service ${service}`);
    const { questions } = await run(`remove 333333333333 --service ${service}`, { answer: "n" });
    expect(questions).toEqual(["Remove this entry? What follows: no connection is touched. [y/N] "]);
  });

  test("who they are stays; a condition that is not given again is dropped only after a yes, and the loss is shown", async () => {
    await run(`allow 222222222222 --service ${service} --name acme --region eu-west-1 --at-most 2 --contact ops@acme.example`);
    const line = `allow 222222222222 --service ${service} --expires 2027-12-31`;
    const question = "This drops what is not given: regions eu-west-1 → none, at most 2 → none. Go on? [y/N] ";
    expect(await run(line)).toMatchObject({ code: 1, err: expect.stringContaining("Nobody is here to ask") });
    expect(await run(line, { answer: "n" })).toMatchObject({ code: 1, questions: [question] });
    const done = await run(line, { answer: "y" });
    expect(done.questions).toEqual([question]);
    expect(done.out).toContain("Differs: regions eu-west-1 → none, at most 2 → none, expires none → 2027-12-31 00:00 UTC\n");
    const [entry] = (await at.ask<{ items: object[] }>("GET /entries")).items;
    expect(entry).toMatchObject({ name: "acme", contact: "ops@acme.example", conditions: { expires: "2027-12-31T00:00:00.000Z" } });
    // What is stricter asks nobody.
    expect(await run(`deny 222222222222 --service ${service}`)).toMatchObject({ code: 0, questions: [] });
    const anew = await run(`allow 222222222222 --service ${service} --replace --ticket NET-1`);
    expect(anew).toMatchObject({
      code: 0,
      questions: [],
      out: expect.stringContaining("name acme → none, contact ops@acme.example → none"),
    });
  });

  test("whom an entry keeps out is let in, or asked about, only after a yes", async () => {
    await run(`deny 222222222222 --service ${service} --name acme --expires 2027-01-01`, { answer: "y" });
    await run(`deny 333333333333 --service ${service} --reason ended`);
    const question = `This lets in whom the entry there rejects: account 333333333333 at ${service}: reject, version 1, because ended. Go on? [y/N] `;
    for (const line of [`allow 333333333333 --service ${service} --name typo`, `invite 333333333333 --service ${service} --name typo`]) {
      expect(await run(line)).toMatchObject({ code: 1, err: expect.stringContaining("Nobody is here to ask") });
      expect(await run(line, { answer: "n" })).toMatchObject({
        code: 1,
        questions: [question],
        err: expect.stringContaining("nothing was changed"),
      });
    }
    const asked = await run(`ask 222222222222 --service ${service}`, { answer: "y" });
    expect(asked.questions).toEqual([
      `This has approvers asked about whom the entry there rejects: account 222222222222 (acme) at ${service}: reject, version 1. Go on? [y/N] `,
    ]);
    expect((await at.ask<{ items: object[] }>("GET /entries")).items).toMatchObject([
      { verdict: "ask", name: "acme" },
      { verdict: "reject", version: 1 },
    ]);
    expect(await run(`allow 333333333333 --service ${service} --yes`)).toMatchObject({ code: 0, questions: [] });
    await run(`deny 333333333333 --service ${service} --expires 2027-01-01 --yes`);
    at.world.clock.advance(60 * 60 * 24 * 365);
    expect(await run(`allow 333333333333 --service ${service} --expires 2029-01-01`)).toMatchObject({ code: 0, questions: [] });
  });

  test("a yes is for what was shown: what somebody else changed meanwhile is not overwritten", async () => {
    await connected(1);
    const change = { service, principal: "222222222222", verdict: "accept", ticket: "NET-7" };
    const meanwhile = (): Promise<unknown> => at.ask("PUT /entries", change, bob);
    const line = `deny 222222222222 --service ${service}`;
    const clash = await run(line, { answer: "y", meanwhile });
    expect(clash).toMatchObject({ code: 1, err: expect.stringContaining("is not at version 1: it is at version 2, written by") });
    expect((await at.ask<{ items: object[] }>("GET /entries")).items).toMatchObject([{ verdict: "accept", ticket: "NET-7", version: 2 }]);
    await run(`remove 222222222222 --service ${service} --yes`);
    const other = (): Promise<unknown> => at.ask("PATCH /services/{service}", { service, expiryNoticeHours: 48 }, bob);
    const settings = await run(`services set ${service} --on-removal now`, { answer: "y", meanwhile: other });
    expect(settings).toMatchObject({
      code: 1,
      questions: ["This cuts 1 connection. Go on? [y/N] "],
      err: expect.stringContaining("is not at version"),
    });
    expect(await run(`services set ${service} --on-removal now`, { answer: "y" })).toMatchObject({ code: 0 });
  });

  test("a renewal is of what ends, and one that ends it earlier is asked about", async () => {
    await run(`deny 222222222222 --service ${service}`);
    expect(await run(`renew 222222222222 --service ${service} --expires 2027-12-01 --yes`)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/never expires: there is nothing to renew; to give it an end: drawbridge deny with --expires/),
    });
    await run(`deny 222222222222 --service ${service} --expires 2027-12-01`);
    const earlier = `renew 222222222222 --service ${service} --expires 2027-11-01`;
    expect(await run(earlier)).toMatchObject({ code: 1 });
    expect((await run(earlier, { answer: "y" })).questions).toEqual([
      "That ends it earlier: at 2027-11-01 00:00:00, not at 2027-12-01 00:00:00. Go on? [y/N] ",
    ]);
    expect((await run(`renew 222222222222 --service ${service} --expires 2027-02-30`)).err).toContain(
      '--expires: "2027-02-30" is not valid',
    );
  });

  test("a list marks what has ended or has not begun, picks what ends soon, and says what no entry means", async () => {
    const none = `list --service ${service}`;
    expect((await run(none)).out).toBe("There are no entries: approvers are asked about everybody.\n");
    await run("allow any --service * --yes");
    expect((await run(none)).out).toContain("those for every service decide here too: drawbridge list --service '*'");
    expect(await run("list --service vpce-svc-0123456789abcdef9")).toMatchObject({
      code: 1,
      err: expect.stringContaining("is not in Drawbridge's care"),
    });
    await run(`allow 222222222222 --service ${service} --expires 2026-11-24`);
    await run(`allow 333333333333 --service ${service} --not-before 2027-01-01`);
    at.world.clock.advance(86_400);
    expect((await run("list")).out).toMatch(/222222222222 +accept, expired[^]*333333333333 +accept, not yet/);
    const soon = JSON.parse((await run("list --ends-within 9000d --json")).out) as { items: object[] };
    expect(soon.items).toMatchObject([{ principal: "account#222222222222" }]);
    expect(await run("list --ends-within soon")).toMatchObject({
      code: 2,
      err: expect.stringContaining("give hours or days, such as 48h or 30d"),
    });
  });

  test("show tells all that an entry says, its VPC as well", async () => {
    await run(`allow 222222222222 --service ${service} --name acme --vpc eu-west-1/vpc-0123456789abcdef0`);
    expect((await run(`show 222222222222 --service ${service}`)).out).toContain("VPC   vpc-0123456789abcdef0 in eu-west-1");
  });

  test("an entry that nobody can read is named and removed", async () => {
    await run(`allow 222222222222 --service ${service}`);
    await run(`allow 333333333333 --service ${service}`);
    const { entries } = at.world.tables.rows;
    for (const [id, row] of entries) if (id.includes("222222222222")) entries.set(id, { ...row, conditions: { moonPhase: "full" } });
    const listed = await run("list");
    expect(listed.out).toContain("333333333333");
    expect(listed.err).toContain(`! The entry for 222222222222 at ${service} cannot be read`);
    expect((await run(`show 222222222222 --service ${service}`)).out).toContain("It cannot be read: ");
    expect(await run("export")).toMatchObject({ code: 1, err: expect.stringContaining("cannot be read") });
    expect(await run(`remove 222222222222 --service ${service} --yes`)).toMatchObject({
      code: 0,
      out: expect.stringContaining("Removed: an entry that nobody could read"),
    });
    expect(await run("export")).toMatchObject({ code: 0 });
  });

  test("the entries of a released service are still listed", async () => {
    await run(`allow 222222222222 --service ${service} --name acme`);
    await run(`services remove ${service} --yes`);
    expect((await run("list")).out).toMatch(/222222222222 +accept +acme/);
  });
});

test("a freeze asks instead of accepting, is listed and shown, and is lifted", async () => {
  await run(`allow 222222222222 --service ${service}`);
  expect(await run(`freeze ${service} --reason "incident 42"`, { answer: "y" })).toMatchObject({
    code: 0,
    questions: [`Accept nothing automatically at ${service}, and ask people instead? [y/N] `],
  });
  expect((await run(`freeze ${service} --reason again --yes`)).out).toContain(
    "Nothing changed, it has been frozen since 2026-11-23 12:00:01, by alice of 111111111111: incident 42",
  );
  await run("freeze all --reason storm --yes");
  expect((await run("freezes")).out).toMatch(/every service +2026-11-23 12:00 +alice of 111111111111 +storm/);
  expect((await run(`services show ${service}`)).out).toContain("Frozen");
  at.connect(1);
  await at.admit();
  expect((await run(`explain ${endpoint}`)).out).toContain("the service is frozen since 23 Nov 2026, 12:00 UTC: incident 42");
  await run(`unfreeze ${service} --yes`);
  await at.admit();
  expect((await run(`show ${endpoint}`)).out).toContain("waiting for an approver");
  expect((await run("unfreeze all", { answer: "n" })).err).toMatch(new RegExp(`${endpoint} +222222222222 +${service} +accepted`));
  expect(await run("unfreeze all --yes")).toMatchObject({
    code: 0,
    out: expect.stringMatching(/No longer frozen: every service\.[^]*What follows: 1 accepted\./),
  });
  await at.admit();
  expect((await run(`show ${endpoint}`)).out).toContain("accepted, because");
  expect(await run("unfreeze all --yes")).toMatchObject({ code: 1, err: expect.stringContaining("There is no freeze of all services") });
  expect((await run("freezes")).out).toBe("Nothing is frozen.\n");
});

test("a service's settings are changed one by one, and taken back to the usual", async () => {
  await at.ask("PUT /approvers/{name}", { name: "ann", arn: "arn:aws:iam::111111111111:user/ann" });
  await run(`services set ${service} --on-removal 24h --expiry-notice 48 --approver ann --open-days 3`);
  const { out } = await run(`services set ${service} --silence reject --outside enforce`);
  for (const line of [
    "what it let in is cut after 24 hours",
    "approvers are told 48 hours before",
    "asked: ann; after 3 days of silence the answer is no",
    "decided anew",
  ])
    expect(out).toContain(line);
  expect(await run(`services set ${service} --silence reject`)).toMatchObject({ code: 0, out: expect.stringContaining("Nothing changed") });
  await run(
    `services set ${service} --on-removal usual --expiry-notice usual --approver none --open-days usual --silence usual --outside usual`,
  );
  const [after] = (await at.ask<{ items: object[] }>("GET /services")).items;
  expect(Object.keys(after ?? {})).not.toEqual(expect.arrayContaining(["onRemoval"]));
  expect(after).not.toHaveProperty("asking");
});

test("without approvers a quorum from before is named with the way out, and takes none of one", async () => {
  for (const name of ["ann", "ben"]) await at.ask("PUT /approvers/{name}", { name, arn: `arn:aws:iam::111111111111:user/${name}` });
  await run(`services set ${service} --approver ann --approver ben --quorum 2`);
  expect(await run(`services set ${service} --approver none`)).toMatchObject({
    code: 2,
    err: expect.stringContaining("it was set before, and nobody is named now; take it back as well: --quorum usual"),
  });
  expect(await run(`services set ${service} --approver none --quorum usual`)).toMatchObject({ code: 0 });
  await run(`services set ${service} --approver ann --quorum 1`);
  expect(await run(`services set ${service} --approver none`)).toMatchObject({ code: 0 });
});

describe("explain", () => {
  test("names the deciding entry, its version and author, what it beat and why, and every condition's value", async () => {
    await run("allow any --service * --yes");
    await run(`allow 222222222222 --service ${service} --name acme --region eu-west-1 --at-most 1`);
    at.connect(1);
    await at.admit();
    expect((await run(`explain ${endpoint}`)).out).toMatchInlineSnapshot(`
      "Consumer  account 222222222222, vpce-00000000000000001
      Service   vpce-svc-00000000000000001
      From      eu-west-1, ipv4
      Stands    accepted, not available yet: account 222222222222 (acme) at vpce-svc-00000000000000001: accept, version 1

      accept: account 222222222222 (acme) at vpce-svc-00000000000000001: accept, version 1
        decides  account 222222222222 (acme) at vpce-svc-00000000000000001: accept, version 1, written by alice of 111111111111, 23 Nov 2026, 12:00 UTC
                 the most specific entry that matches
                 holds    region: eu-west-1, wanted eu-west-1
                 holds    at most: this is one of the 1 it holds, at most 1
        beaten   anyone at every service: accept, version 1, written by alice of 111111111111, 23 Nov 2026, 12:00 UTC
                 the entry that decides is more specific
      "
    `);
    expect((await run(`explain 222222222222 --service ${service} --region us-east-1`)).out).toMatchInlineSnapshot(`
      "Consumer  account 222222222222
      Service   vpce-svc-00000000000000001
      From      us-east-1, address type not known
      Supposed  the Region

      ask: account 222222222222 (acme) at vpce-svc-00000000000000001: accept, version 1, but region: us-east-1, wanted eu-west-1; at most: it holds 1, at most 1
        decides  account 222222222222 (acme) at vpce-svc-00000000000000001: accept, version 1, written by alice of 111111111111, 23 Nov 2026, 12:00 UTC
                 the most specific entry, but a condition fails: people are asked, and no wider entry steps in
                 fails    region: us-east-1, wanted eu-west-1
                 fails    at most: it holds 1, at most 1
        beaten   anyone at every service: accept, version 1, written by alice of 111111111111, 23 Nov 2026, 12:00 UTC
                 the entry that decides is more specific
      "
    `);
  });

  test("what if: another time, another Region; nothing is written", async () => {
    await run(`allow 222222222222 --service ${service} --expires 2027-01-01`);
    const before = at.types().length;
    const verdict = async (more: string): Promise<string | undefined> =>
      (JSON.parse((await run(`explain 222222222222 ${more} --json`)).out) as Explained).items[0]?.explanation.verdict;
    expect(await verdict("")).toBe("accept");
    expect(await verdict("--at 2026-12-31")).toBe("accept");
    expect(await verdict("--at 2027-01-01")).toBe("ask");
    expect(at.types()).toHaveLength(before);
  });
});

test("an invitation is printed again with nothing written; what is given changes the entry that is there", async () => {
  const first = await run(`invite 222222222222 --service ${service} --name acme --region eu-west-1 --expires 2027-12-31`);
  const before = at.types().length;
  const again = await run(`invite 222222222222 --service ${service}`);
  expect(again).toMatchObject({ code: 0, out: first.out, err: expect.stringContaining("Nothing changed, it says so already: ") });
  expect(at.types()).toHaveLength(before);
  const ticket = await run(`invite 222222222222 --service ${service} --ticket NET-1 --region eu-west-1 --expires 2027-12-31`);
  expect(ticket.err).toContain("Differs: ticket none → NET-1\n");
  expect(ticket.out).toBe(first.out);
  expect(await run(`invite 222222222222 --service ${service} --ticket NET-2`)).toMatchObject({ code: 1, out: "" });
});

test("an invitation is printed as a mail that sendmail takes", async () => {
  const { code, out } = await run(`invite 222222222222 --service ${service} --name acme --mail network@acme.example`);
  expect(code).toBe(0);
  const [head = "", ...letter] = out.split("\n\n");
  expect(head.split("\n")).toEqual([
    "To: network@acme.example",
    `Subject: acme: you may connect to com.amazonaws.vpce.eu-west-1.${service}`,
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
  ]);
  expect(letter.join("\n\n")).toContain("aws ec2 create-vpc-endpoint");
  const refused = await run(`invite 222222222222 --service ${service} --mail a@b.example,c@d.example`);
  expect(refused).toMatchObject({ code: 2, out: "" });
});

test("an invitation subscribes the contact when it is told to, and takes the link that they sent on", async () => {
  const invite = `invite 222222222222 --service ${service} --name acme --contact ops@acme.example`;
  expect(await run(`invite 222222222222 --service ${service} --tell-contact`)).toMatchObject({ code: 2, out: "" });
  expect(await run(`${invite} --contact-link https://sns.example/?Token=0123456789`)).toMatchObject({ code: 2, out: "" });
  expect((await run(invite)).err).not.toContain("AWS mails");
  expect(at.world.contacts.held.size).toBe(0);
  const asked = await run(`${invite} --tell-contact --json`);
  expect(JSON.parse(asked.out)).toMatchObject({
    contact: { address: "ops@acme.example", account: "222222222222", subscription: "mailed" },
  });
  expect(asked.err).toContain("AWS mails ops@acme.example a link");
  const link = `https://sns.example/confirmation.html?Token=${at.world.contacts.tokenOf("ops@acme.example")}`;
  expect((await run(`${invite} --tell-contact --contact-link ${link}`)).err).toContain("only AWS credentials can end it");
  expect([...at.world.contacts.held.values()]).toMatchObject([{ confirmed: true, protected: true }]);
  expect(at.types().filter((type) => type.startsWith("Entry"))).toEqual(["EntryAdded"]);
});

test("an invitation writes the entry, and prints a letter that stands by itself", async () => {
  const { code, out, err } = await run(`invite 222222222222 --service ${service} --name acme`);
  expect(code).toBe(0);
  expect(err).toBe(`Added: account 222222222222 (acme) at ${service}: accept, version 1\n`);
  expect(out).toMatchInlineSnapshot(`
    "acme: you may connect to com.amazonaws.vpce.eu-west-1.vpce-svc-00000000000000001

    Account:  222222222222
    Service:  com.amazonaws.vpce.eu-west-1.vpce-svc-00000000000000001 in eu-west-1
    Connect:  from eu-west-1
    Name:     acme.privatelink.example.com, as soon as you are connected

    Your request is accepted automatically, mostly within seconds. Choose one of three ways:

    1. AWS CLI

    VPC=vpc-…  SUBNETS='subnet-… subnet-…'  GROUP=sg-…
    ENDPOINT=$(aws ec2 create-vpc-endpoint --region eu-west-1 --vpc-endpoint-type Interface \\
      --service-name com.amazonaws.vpce.eu-west-1.vpce-svc-00000000000000001 \\
      --vpc-id "$VPC" --subnet-ids $SUBNETS --security-group-ids "$GROUP" \\
      --query VpcEndpoint.VpcEndpointId --output text)
    aws ec2 describe-vpc-endpoints --region eu-west-1 --vpc-endpoint-ids "$ENDPOINT" --query 'VpcEndpoints[0].State'

    2. Terraform

    variable "vpc_id" { type = string }
    variable "subnet_ids" { type = list(string) }
    variable "security_group_ids" { type = list(string) }

    resource "aws_vpc_endpoint" "this" {
      vpc_endpoint_type   = "Interface"
      service_name        = "com.amazonaws.vpce.eu-west-1.vpce-svc-00000000000000001"
      vpc_id              = var.vpc_id
      subnet_ids          = var.subnet_ids
      security_group_ids  = var.security_group_ids
      private_dns_enabled = false # true only after acceptance
    }

    3. CloudFormation

    Parameters:
      Vpc: { Type: AWS::EC2::VPC::Id }
      Subnets: { Type: List<AWS::EC2::Subnet::Id> }
      Groups: { Type: List<AWS::EC2::SecurityGroup::Id> }
    Resources:
      Endpoint:
        Type: AWS::EC2::VPCEndpoint
        Properties:
          VpcEndpointType: Interface
          ServiceName: com.amazonaws.vpce.eu-west-1.vpce-svc-00000000000000001
          VpcId: !Ref Vpc
          SubnetIds: !Ref Subnets
          SecurityGroupIds: !Ref Groups
          PrivateDnsEnabled: false # true only after acceptance

    Private DNS: AWS refuses it while the request waits. Once the state is available, and if the service has a private DNS
    name of its own:

    aws ec2 modify-vpc-endpoint --region eu-west-1 --vpc-endpoint-id "$ENDPOINT" --private-dns-enabled

    In Terraform set private_dns_enabled = true, in CloudFormation PrivateDnsEnabled: true, and apply or update once more.
    "
  `);
});

test.each([80, 100, 120])("nothing is wider than %d columns", async (width) => {
  await connected(2);
  await run(
    `allow any --service * --region eu-west-1 --expires 2027-12-31 --purpose "a rather long purpose that goes on for a while" --yes`,
  );
  await run('freeze all --reason "a reason that is long enough to need more than one line of a narrow terminal" --yes');
  for (const line of [
    `explain ${endpoint}`,
    "list",
    "connections",
    "freezes",
    `services show ${service}`,
    `services set ${service} --on-expiry now`,
  ]) {
    const { out } = await run(line, { width });
    for (const shown of out.split("\n")) expect(shown.length, `${line}: ${shown}`).toBeLessThanOrEqual(width);
  }
});

describe("an invitation", () => {
  test.each(["any", "o-abcdefghij", "ou-ab12-cdefgh34", "vpce-0123456789abcdef0"])("is for one account, and not for %s", async (whom) => {
    const { code, err, out } = await run(`invite ${whom} --service ${service} --yes`);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(`${whom} is no account; invite one account by its twelve digits`);
    expect(at.types().filter((type) => type.startsWith("Entry"))).toEqual([]);
  });

  test("says before it writes that a reject entry keeps them out, and writes nothing without a yes", async () => {
    await run(`deny any --service * --yes`);
    const invite = `invite 222222222222 --service ${service} --name acme`;
    const refused = await run(invite, { answer: "n" });
    expect(refused).toMatchObject({ code: 1, out: "", questions: ["They would not be let in. Go on? [y/N] "] });
    expect(refused.err).toContain("With this entry it would be rejected, because anyone at every service: reject, version 1.");
    expect(at.types().filter((type) => type.startsWith("Entry"))).toEqual(["EntryAdded"]);
    const done = await run(`${invite} --yes --json`);
    expect(JSON.parse(done.out)).toMatchObject({ changed: true, verdict: "reject" });
  });

  test("says that a freeze has people asked, and the letter promises nothing else", async () => {
    await run(`freeze all --reason "incident 42" --yes`);
    const { code, err, out } = await run(`invite 222222222222 --service ${service} --name acme`);
    expect(code).toBe(0);
    expect(err).toContain("With this entry approvers would be asked, because account 222222222222 (acme)");
    expect(err).toContain("incident 42");
    expect(out).toContain("Your request waits until it is decided about.");
    expect(out).not.toContain("accepted automatically");
  });

  test("is not written where the service is not offered, or the contact is no address", async () => {
    const elsewhere = await run(`invite 222222222222 --service ${service} --name acme --region ap-south-1`);
    expect(elsewhere).toMatchObject({ code: 1, out: "" });
    expect(elsewhere.err).toContain("ap-south-1: the service is not offered there");
    expect(await run(`invite 222222222222 --service ${service} --contact nobody --tell-contact`)).toMatchObject({ code: 2, out: "" });
    expect(at.types().filter((type) => type.startsWith("Entry"))).toEqual([]);
  });

  test("takes the entry's address type into every way to connect", async () => {
    const { out } = await run(`invite 222222222222 --service ${service} --name acme --ip-type dualstack`);
    for (const words of ["--ip-address-type dualstack", 'ip_address_type     = "dualstack"', "IpAddressType: dualstack"])
      expect(out).toContain(words);
  });
});

test("show and audit --why tell what a verdict rested on, as it was then", async () => {
  await run(`allow any --service ${service} --yes`);
  await run(`allow 222222222222 --service ${service} --name acme`);
  at.connect(1);
  await at.admit();
  await run(`remove 222222222222 --service ${service} --yes`);
  const shown = (await run(`show ${endpoint}`)).out;
  expect(shown).toContain("What the list's verdict of ");
  expect(shown).toMatch(/ {2}decides {2}account 222222222222 \(acme\) at \S+: accept, version 1, written by alice of 111111111111/);
  expect(shown).toMatch(/ {2}beaten {3}anyone at \S+: accept, version 1/);
  const logged = (await run(`audit --connection ${endpoint} --why`)).out;
  expect(logged).toContain("; decides: account 222222222222 (acme)");
  expect(logged).toContain("; beaten: anyone at");
  expect((await run(`audit --connection ${endpoint}`)).out).not.toContain("beaten");
});
