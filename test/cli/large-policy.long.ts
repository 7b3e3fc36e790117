// The policy file at its documented ends: 100,000 entries, and 2,000 whose every text is at its longest.
import { afterEach, beforeEach, expect, test } from "vitest";
import { accountOf } from "../fakes/endpoint-services.ts";
import { inCare, service, type Desk } from "../operator/desk.ts";
import { longestPolicy } from "./longest-policy.ts";
import { policyDesk, type PolicyDesk } from "./policy-desk.ts";

/** The first few are connected. */
const accounts = (index: number): string => (index < 3 ? accountOf(index + 1) : String(500_000_000_000 + index));

let at: Desk;
let files: PolicyDesk;

beforeEach(async () => {
  at = await inCare();
  files = await policyDesk(at);
  for (const name of ["a", "b"]) await at.ask("PUT /approvers/{name}", { name, email: `${name}@example.com` });
  for (let number = 1; number <= 3; number += 1) at.connect(number, number);
  await at.admit();
});
afterEach(() => files.close());

const many = (count: number): string =>
  `entries:\n${Array.from({ length: count }, (_, index) => `  - { service: ${service}, principal: "${accounts(index)}", verdict: accept, name: consumer ${String(index)} }\n`).join("")}`;

test.each([
  ["100,000 entries", 100_000, () => many(100_000)],
  ["2,000 of the longest entries", 2000, () => longestPolicy(service, 2000, accounts)],
])("%s are planned, previewed and applied, and then nothing is left to do", async (_name, count, policy) => {
  const text = policy();
  const check = await files.apply(text, "--check");
  expect(check).toMatchObject({ code: 1, err: expect.stringContaining("What would follow: 3 accepted.") });
  expect(check.out).toContain(`${String(count)} to add`);
  expect(await files.apply(text, "--yes")).toMatchObject({
    code: 0,
    out: expect.stringContaining(`Done: entries ${String(count)} added.`),
  });
  await at.admit();
  expect(at.types().filter((type) => type === "ConnectionApproved")).toHaveLength(3);
  const committed = at.world.tables.committed.length;
  expect(await files.apply(text, "--yes")).toMatchObject({ code: 0, out: "Nothing to do: the policy is as the file says.\n" });
  expect(await files.apply(text, "--check")).toMatchObject({ code: 0 });
  expect(at.world.tables.committed).toHaveLength(committed);
});
