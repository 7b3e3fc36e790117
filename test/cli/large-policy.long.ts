// The policy file at its documented ends: 100,000 entries, and 2,000 whose every text is at its longest.
import { afterEach, beforeEach, test } from "vitest";
import { inCare, service, type Desk } from "../operator/desk.ts";
import { accounts, expectApplied } from "./large-policy.ts";
import { longestPolicy } from "./longest-policy.ts";
import { policyDesk, type PolicyDesk } from "./policy-desk.ts";

let at: Desk;
let files: PolicyDesk;

beforeEach(async () => {
  at = await inCare();
  files = await policyDesk(at);
});
afterEach(() => files.close());

const many = (count: number): string =>
  `entries:\n${Array.from({ length: count }, (_, index) => `  - { service: ${service}, principal: "${accounts(index)}", verdict: accept, name: consumer ${String(index)} }\n`).join("")}`;

test.each([
  ["100,000 entries", 100_000, () => many(100_000)],
  ["2,000 of the longest entries", 2000, () => longestPolicy(service, 2000, accounts)],
])("%s are planned, previewed and applied, and then nothing is left to do", async (_name, count, policy) => {
  await expectApplied(at, files, policy(), count);
});
