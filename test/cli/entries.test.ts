// The commands that write, remove, renew and show entries: what they show, ask and change.
import { expect, test } from "vitest";
import { bob, endpoint, service } from "../operator/desk.ts";
import { typist } from "./typist.fixture.ts";

const desk = typist();
const { run, connected, expectRefused } = desk;

test("every field of an entry can be given", async () => {
  await desk.at.ask("PUT /approvers/{name}", { name: "ann", arn: "arn:aws:iam::111111111111:user/ann" });
  const { code, err } = await run(
    `allow 222222222222 --service ${service} --name acme --at-most 3 --expires 2027-12-31 --on-expiry 24h --approver ann --quorum 1 --tag team=payments --tag "tier=very good" --contact ops@acme.example`,
  );
  expect({ code, err }).toEqual({ code: 0, err: "" });
  const { items } = await desk.at.ask<{ items: unknown[] }>("GET /entries");
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
])("%s is refused with exit code 2", async (line, said) => {
  await expectRefused(line, said);
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
  await desk.at.admit();
  expect((await run(`allow 222222222222 --service ${service} --name acme`)).out).toContain("What follows: 1 not cut after all.");
});

test("an entry is renewed with all that it says", async () => {
  await run(`allow 222222222222 --service ${service} --name acme --region eu-west-1 --expires 2026-12-01 --on-expiry now`);
  const { out } = await run(`renew 222222222222 --service ${service} --expires 2027-12-01`);
  expect(out).toContain(`Changed: account 222222222222 (acme) at ${service}: accept, version 2, from eu-west-1, until 2027-12-01`);
  expect(await desk.at.ask<{ items: unknown[] }>("GET /entries")).toMatchObject({ items: [{ onExpiry: "now", name: "acme" }] });
  expect(await run(`renew 333333333333 --service ${service} --expires 2027-12-01`)).toMatchObject({ code: 1 });
});

test("a removal at every service asks with what each service makes of it; of a reject it says who gets in", async () => {
  await run(`allow 222222222222 --service * --name acme`);
  desk.at.connect(1);
  await desk.at.admit();
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
  const [entry] = (await desk.at.ask<{ items: object[] }>("GET /entries")).items;
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
  expect((await desk.at.ask<{ items: object[] }>("GET /entries")).items).toMatchObject([
    { verdict: "ask", name: "acme" },
    { verdict: "reject", version: 1 },
  ]);
  expect(await run(`allow 333333333333 --service ${service} --yes`)).toMatchObject({ code: 0, questions: [] });
  await run(`deny 333333333333 --service ${service} --expires 2027-01-01 --yes`);
  desk.at.world.clock.advance(60 * 60 * 24 * 365);
  expect(await run(`allow 333333333333 --service ${service} --expires 2029-01-01`)).toMatchObject({ code: 0, questions: [] });
});

test("a yes is for what was shown: what somebody else changed meanwhile is not overwritten", async () => {
  await connected(1);
  const change = { service, principal: "222222222222", verdict: "accept", ticket: "NET-7" };
  const meanwhile = (): Promise<unknown> => desk.at.ask("PUT /entries", change, bob);
  const line = `deny 222222222222 --service ${service}`;
  const clash = await run(line, { answer: "y", meanwhile });
  expect(clash).toMatchObject({ code: 1, err: expect.stringContaining("is not at version 1: it is at version 2, written by") });
  expect((await desk.at.ask<{ items: object[] }>("GET /entries")).items).toMatchObject([
    { verdict: "accept", ticket: "NET-7", version: 2 },
  ]);
  await run(`remove 222222222222 --service ${service} --yes`);
  const other = (): Promise<unknown> => desk.at.ask("PATCH /services/{service}", { service, expiryNoticeHours: 48 }, bob);
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
  expect((await run(`renew 222222222222 --service ${service} --expires 2027-02-30`)).err).toContain('--expires: "2027-02-30" is not valid');
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
  desk.at.world.clock.advance(86_400);
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
  const { entries } = desk.at.world.tables.rows;
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
