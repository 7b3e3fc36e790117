// What the log says of a ground, as people read it: every ground that a judgement comes to, and the ends of entries.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { described, judge, type Entry } from "../../lib/allow-list.ts";
import type { Instant } from "../../lib/ids.ts";
import { plain, plainly, whyAsked } from "../../lib/plain-words.ts";
import { acme, service } from "./given.ts";

const now = "2026-12-05T22:14:07.456Z" as Instant;
const entry = (more: Partial<Entry> = {}): Entry => ({
  service,
  principal: `account#${acme}`,
  verdict: "accept",
  conditions: {},
  version: 3,
  author: "arn:aws:iam::111111111111:user/alice",
  at: "2026-11-23T12:00:00.000Z" as Instant,
  name: "acme",
  ...more,
});
const why = (entries: readonly Entry[], consumer: object = {}, circumstances: Parameters<typeof judge>[3] = {}): string =>
  whyAsked(judge(entries, { service, account: acme, ...consumer }, now, { counts: new Map(), ...circumstances }).because);

describe("why people are asked", () => {
  test.each<[string, string]>([
    ["Nothing on the allow-list matches this account.", why([])],
    [`An entry for account ${acme} (acme) says that people decide.`, why([entry({ verdict: "ask" })])],
    [
      "An entry for everybody at every service says that people decide.",
      why([entry({ verdict: "ask", principal: "any", service: "*", name: undefined } as never)]),
    ],
    [
      `An entry for account ${acme} (acme) would accept it, but it is in us-east-1, and the entry wants eu-west-1 or eu-west-2.`,
      why([entry({ conditions: { regions: ["eu-west-1", "eu-west-2"] } })], { region: "us-east-1" }),
    ],
    [
      `An entry for account ${acme} (acme) would accept it, but its Region is not known, and the entry wants eu-west-1; its IP address type is not known, and the entry wants ipv4.`,
      why([entry({ conditions: { regions: ["eu-west-1"], ipAddressTypes: ["ipv4"] } })]),
    ],
    [
      `An entry for account ${acme} (acme) would accept it, but it expired on 1 Dec 2026, 00:00 UTC.`,
      why([entry({ conditions: { expires: "2026-12-01T00:00:00.000Z" as Instant } })]),
    ],
    [
      `An entry for account ${acme} (acme) would accept it, but it begins only on 7 Dec 2026, 08:30 UTC.`,
      why([entry({ conditions: { notBefore: "2026-12-07T08:30:30.000Z" as Instant } })]),
    ],
    [
      `An entry for account ${acme} (acme) would accept it, but the entry holds 2 already, and no more than 2.`,
      why([entry({ conditions: { atMost: 2 } })], {}, { counts: new Map([[`${service}/account#${acme}`, 2]]) }),
    ],
    [
      `An entry for account ${acme} (acme) would accept it, but the service is frozen since 5 Dec 2026, 21:00 UTC: incident 42.`,
      why([entry()], {}, { frozen: "the service is frozen since 5 Dec 2026, 21:00 UTC: incident 42" }),
    ],
    [
      `An entry for account ${acme} (acme) would accept it, but an entry for its organizational unit or organization might reject it: AWS Organizations could not say where the account belongs.`,
      why([entry()], { organization: "unknown" }),
    ],
    [
      `An entry for account ${acme} (acme) would accept it, but an entry for everybody might reject it: its Region is not known, and the entry wants eu-west-1.`,
      why([entry(), entry({ principal: "any", verdict: "reject", conditions: { regions: ["eu-west-1"] }, name: undefined } as never)]),
    ],
  ])("%s", (words, said) => {
    expect(said).toBe(words);
  });
});

test("an entry that ended, as the log has it", () => {
  expect(plain(`${described(entry())}, expired at 2026-12-01T00:00:00.000Z: its connections are cut`)).toBe(
    `the entry for account ${acme} (acme) expired on 1 Dec 2026, 00:00 UTC: its connections are cut`,
  );
  expect(plain(`the entry for account ${acme} was removed at 2026-12-01T10:20:30.456Z: its connections are cut`)).toBe(
    `the entry for account ${acme} was removed on 1 Dec 2026, 10:20 UTC: its connections are cut`,
  );
});

test("no entry keeps its version, and none is lost; a person's own words stay as they are", () => {
  const kinds = fc.constantFrom(
    "account#222222222222",
    "endpoint#vpce-0123456789abcdef0",
    "ou#ou-ab12-11111111",
    "org#o-abcdefghij",
    "any",
  );
  fc.assert(
    fc.property(
      kinds,
      fc.constantFrom("accept", "ask", "reject"),
      fc.option(fc.string({ unit: "grapheme", minLength: 1 })),
      (principal, verdict, name) => {
        const detail = described({ service, verdict, version: 3, principal, ...(name === null ? {} : { name }) });
        const words = plain(detail);
        expect(words).not.toContain(", version 3");
        expect(words).toMatch(/^an entry for (account|endpoint|organizational unit|organization|everybody)/);
        const by = { kind: "operator", arn: "arn:aws:iam::111111111111:user/alice" } as const;
        expect(plainly({ by, because: { rule: "operator", detail } }).because.detail).toBe(detail);
      },
    ),
  );
});
