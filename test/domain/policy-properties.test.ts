// What holds for every list, every consumer and every moment: nobody gets in by doubt, by order, or by a further reject.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { entryId, judge, type Circumstances, type Consumer, type Entry, type Membership, type Principal } from "../../lib/allow-list.ts";
import { conditions as all, type Conditions } from "../../lib/conditions.ts";
import { explain, explanationLines } from "../../lib/explain.ts";
import { instant, milliseconds } from "../../lib/ids.ts";
import { acme, endpoint, minute, service } from "./given.ts";
import { volume } from "../volume.ts";

const author = "arn:aws:iam::111111111111:user/alice";
const [inner, outer, organization] = ["ou-abcd-11111111", "ou-abcd-22222222", "o-abcdefghij"];
const member: Membership = { id: organization, units: [inner, outer] };
const principals: Principal[] = [
  `endpoint#${endpoint}`,
  `account#${acme}`,
  "account#333333333333",
  `ou#${inner}`,
  `ou#${outer}`,
  `org#${organization}`,
  "any",
];
const now = minute(0);

const conditionsArb: fc.Arbitrary<Conditions> = fc.record(
  {
    regions: fc.subarray(["eu-west-1", "us-east-1"], { minLength: 1 }),
    ipAddressTypes: fc.subarray(["ipv4", "dualstack"] as const, { minLength: 1 }),
    notBefore: fc.constantFrom(minute(-1), now, minute(1)),
    expires: fc.constantFrom(minute(-1), now, minute(1)),
    atMost: fc.integer({ min: 1, max: 3 }),
  },
  { requiredKeys: [] },
);
const entryArb: fc.Arbitrary<Entry> = fc
  .record({
    service: fc.constantFrom(service, "*" as const),
    principal: fc.constantFrom(...principals),
    verdict: fc.constantFrom("accept" as const, "ask" as const, "reject" as const),
    conditions: fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, conditionsArb),
    version: fc.integer({ min: 1, max: 9 }),
  })
  .map((some) => ({ ...some, author, at: minute(-9) }));
const listArb = fc.uniqueArray(entryArb, { selector: entryId, maxLength: 14 });
const consumerArb: fc.Arbitrary<Consumer> = fc.record(
  {
    service: fc.constant(service),
    endpoint: fc.constant(endpoint),
    account: fc.constant(acme),
    region: fc.constantFrom("eu-west-1", "us-east-1"),
    ipAddressType: fc.constantFrom("ipv4" as const, "dualstack" as const, "ipv6" as const),
    organization: fc.constantFrom<Membership>(member, "none", "unknown"),
  },
  { requiredKeys: ["service", "endpoint", "account"] },
);
const countsArb = fc
  .array(fc.tuple(fc.constantFrom(...principals), fc.integer({ min: 0, max: 4 })))
  .map((pairs): Circumstances => ({ counts: new Map(pairs.map(([principal, count]) => [entryId({ service, principal }), count])) }));
const verdict = (list: readonly Entry[], consumer: Consumer, circumstances: Circumstances): string =>
  judge(list, consumer, now, circumstances).verdict;
const runs = { numRuns: volume(1000, 3000) };

