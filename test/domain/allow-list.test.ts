// The allow-list's verdicts: which entry decides, and that doubt never lets anybody in.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { candidateKeys, judge, labelOf, type Consumer, type Entry, type Principal } from "../../lib/allow-list.ts";
import { acme, endpoint, minute, service } from "./given.ts";

const consumer: Consumer = { service, endpoint, account: acme, region: "eu-west-1", ipAddressType: "ipv4" };
const entry = (more: Partial<Entry>): Entry => ({
  service,
  principal: `account#${acme}`,
  verdict: "accept",
  conditions: {},
  version: 1,
  author: "arn:alice",
  at: minute(-9),
  ...more,
});
const verdict = (entries: readonly Entry[], at: Consumer = consumer, now = minute(0)): string => judge(entries, at, now).verdict;

describe("which entry decides", () => {
  test("no entry: ask", () => {
    expect(judge([], consumer, minute(0))).toMatchObject({ verdict: "ask", because: { rule: "no-entry" }, findings: [] });
  });

  test("the account's entry decides, and is named with its version", () => {
    expect(judge([entry({ name: "acme", version: 3 })], consumer, minute(0))).toMatchObject({
      verdict: "accept",
      because: { rule: "entry", detail: "account 222222222222 (acme) at vpce-svc-0123456789abcdef0: accept, version 3" },
      entry: { service, principal: "account#222222222222", version: 3 },
      label: "acme",
    });
  });

  test("a reject entry that applies wins at any level", () => {
    expect(verdict([entry({}), entry({ service: "*", principal: "any", verdict: "reject" })])).toBe("reject");
  });

  test("this service before every service, endpoint before account before anyone", () => {
    expect(verdict([entry({ principal: "any", verdict: "ask" }), entry({ service: "*", principal: `endpoint#${endpoint}` })])).toBe("ask");
    expect(verdict([entry({ verdict: "ask" }), entry({ principal: `endpoint#${endpoint}` })])).toBe("accept");
    expect(verdict([entry({}), entry({ principal: "any", verdict: "ask" })])).toBe("accept");
  });

  test("an answer that has run out gives its place back: to the entry that was there, or to none", () => {
    const asks = { verdict: "ask", conditions: { regions: ["us-east-1"] }, author: "arn:zoe", at: minute(-99), name: "acme" } as const;
    const answer = {
      verdict: "reject",
      conditions: { expires: minute(1) },
      author: "approver ann",
      authors: ["arn:zoe"],
      version: 2,
    } as const;
    const everybody = entry({ principal: "any" });
    for (const [afterwards, then, because] of [
      ["nothing", "accept", "entry"],
      [asks, "ask", "condition"],
    ] as const) {
      const list = [entry({ ...answer, afterwards }), everybody];
      expect(verdict(list)).toBe("reject");
      expect(judge(list, consumer, minute(1))).toMatchObject({ verdict: then, because: { rule: because } });
    }
    expect(judge([entry({ ...answer, afterwards: asks })], consumer, minute(1)).findings).toMatchObject([
      { entry: { version: 2 }, author: "arn:zoe", authors: ["arn:zoe"], at: minute(-99) },
    ]);
    // An operator's own entry that expires still stands in the way of a wider one.
    expect(verdict([entry({ conditions: { expires: minute(1) } }), everybody], consumer, minute(1))).toBe("ask");
  });

  test("frozen: what would be accepted is asked about, what is rejected stays rejected", () => {
    expect(judge([entry({})], consumer, minute(0), { frozen: "the service is frozen" })).toMatchObject({
      verdict: "ask",
      because: { rule: "frozen" },
    });
    expect(judge([entry({ verdict: "reject" })], consumer, minute(0), { frozen: "frozen" }).verdict).toBe("reject");
  });
});

