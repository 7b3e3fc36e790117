// A policy file whose every entry is as long as an entry can be.

import { stringify } from "yaml";

/** As many bytes as characters can have: those beyond count twice. */
const text = "界".repeat(256);
const fifty = (name: (index: number) => string): string[] => Array.from({ length: 50 }, (_, index) => name(index));

export const longestPolicy = (service: string, count: number, account: (index: number) => string): string =>
  stringify(
    {
      entries: Array.from({ length: count }, (_, index) => ({
        service,
        principal: account(index),
        verdict: "accept",
        name: text,
        label: String(index).padStart(63, "a"),
        vpc: { id: "vpc-0123456789abcdef0", region: "eu-west-1" },
        contact: text,
        purpose: text,
        ticket: text,
        labels: Object.fromEntries(Array.from({ length: 20 }, (_, number) => [String(number).padStart(64, "k"), text])),
        conditions: {
          regions: ["eu-west-1", ...fifty((number) => `us-${"x".repeat(20)}-${String(number)}`).slice(1)],
          ipAddressTypes: ["ipv4", "dualstack", "ipv6"],
          notBefore: "2026-01-01",
          expires: "2099-12-31T18:00:00Z",
          atMost: 1_000_000,
        },
        asking: {
          approvers: ["a", "b"],
          quorum: 2,
          openDays: 365,
          remindHours: Array.from({ length: 50 }, (_, number) => 8000 + number),
          escalateTo: ["a"],
          escalateAfterHours: 8760,
          silence: "reject",
          emailProof: "link",
          accountAnswers: true,
        },
        onExpiry: "365d",
      })),
    },
    { lineWidth: 0 },
  );
