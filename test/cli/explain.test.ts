// The commands that say why: explain, of what is or would be, and show and audit --why, of what a verdict rested on.
import { describe, expect, test } from "vitest";
import type { Explained } from "../../lib/operator/explain.ts";
import { endpoint, service } from "../operator/desk.ts";
import { typist } from "./typist.fixture.ts";

const desk = typist();
const { run, expectRefused } = desk;

test("what is neither an endpoint nor an account is refused with exit code 2", async () => {
  await expectRefused("explain acme", "who: \"acme\" is not valid; give an endpoint's id vpce-…, or an account's twelve digits");
});

describe("explain", () => {
  test("names the deciding entry, its version and author, what it beat and why, and every condition's value", async () => {
    await run("allow any --service * --yes");
    await run(`allow 222222222222 --service ${service} --name acme --region eu-west-1 --at-most 1`);
    desk.at.connect(1);
    await desk.at.admit();
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
    const before = desk.at.types().length;
    const verdict = async (more: string): Promise<string | undefined> =>
      (JSON.parse((await run(`explain 222222222222 ${more} --json`)).out) as Explained).items[0]?.explanation.verdict;
    expect(await verdict("")).toBe("accept");
    expect(await verdict("--at 2026-12-31")).toBe("accept");
    expect(await verdict("--at 2027-01-01")).toBe("ask");
    expect(desk.at.types()).toHaveLength(before);
  });
});

test("show and audit --why tell what a verdict rested on, as it was then", async () => {
  await run(`allow any --service ${service} --yes`);
  await run(`allow 222222222222 --service ${service} --name acme`);
  desk.at.connect(1);
  await desk.at.admit();
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
