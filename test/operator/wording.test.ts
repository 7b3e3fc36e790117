// The words people read: each event is a sentence of its own, and people are named as people name them.
import { expect, test } from "vitest";
import { moves } from "../../lib/connection-states.ts";
import type { ConnectionEvent, DrawbridgeEvent } from "../../lib/events.ts";
import { conditionWords, entryWords } from "../../lib/entry-words.ts";
import { actorWords, personWords, sentence } from "../../lib/wording.ts";
import { approver, asking, connected, given, minute, operator, requested, service, shows } from "../domain/given.ts";

const because = { rule: "entry", detail: `account 222222222222 (acme) at ${service}: accept, version 1` } as const;
const entry = { service, principal: "account#222222222222", version: 1 } as const;
const common = { at: minute(0), by: { kind: "entry", entry }, because } as const;

const told = (detail: string) => ({ by: operator, because: { rule: "operator", detail } }) as const;

test.each<[DrawbridgeEvent, string]>([
  [{ ...common, type: "ConnectionApproved", entry }, `accepted, because ${because.detail}`],
  [{ ...common, type: "ConnectionDenied", entry, revokes: true }, `revoked, because ${because.detail}`],
  [{ ...common, type: "ConnectionApproved", by: approver, reason: "known" }, "accepted by Ann (link): known"],
  [{ ...common, type: "ConnectionDenied", by: operator, revokes: false }, "rejected by bob of 111111111111"],
  [
    { ...common, type: "VerdictNoted", verdict: "ask" },
    `approvers would be asked, because ${because.detail}; the service is only observed, so nothing is done`,
  ],
  [{ ...common, type: "AcceptedOutside", kept: true }, "accepted outside Drawbridge, and kept"],
  [
    { ...common, type: "EffectFailed", effect: "accept", code: "RequestLimitExceeded", message: "slow down", first: minute(0), count: 2 },
    "AWS refused to accept it (try 2): RequestLimitExceeded: slow down",
  ],
  [{ ...common, type: "EntryAdded", entry, to: { nothing: "we know" } }, "entry added: an entry"],
  [{ ...common, type: "ServiceRemoved", service, from: {} }, "released from care; its connections stay as they are"],
  [
    { ...common, type: "EntryRemoved", entry, from: {}, disconnect: { afterHours: 24 }, ...told("contract ended") },
    "entry removed: an entry; who it let in is cut after 24 hours, because contract ended",
  ],
  [{ ...common, type: "EntryRemoved", entry, from: {}, ...told("an operator's command") }, "entry removed: an entry"],
  [{ ...common, type: "Unfrozen", ...told("it is over") }, "no longer frozen: the allow-list accepts again, because it is over"],
  [
    { ...common, type: "ServiceChanged", service, from: { onRemoval: "keep" }, to: { onRemoval: "now" }, ...told("audit 7") },
    "settings changed: on removal keep → now, because audit 7",
  ],
  [
    { ...common, type: "ServiceChanged", service, from: {}, to: { onRemoval: "now" }, ...told("drawbridge apply") },
    "settings changed: on removal none → now",
  ],
  [{ ...common, type: "ApproverRemoved", name: "ann", from: {}, ...told("she left") }, "approver ann removed, because she left"],
  [
    { ...common, type: "Frozen", reason: "incident 42", ...told("incident 42") },
    "frozen: nothing is accepted automatically, people are asked instead: incident 42",
  ],
  [{ ...common, type: "SomethingQuiteNew" } as unknown as DrawbridgeEvent, "something quite new"],
])("%j", (event, words) => {
  expect(sentence(event)).toBe(words);
});

test("an answer that ends by itself says what comes then", () => {
  const kept = {
    service,
    principal: "account#222222222222",
    verdict: "reject",
    version: 2,
    author: "approver ann",
    at: minute(0),
  } as const;
  const until = { ...kept, conditions: { expires: minute(60) } };
  const asked = { verdict: "ask", conditions: {}, author: "arn:alice", at: minute(-9) } as const;
  expect(entryWords({ ...until, afterwards: "nothing" })).toMatch(/: reject, version 2, until .* UTC, then gone$/);
  expect(entryWords({ ...until, afterwards: asked })).toMatch(/, then ask again$/);
  expect(entryWords(until)).toMatch(/ UTC$/);
});

test("a whole life reads as sentences", () => {
  const life = asking.when(
    { kind: "answered", question: "question-1", choice: "approve", by: approver },
    { seen: shows("pendingAcceptance") },
  );
  expect(life.events.map(sentence)).toEqual([
    "requested by account 222222222222 from eu-west-1; AWS shows pendingAcceptance",
    "approvers are asked, because the list says ask",
    "accepted by Ann (link)",
  ]);
  expect(connected.events.map(sentence).at(-1)).toBe("AWS shows it available");
  expect(
    given(requested.events)
      .when({ kind: "look" }, { seen: shows("deleted") })
      .events.map(sentence)
      .at(-1),
  ).toBe("closed: the endpoint was deleted");
});

test("no event of the state table is left without words of its own", () => {
  const types = new Set(Object.values(moves).flatMap((row) => Object.keys(row)));
  const name = { fqdn: "acme.example.com", zone: "Z1", target: { name: "x", zone: "Z2" }, types: ["A"], made: false };
  const observed = { account: "222222222222", state: "available" };
  const answered = { verdict: "ask", action: "accept", arn: "arn", choice: "approve", why: "late", reason: "deleted" };
  const effect = { effect: "accept", code: "C", message: "m", first: minute(0), count: 1 };
  const naming = {
    name,
    fqdn: name.fqdn,
    target: name.target,
    types: name.types,
    lacks: ["A acme.example.com"],
    found: "another",
    label: "acme",
  };
  const vpcs = { vpc: { id: "vpc-0a", region: "eu-west-1" }, zone: "Z1" };
  const waiting = { approver: "ann", given: 1, quorum: 2, reminder: 1, to: ["bob"] };
  const members = { observed, ...answered, ...waiting, ...effect, ...naming, ...vpcs };
  for (const type of types) {
    const words = sentence({ ...common, ...members, type } as unknown as ConnectionEvent);
    expect(words, type).not.toMatch(/undefined|null|\[object/);
    expect(words, type).not.toBe(type.replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase());
  }
});

test.each([
  ["arn:aws:iam::111111111111:user/team/alice", "alice of 111111111111"],
  ["arn:aws:sts::111111111111:assumed-role/Ops/bob", "bob (Ops) of 111111111111"],
  ["arn:aws:iam::111111111111:root", "root of 111111111111"],
  ["somebody", "somebody"],
])("%s is %s", (arn, words) => {
  expect(personWords(arn)).toBe(words);
});

test("actors and conditions", () => {
  expect(
    [{ kind: "entry", entry }, { kind: "aws" }, { kind: "drawbridge" }, { kind: "outside" }, approver].map((actor) =>
      actorWords(actor as typeof approver),
    ),
  ).toEqual(["allow-list", "AWS", "Drawbridge", "somebody outside", "Ann (link)"]);
  expect(conditionWords({ conditions: {} })).toBe("");
  expect(entryWords(undefined)).toBe("an entry");
});