describe("for every list and every consumer", () => {
  test("the order of entries never matters", () => {
    fc.assert(
      fc.property(listArb, consumerArb, countsArb, (list, consumer, circumstances) => {
        expect(judge([...list].reverse(), consumer, now, circumstances)).toEqual(judge(list, consumer, now, circumstances));
      }),
      runs,
    );
  });

  test("a further reject entry, whatever its conditions, never lets anybody in", () => {
    fc.assert(
      fc.property(listArb, entryArb, consumerArb, countsArb, (list, one, consumer, circumstances) => {
        const more = [...list.filter((old) => entryId(old) !== entryId(one)), { ...one, verdict: "reject" as const }];
        const replaced = list.some((old) => entryId(old) === entryId(one));
        if (!replaced && verdict(list, consumer, circumstances) !== "accept")
          expect(verdict(more, consumer, circumstances)).not.toBe("accept");
      }),
      runs,
    );
  });

  test("turning an entry into a reject without conditions never lets anybody in", () => {
    fc.assert(
      fc.property(listArb, fc.nat(), consumerArb, countsArb, (list, pick, consumer, circumstances) => {
        const at = list.length === 0 ? -1 : pick % list.length;
        const turned = list.map((one, index): Entry => (index === at ? { ...one, verdict: "reject", conditions: {} } : one));
        if (verdict(list, consumer, circumstances) !== "accept") expect(verdict(turned, consumer, circumstances)).not.toBe("accept");
      }),
      runs,
    );
  });

  test("removing an accept that is satisfied lets nobody in who was not in before", () => {
    fc.assert(
      fc.property(listArb, consumerArb, countsArb, (list, consumer, circumstances) => {
        const before = judge(list, consumer, now, circumstances);
        for (const { entry, verdict: says, outcome } of before.findings) {
          if (says !== "accept" || outcome !== "applies") continue;
          const less = list.filter((one) => entryId(one) !== entryId(entry));
          if (before.verdict !== "accept") expect(verdict(less, consumer, circumstances)).not.toBe("accept");
        }
      }),
      runs,
    );
  });

  test("knowing less never lets anybody in", () => {
    fc.assert(
      fc.property(listArb, consumerArb, countsArb, (list, consumer, circumstances) => {
        if (verdict(list, consumer, circumstances) === "accept") return;
        const { region: _region, ipAddressType: _type, ...without } = consumer;
        const less: Consumer = { ...without, ...(consumer.organization === undefined ? {} : { organization: "unknown" }) };
        expect(verdict(list, less, circumstances)).not.toBe("accept");
        expect(verdict(list, less, {})).not.toBe("accept");
      }),
      runs,
    );
  });

  test("who is accepted matches an accept entry all of whose conditions hold, and no reject that applies or might", () => {
    fc.assert(
      fc.property(listArb, consumerArb, countsArb, (list, consumer, circumstances) => {
        const judgement = judge(list, consumer, now, circumstances);
        if (judgement.verdict !== "accept") return;
        const [first] = judgement.findings;
        expect(first).toMatchObject({ decides: true, verdict: "accept", outcome: "applies" });
        expect(first?.checks.every(({ result }) => result === "holds")).toBe(true);
        expect(judgement.findings.filter((one) => one.verdict === "reject").every(({ outcome }) => outcome === "condition-fails")).toBe(
          true,
        );
      }),
      runs,
    );
  });

  test("a freeze accepts nobody and changes nothing else", () => {
    fc.assert(
      fc.property(listArb, consumerArb, countsArb, (list, consumer, circumstances) => {
        const thawed = verdict(list, consumer, circumstances);
        expect(verdict(list, consumer, { ...circumstances, frozen: "an incident" })).toBe(thawed === "accept" ? "ask" : thawed);
      }),
      runs,
    );
  });

  test("its explanation names one deciding entry with version and author, why each other is beaten, and what every condition saw", () => {
    fc.assert(
      fc.property(listArb, consumerArb, countsArb, (list, consumer, circumstances) => {
        const judgement = judge(list, consumer, now, circumstances);
        const { entries, verdict: said, headline } = explain(judgement);
        expect(said).toBe(judgement.verdict);
        expect(entries.filter(({ decides }) => decides)).toHaveLength(entries.length === 0 ? 0 : 1);
        for (const { entry, conditions, why, decides, words, author: by } of entries) {
          expect(why).not.toBe("");
          if (entry === undefined) continue;
          const written = list.find((one) => entryId(one) === entryId(entry));
          expect(by).toBe(author);
          expect(words).toContain(`version ${String(written?.version)}`);
          expect(conditions).toHaveLength(Object.keys(written?.conditions ?? {}).length);
          if (decides) expect(headline).toContain(words);
        }
        const lines = explanationLines(explain(judgement));
        expect(lines).toHaveLength(1 + entries.reduce((sum, { conditions }) => sum + 2 + conditions.length, 0));
      }),
      runs,
    );
  });
});

