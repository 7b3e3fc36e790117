// The commands that freeze services and set what holds for them, and that nothing is wider than the terminal.
import { expect, test } from "vitest";
import { endpoint, service } from "../operator/desk.ts";
import { typist } from "./typist.fixture.ts";

const desk = typist();
const { run, connected, expectRefused } = desk;

test.each([
  ["freeze everything --reason x", "everything cannot be frozen; give a service's id"],
  ["freeze all", "--reason is missing"],
  [`services set ${service}`, "there is nothing to set"],
  [`services set ${service} --on-removal later`, '--on-removal: "later" is not valid'],
  [`services set ${service} --approver nobody`, 'asking.approvers: "nobody" is not valid'],
])("%s is refused with exit code 2", async (line, said) => {
  await expectRefused(line, said);
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
  desk.at.connect(1);
  await desk.at.admit();
  expect((await run(`explain ${endpoint}`)).out).toContain("the service is frozen since 23 Nov 2026, 12:00 UTC: incident 42");
  await run(`unfreeze ${service} --yes`);
  await desk.at.admit();
  expect((await run(`show ${endpoint}`)).out).toContain("waiting for an approver");
  expect((await run("unfreeze all", { answer: "n" })).err).toMatch(new RegExp(`${endpoint} +222222222222 +${service} +accepted`));
  expect(await run("unfreeze all --yes")).toMatchObject({
    code: 0,
    out: expect.stringMatching(/No longer frozen: every service\.[^]*What follows: 1 accepted\./),
  });
  await desk.at.admit();
  expect((await run(`show ${endpoint}`)).out).toContain("accepted, because");
  expect(await run("unfreeze all --yes")).toMatchObject({ code: 1, err: expect.stringContaining("There is no freeze of all services") });
  expect((await run("freezes")).out).toBe("Nothing is frozen.\n");
});

test("a service's settings are changed one by one, and taken back to the usual", async () => {
  await desk.at.ask("PUT /approvers/{name}", { name: "ann", arn: "arn:aws:iam::111111111111:user/ann" });
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
  const [after] = (await desk.at.ask<{ items: object[] }>("GET /services")).items;
  expect(Object.keys(after ?? {})).not.toEqual(expect.arrayContaining(["onRemoval"]));
  expect(after).not.toHaveProperty("asking");
});

test("without approvers a quorum from before is named with the way out, and takes none of one", async () => {
  for (const name of ["ann", "ben"]) await desk.at.ask("PUT /approvers/{name}", { name, arn: `arn:aws:iam::111111111111:user/${name}` });
  await run(`services set ${service} --approver ann --approver ben --quorum 2`);
  expect(await run(`services set ${service} --approver none`)).toMatchObject({
    code: 2,
    err: expect.stringContaining("it was set before, and nobody is named now; take it back as well: --quorum usual"),
  });
  expect(await run(`services set ${service} --approver none --quorum usual`)).toMatchObject({ code: 0 });
  await run(`services set ${service} --approver ann --quorum 1`);
  expect(await run(`services set ${service} --approver none`)).toMatchObject({ code: 0 });
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
