// Whom an endpoint service's permissions let ask, as the allow-list says; what others put there is left alone.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Entry, Principal } from "../../lib/allow-list.ts";
import { accountId, instant, milliseconds } from "../../lib/ids.ts";
import { accountsMax, permissionChanges, wantedAccounts, type Permit } from "../../lib/permissions.ts";
import { acme, minute, service } from "./given.ts";

const entry = (principal: Principal, more: Partial<Entry> = {}): Entry => ({
  service,
  principal,
  verdict: "accept",
  conditions: {},
  version: 1,
  author: "arn:alice",
  at: minute(-9),
  ...more,
});
const globex = accountId("333333333333");

describe("who may ask", () => {
  test("whoever the list accepts or asks about, at the service and everywhere; not whom it rejects", () => {
    const list = [
      entry(`account#${acme}`),
      entry(`account#${globex}`, { service: "*", verdict: "ask" }),
      entry("account#444444444444", { verdict: "reject" }),
      entry("account#444444444444", { service: "*" }),
      entry("any", { verdict: "reject" }),
      entry("endpoint#vpce-0aaaaaaaaaaaaaaaa"),
    ];
    expect(wantedAccounts(list, minute(0))).toEqual({ accounts: [acme, globex] });
  });

  test("an entry that has expired or has not begun speaks of nobody", () => {
    const over = entry(`account#${acme}`, { conditions: { expires: minute(0) } });
    const ahead = entry(`account#${globex}`, { conditions: { notBefore: minute(1) } });
    expect(wantedAccounts([over, ahead], minute(0))).toEqual({ accounts: [] });
    expect(wantedAccounts([over, ahead], minute(-1))).toEqual({ accounts: [acme] });
    expect(wantedAccounts([over, ahead], minute(1))).toEqual({ accounts: [globex] });
  });

  test("whom an answer kept quiet for a while is let ask again where an entry asked about them before", () => {
    const asks = { verdict: "ask", conditions: {}, author: "arn:alice", at: minute(-9) } as const;
    const answer = { verdict: "reject", conditions: { expires: minute(1) } } as const;
    const list = [
      entry(`account#${acme}`, { ...answer, afterwards: asks }),
      entry(`account#${globex}`, { ...answer, afterwards: "nothing" }),
    ];
    expect(wantedAccounts(list, minute(0))).toEqual({ accounts: [] });
    expect(wantedAccounts(list, minute(1))).toEqual({ accounts: [acme] });
  });

  test.each(["any", "ou#ou-abcd-12345678", "org#o-abcdefghij"] as const)("an entry for %s cannot be followed", (principal) => {
    expect(wantedAccounts([entry(`account#${acme}`), entry(principal, { verdict: "ask" })], minute(0))).toMatchObject({
      cannot: expect.stringContaining("names no accounts") as string,
    });
  });

  test("nor can more accounts than one look a minute bears", () => {
    const many = Array.from({ length: accountsMax + 1 }, (_, index) => entry(`account#${String(100_000_000_000 + index)}`));
    expect(wantedAccounts(many, minute(0))).toHaveProperty("cannot");
    expect(wantedAccounts(many.slice(1), minute(0))).toHaveProperty("accounts");
  });
});

describe("what changes", () => {
  const accounts = Array.from({ length: 6 }, (_, index) => accountId(String(index + 1).repeat(12)));
  const some = fc.subarray(accounts);

  test("for every list and whatever is there: all wanted may ask, only what was ours is taken back, and a second time does nothing", () => {
    fc.assert(
      fc.property(some, some, some, fc.boolean(), (wanted, there, ours, isLater) => {
        const now = instant(milliseconds(minute(0)) + (isLater ? 3_600_001 : 3_600_000));
        const permits = ours.map((account): Permit => ({ account, at: minute(0) }));
        const { add, remove, forget } = permissionChanges(wanted, { accounts: there, others: ["*"] }, permits, now);
        const after = new Set([...there.filter((one) => !remove.includes(one)), ...add]);
        for (const account of wanted) expect(after.has(account)).toBe(true);
        for (const account of remove) expect(ours.includes(account) && !wanted.includes(account)).toBe(true);
        for (const account of there) if (!ours.includes(account)) expect(after.has(account)).toBe(true);
        expect(forget.map(({ account }) => account)).toEqual(isLater ? ours.filter((account) => !wanted.includes(account)) : []);
        const left = [...permits.filter((one) => !forget.includes(one)), ...add.map((account): Permit => ({ account, at: now }))];
        expect(permissionChanges(wanted, { accounts: [...after], others: ["*"] }, left, now)).toEqual({ add: [], remove: [], forget: [] });
      }),
    );
  });
});
