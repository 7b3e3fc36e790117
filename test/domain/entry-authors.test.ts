// Who wrote an entry: everybody who wrote a version of it since it was last removed, and nobody who only answered.

import { expect, test } from "vitest";
import { authorsAfter, authorsIn } from "../../lib/entry-authors.ts";
import type { Actor, PolicyEvent } from "../../lib/events.ts";
import { minute, service } from "./given.ts";

const [zoe, bob] = ["arn:aws:iam::111111111111:user/zoe", "arn:aws:iam::111111111111:user/bob"];
const run = (id: number): string => `arn:aws:sts::111111111111:assumed-role/Pipeline/run-${String(id)}`;
const wrote = (type: "EntryAdded" | "EntryChanged" | "EntryRemoved", by: Actor): PolicyEvent => ({
  type,
  by,
  entry: { service, principal: "any", version: 1 },
  from: {},
  to: {},
  at: minute(0),
  because: { rule: "operator", detail: "a change" },
});
const operator = (arn: string): Actor => ({ kind: "operator", arn });
const ann: Actor = { kind: "approver", name: "ann", channel: "link", arn: "arn:aws:iam::111111111111:user/ann" };

test("each who wrote a version is one, a role once whoever assumes it", () => {
  expect(authorsAfter(undefined, zoe)).toEqual([zoe]);
  expect(authorsAfter({ authors: [zoe] }, bob)).toEqual([zoe, bob]);
  expect(authorsAfter({ authors: [zoe, run(1)] }, run(2))).toEqual([zoe, run(1)]);
});

test("the log tells the same, from the last removal on", () => {
  const added = wrote("EntryAdded", operator(zoe));
  const answered = wrote("EntryChanged", ann);
  const changed = wrote("EntryChanged", operator(bob));
  expect(authorsIn([added, answered])).toEqual([zoe]);
  expect(authorsIn([added, answered, changed, changed])).toEqual([zoe, bob]);
  expect(authorsIn([added, wrote("EntryRemoved", operator(bob)), wrote("EntryAdded", ann), changed])).toEqual([bob]);
});

test("an operator's own answer is none: what they answered for a week does not keep them from deciding afterwards", () => {
  const added = wrote("EntryAdded", operator(zoe));
  const answered = { ...wrote("EntryChanged", operator(bob)), because: { rule: "approvers", detail: "not a customer" } } as const;
  expect(authorsIn([added, answered])).toEqual([zoe]);
});
