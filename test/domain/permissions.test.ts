// Whom an endpoint service's permissions let ask, as the allow-list says; what others put there is left alone.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judge, type Entry, type Principal } from "../../lib/allow-list.ts";
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

  test("a reject of some Regions or address types leaves those who come from elsewhere their right to ask", () => {
    for (const conditions of [{ regions: ["us-east-1"] }, { ipAddressTypes: ["ipv6"] }] as const) {
      const some = entry(`account#${acme}`, { service: "*", verdict: "reject", conditions });
      expect(wantedAccounts([entry(`account#${acme}`), some], minute(0))).toEqual({ accounts: [acme] });
      expect(wantedAccounts([some], minute(0))).toEqual({ accounts: [] });
    }
    const timed = entry(`account#${acme}`, { service: "*", verdict: "reject", conditions: { notBefore: minute(1), expires: minute(9) } });
    expect(wantedAccounts([entry(`account#${acme}`), timed], minute(0))).toEqual({ accounts: [acme] });
    expect(wantedAccounts([entry(`account#${acme}`), timed], minute(1))).toEqual({ accounts: [] });
  });

  test("for every list: who is let in or asked about from anywhere may ask, and nobody else whom no wider entry speaks of", () => {
    const principal = fc.constantFrom<Principal>(`account#${acme}`, `account#${globex}`);
    const one = fc.record({
      principal,
      service: fc.constantFrom(service, "*" as const),
      verdict: fc.constantFrom("accept" as const, "ask" as const, "reject" as const),
      conditions: fc.constantFrom<Entry["conditions"][]>(
        {},
        {},
        { regions: ["eu-west-1"] },
        { regions: ["us-east-1"] },
        { ipAddressTypes: ["ipv4"] },
        { expires: minute(0) },
        { notBefore: minute(1) },
      ),
    });
    fc.assert(
      fc.property(fc.uniqueArray(one, { maxLength: 4, selector: (it) => `${it.service} ${it.principal}` }), (said) => {
        const list = said.map((it) => entry(it.principal, it));
        const wanted = wantedAccounts(list, minute(0));
        if ("cannot" in wanted) throw new Error(wanted.cannot);
        for (const account of [acme, globex]) {
          const verdicts = ["eu-west-1", "us-east-1", "ap-south-1"].flatMap((region) =>
            (["ipv4", "ipv6"] as const).map((ipAddressType) => judge(list, { service, account, region, ipAddressType }, minute(0))),
          );
          const named = (verdict: Entry["verdict"][]): boolean =>
            verdicts.some(({ findings }) =>
              findings.some(
                (it) =>
                  verdict.includes(it.verdict) &&
                  it.checks.every(({ condition, result }) => result === "holds" || !/before|expires/.test(condition)),
              ),
            );
          const isLet = named(["accept", "ask"]) && verdicts.some(({ verdict }) => verdict !== "reject");
          expect(wanted.accounts.includes(account)).toBe(isLet);
        }
      }),
      { numRuns: 2000 },
    );
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