describe("each condition: holds, fails, at its border, and unknown", () => {
  const consumer: Consumer = { service, endpoint, account: acme, region: "eu-west-1", ipAddressType: "ipv4" };
  const unknown: Consumer = { service, endpoint, account: acme };
  const says = (conditions: Conditions, who: Consumer = consumer, circumstances: Circumstances = { counts: new Map() }, at = now): string =>
    judge(
      [{ service, principal: `account#${acme}`, verdict: "accept", conditions, version: 1, author, at: minute(-9) }],
      who,
      at,
      circumstances,
    ).verdict;
  const ms = (by: number) => instant(milliseconds(now) + by);
  const counts = (count: number): Circumstances => ({ counts: new Map([[`${service}/account#${acme}`, count]]) });

  test("there is no condition that is not tried here", () => {
    expect(all).toHaveLength(5);
  });

  test("not before: from that very millisecond on", () => {
    expect(says({ notBefore: ms(1) })).toBe("ask");
    expect(says({ notBefore: now })).toBe("accept");
  });

  test("expires: the instant itself is too late", () => {
    expect(says({ expires: ms(1) })).toBe("accept");
    expect(says({ expires: now })).toBe("ask");
  });

  test("Regions: each that is named, no other, and not one that AWS does not say", () => {
    const both = { regions: ["eu-west-1", "us-east-1"] };
    expect(says(both)).toBe("accept");
    expect(says(both, { ...consumer, region: "us-east-1" })).toBe("accept");
    expect(says(both, { ...consumer, region: "eu-west-2" })).toBe("ask");
    expect(says(both, unknown)).toBe("ask");
  });

  test("IP address types: the same", () => {
    expect(says({ ipAddressTypes: ["ipv4", "dualstack"] })).toBe("accept");
    expect(says({ ipAddressTypes: ["dualstack"] })).toBe("ask");
    expect(says({ ipAddressTypes: ["ipv4"] }, unknown)).toBe("ask");
  });

  test("at most n: the n-th gets in, the next one does not, and nobody where nobody counted", () => {
    expect(says({ atMost: 3 }, consumer, counts(2))).toBe("accept");
    expect(says({ atMost: 3 }, consumer, counts(3))).toBe("ask");
    expect(says({ atMost: 3 }, consumer, counts(4))).toBe("ask");
    expect(says({ atMost: 3 }, consumer, {})).toBe("ask");
  });
});

describe("entries for units and organizations", () => {
  const consumer: Consumer = { service, endpoint, account: acme, organization: member };
  const entry = (principal: Principal, more: Partial<Entry> = {}): Entry => ({
    service,
    principal,
    verdict: "accept",
    conditions: {},
    version: 1,
    author,
    at: minute(-9),
    ...more,
  });
  const marks = (here: number, rejects = 0): Circumstances => ({
    units: { here: { entries: here, rejects }, everywhere: { entries: 0, rejects: 0 } },
  });
  const lost: Consumer = { ...consumer, organization: "unknown" };

  test("the nearest unit decides before its parent, that before the organization, that before anyone", () => {
    const order: Principal[] = [`account#${acme}`, `ou#${inner}`, `ou#${outer}`, `org#${organization}`, "any"];
    for (const [index, principal] of order.entries()) {
      const list = order.slice(index).map((one) => entry(one, { verdict: one === principal ? "accept" : "ask" }));
      expect(judge(list, consumer, now)).toMatchObject({ verdict: "accept", entry: { principal } });
    }
  });

  test("they speak of nobody outside", () => {
    expect(judge([entry(`org#${organization}`)], { ...consumer, organization: "none" }, now)).toMatchObject({
      verdict: "ask",
      findings: [],
    });
  });

  test("membership that is not known asks where such an entry could decide, and says so", () => {
    const judgement = judge([entry("any")], lost, now, marks(1));
    expect(judgement).toMatchObject({ verdict: "ask", because: { rule: "condition" } });
    expect(judgement.entry).toBeUndefined();
    expect(judgement.because.detail).toContain("AWS Organizations could not say");
    expect(explanationLines(explain(judgement)).join("\n")).toContain("entries for organizational units and organizations");
    expect(judge([entry(`account#${acme}`)], lost, now, marks(1)).verdict).toBe("accept");
    expect(judge([entry(`account#${acme}`)], lost, now, marks(1, 1)).verdict).toBe("ask");
    expect(judge([entry(`account#${acme}`, { verdict: "reject" })], lost, now, marks(1, 1)).verdict).toBe("reject");
    expect(judge([entry("any")], lost, now, marks(0)).verdict).toBe("accept");
  });

  test("a name of many is nobody's label", () => {
    for (const principal of ["any", `org#${organization}`, `ou#${inner}`] as const) {
      expect(judge([entry(principal, { name: "Partners" })], consumer, now).label).toBeUndefined();
      expect(judge([entry(principal, { label: "partners" })], consumer, now).label).toBe("partners");
    }
    expect(judge([entry(`account#${acme}`, { name: "Zażółć Gęślą" })], consumer, now).label).toBe("zazo-c-gesla");
  });
});
