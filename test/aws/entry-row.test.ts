// Whatever an operator may say of an entry can be read again: an input that the row could not hold would stop every decision it bears on.

import fc from "fast-check";
import { expect, test } from "vitest";
import type { Entry } from "../../lib/allow-list.ts";
import { entryRow, findListed, readListed } from "../../lib/aws/entry-row.ts";
import { asStored, readItem, writeItem } from "../../lib/aws/item.ts";
import { recordRow } from "../../lib/aws/record-row.ts";
import { BadInput, UnreadableRow } from "../../lib/faults.ts";
import type { Instant } from "../../lib/ids.ts";
import { putEntry, read } from "../../lib/operator/inputs.ts";
import { noHead } from "../../lib/ledger.ts";
import { acme, entry, entryEvent, noon } from "../contracts/samples.ts";

const two = (number: number): string => String(number).padStart(2, "0");
const time = fc
  .tuple(
    fc.oneof(fc.constantFrom(0, 1, 9999, 9998), fc.integer({ min: 0, max: 9999 })),
    fc.integer({ min: 0, max: 13 }),
    fc.integer({ min: 0, max: 32 }),
    fc.constantFrom("", "T00:00:00Z", "T00:00:00+14:00", "T23:59:59-14:00", "T24:00:00Z", "T12:00:00.123456Z"),
  )
  .map(([year, month, day, rest]) => `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}${rest}`);
const words = fc.oneof(fc.string({ maxLength: 40 }), fc.constantFrom("acme", "日本", "x".repeat(256)));
const disconnect = fc.constantFrom("keep", "now", "1h", "365d", "8760h", { afterHours: 1 });
const said = fc.record(
  {
    service: fc.constantFrom("*", "vpce-svc-0123456789abcdef0", "vpce-svc-01234567"),
    principal: fc.constantFrom("222222222222", "vpce-01234567", "any", "ou-ab12-cdefgh34", "o-abcdefghij", "account#222222222222"),
    verdict: fc.constantFrom("accept", "ask", "reject"),
    conditions: fc.record(
      {
        regions: fc.array(fc.constantFrom("eu-west-1", "us-gov-east-1", "cn-north-1"), { maxLength: 4 }),
        ipAddressTypes: fc.array(fc.constantFrom("ipv4", "dualstack", "ipv6"), { maxLength: 4 }),
        notBefore: time,
        expires: time,
        atMost: fc.oneof(fc.integer({ min: 0, max: 1_000_001 }), fc.constant("7")),
      },
      { requiredKeys: [] },
    ),
    name: words,
    label: fc.constantFrom("acme", "a-b", "-a"),
    vpc: fc.constant({ id: "vpc-0123456789abcdef0", region: "eu-west-1" }),
    contact: words,
    purpose: words,
    ticket: words,
    labels: fc.dictionary(fc.constantFrom("team", "a/b", "x y"), words, { maxKeys: 3 }),
    asking: fc.record({ approvers: fc.constantFrom(["ann"], []), quorum: fc.integer({ min: 0, max: 21 }) }, { requiredKeys: [] }),
    onExpiry: disconnect,
    disconnect,
  },
  { requiredKeys: ["service", "principal", "verdict"] },
);

test("what the inputs take, the row gives back", () => {
  let taken = 0;
  fc.assert(
    fc.property(said, (given) => {
      let entry: Entry;
      try {
        const { confirm: _confirm, preview: _preview, merge: _merge, tellContact: _tells, ...said } = read(putEntry, given);
        entry = { ...said, version: 1, author: "arn:aws:iam::111111111111:user/alice", at: noon };
      } catch (error) {
        expect(error).toBeInstanceOf(BadInput);
        return;
      }
      taken += 1;
      expect(readListed("AllowList", asStored(entryRow(entry)))).toEqual({ ...entry });
    }),
    { numRuns: 4000 },
  );
  expect(taken).toBeGreaterThan(300);
});

test("a record that its reader would not take is not written", () => {
  const after = entry(acme, 1, { conditions: { notBefore: "-000001-12-31T10:00:00.000Z" as Instant } });
  const change = { of: "entry", key: after, after, events: [entryEvent("EntryAdded", after)], expected: noHead } as const;
  expect(() => recordRow("AllowList", change, noHead)).toThrow(UnreadableRow);
  expect(recordRow("AllowList", { ...change, after: entry(acme, 1) }, noHead)).toMatchObject({ version: 1 });
});

test.each([
  ["in its conditions", { conditions: { M: { expires: { B: new Uint8Array([1]) } } } }, "conditions: an attribute of the kind B"],
  ["beside what it says", { note: { SS: ["a"] } }, "note: an attribute of the kind SS"],
  ["in a list", { authors: { L: [{ S: "ann" }, { NS: ["1"] }] } }, "authors: an attribute of the kind NS"],
])("an attribute of a kind that we never write, %s, spoils its own row and no other", (_, spoilt, why) => {
  const row = { ...writeItem(entryRow(entry(acme, 1))), ...spoilt };
  const found = findListed("AllowList", readItem(row));
  expect(found).toMatchObject({ service: entry(acme, 1).service, unreadable: expect.stringContaining(why) as string });
  expect(() => readListed("AllowList", readItem(row))).toThrow(UnreadableRow);
  // The log keeps the row as it was when it is removed.
  expect(JSON.stringify(asStored(found))).toContain("an attribute of the kind");
});