describe("conditions", () => {
  test.each([
    ["before its time", { notBefore: minute(1) }, "ask"],
    ["at the very instant it begins", { notBefore: minute(0) }, "accept"],
    ["a minute before it expires", { expires: minute(1) }, "accept"],
    ["the instant it expires", { expires: minute(0) }, "ask"],
    ["in one of its Regions", { regions: ["us-east-1", "eu-west-1"] }, "accept"],
    ["in another Region", { regions: ["us-east-1"] }, "ask"],
    ["of its address type", { ipAddressTypes: ["ipv4"] }, "accept"],
    ["of another address type", { ipAddressTypes: ["dualstack"] }, "ask"],
  ] as const)("%s", (_, conditions, expected) => {
    expect(verdict([entry({ conditions })])).toBe(expected);
  });

  test("a condition that fails never falls through to a wider entry", () => {
    expect(verdict([entry({ conditions: { expires: minute(-1) } }), entry({ principal: "any" })])).toBe("ask");
  });

  test("what cannot be known is asked about", () => {
    const unknown: Consumer = { service, endpoint, account: acme };
    expect(verdict([entry({ conditions: { regions: ["eu-west-1"] } })], unknown)).toBe("ask");
    expect(verdict([entry({ verdict: "reject", conditions: { ipAddressTypes: ["ipv4"] } })], unknown)).toBe("ask");
  });

  test("the explanation shows each condition's value, and which entry was beaten", () => {
    const { findings, because } = judge(
      [entry({ conditions: { regions: ["us-east-1"] } }), entry({ principal: "any" })],
      consumer,
      minute(0),
    );
    expect(findings).toMatchObject([
      { decides: true, outcome: "condition-fails", checks: [{ condition: "region", result: "fails", saw: "eu-west-1, wanted us-east-1" }] },
      { decides: false, outcome: "applies" },
    ]);
    expect(because.detail).toContain("region: eu-west-1, wanted us-east-1");
  });
});

describe("labels", () => {
  test.each([
    [{ name: "acme" }, "acme"],
    [{ name: "ACME Corp. (EU)" }, "acme-corp-eu"],
    [{ name: "acme", label: "payments" }, "payments"],
    [{ name: "---" }, undefined],
    [{}, undefined],
  ])("%o gives %s", (from, label) => {
    expect(labelOf(from)).toBe(label);
  });
});

describe("for every list", () => {
  const principals: Principal[] = [
    `endpoint#${endpoint}`,
    "endpoint#vpce-0bbbbbbbbbbbbbbbb",
    `account#${acme}`,
    "account#333333333333",
    "any",
  ];
  const entryArb = fc.record({
    service: fc.constantFrom(service, "*" as const),
    principal: fc.constantFrom(...principals),
    verdict: fc.constantFrom("accept" as const, "ask" as const, "reject" as const),
    expired: fc.boolean(),
  });
  const listArb = fc
    .uniqueArray(entryArb, { selector: ({ service, principal }) => `${service}/${principal}`, maxLength: 10 })
    .map((entries) => entries.map(({ expired, ...rest }) => entry({ ...rest, conditions: expired ? { expires: minute(-1) } : {} })));

  test("the order of entries never matters", () => {
    fc.assert(
      fc.property(listArb, (entries) => {
        expect(judge([...entries].reverse(), consumer, minute(0))).toEqual(judge(entries, consumer, minute(0)));
      }),
    );
  });

  test("a further reject entry never lets anybody in", () => {
    fc.assert(
      fc.property(listArb, fc.constantFrom(...principals), fc.constantFrom(service, "*" as const), (entries, principal, at) => {
        const more = [
          ...entries.filter((old) => old.principal !== principal || old.service !== at),
          entry({ service: at, principal, verdict: "reject" }),
        ];
        if (verdict(entries) !== "accept") expect(verdict(more)).not.toBe("accept");
      }),
    );
  });

  test("only the candidate keys matter, so a decision reads exactly those", () => {
    const keys = new Set(candidateKeys(consumer).map(({ service, principal }) => `${service}/${principal}`));
    expect(keys.size).toBe(6);
    fc.assert(
      fc.property(listArb, (entries) => {
        const read = entries.filter((one) => keys.has(`${one.service}/${one.principal}`));
        expect(judge(read, consumer, minute(0))).toEqual(judge(entries, consumer, minute(0)));
      }),
    );
  });

  test("nobody is accepted but by an accept entry that matches and whose conditions hold", () => {
    fc.assert(
      fc.property(listArb, (entries) => {
        const { verdict: said, findings } = judge(entries, consumer, minute(0));
        if (said !== "accept") return;
        expect(findings.find(({ decides }) => decides)).toMatchObject({ verdict: "accept", outcome: "applies" });
        expect(findings.some((finding) => finding.verdict === "reject" && finding.outcome === "applies")).toBe(false);
      }),
    );
  });
});
