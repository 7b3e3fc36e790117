// How an entry asks, on the command line: given in the words that services have, shown wherever the entry is, and kept by the file.
import { afterEach, beforeEach, expect, test } from "vitest";
import { inCare, service, type Desk } from "../operator/desk.ts";
import { policyDesk, type PolicyDesk } from "./policy-desk.ts";

let at: Desk;
let files: PolicyDesk;
const run = (line: string): ReturnType<PolicyDesk["run"]> => files.run(line.split(" "));
const entry = async (): Promise<unknown> => (await at.ask<{ items: unknown[] }>("GET /entries")).items[0];

beforeEach(async () => {
  at = await inCare();
  files = await policyDesk(at);
  for (const name of ["ann", "ben", "eve"]) await at.ask("PUT /approvers/{name}", { name, arn: `arn:aws:iam::111111111111:user/${name}` });
});
afterEach(() => files.close());

const everything =
  "--approver ann --approver ben --quorum 2 --open-days 2 --remind 1 --remind 5 --escalate-to eve --escalate-after 3 --silence reject --email-proof link --account-answers yes";
const words =
  "asks ann and ben, 2 must agree, reminds after 1, 5 hours, then asks eve after 3 hours, silence counts after 2 days, silence rejects, the link decides, an answer may speak for the account";

test.each(["ask", "allow"])("%s takes all that services set takes, and every command tells it", async (command) => {
  expect((await run(`${command} 333333333333 --service ${service} ${everything}`)).out).toContain(words);
  expect(await entry()).toMatchObject({
    asking: {
      approvers: ["ann", "ben"],
      quorum: 2,
      openDays: 2,
      remindHours: [1, 5],
      escalateTo: ["eve"],
      escalateAfterHours: 3,
      silence: "reject",
      emailProof: "link",
      accountAnswers: true,
    },
  });
  expect((await run(`show 333333333333 --service ${service}`)).out).toContain(words);
  expect((await run("list")).out).toContain("asks ann and ben");
  const exported = (await run("export")).out;
  expect(await files.apply(exported, "--check")).toMatchObject({ code: 0 });
  expect((await files.apply(exported.replace("silence: reject", "silence: keep"), "--yes")).err).toContain("silence reject → keep");
  expect(await entry()).toMatchObject({ asking: { silence: "keep", openDays: 2 } });
});

test("explain says whom the entry that decides asks, and how", async () => {
  await run(`ask 333333333333 --service ${service} --approver ann --silence reject`);
  expect((await run(`explain 333333333333 --service ${service}`)).out).toContain("asks ann, silence rejects");
  await run(`ask any --service ${service} --approver ben`);
  expect((await run(`explain 333333333333 --service ${service}`)).out).not.toContain("asks ben");
});

test("the word usual leaves a matter to the service", async () => {
  await run(`ask 333333333333 --service ${service} --approver usual --silence usual --open-days 3`);
  expect(await entry()).toMatchObject({ asking: { openDays: 3 } });
  expect(await entry()).not.toMatchObject({ asking: { silence: expect.anything() as unknown } });
});

test.each([
  ["--escalate-to zoe", 'asking.escalateTo: "zoe" is not valid; add them first with: drawbridge approvers add zoe'],
  ["--open-days 0", 'asking.openDays: "0" is not valid; give a whole number from 1 to 365'],
  ["--account-answers perhaps", "--account-answers takes yes or no"],
  ["--approver ann --quorum 2", 'asking.quorum: "2" is not valid; give at most 1'],
])("%s is refused", async (options, said) => {
  const { code, err } = await run(`ask 333333333333 --service ${service} ${options}`);
  expect(code).toBe(2);
  expect(err).toContain(said);
});
