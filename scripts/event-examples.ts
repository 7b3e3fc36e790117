// Who does what, and because of what, in the examples of the catalogue: as it really happens, for each type of event.

import type { Actor, Because, Rule, Source } from "../lib/events.ts";

interface ToldIn {
  readonly by: Actor;
  readonly because: Because;
  readonly source: Pick<Source, "kind">;
}

const carl = "arn:aws:iam::111111111111:user/carl";
const told = (by: Actor, rule: Rule, detail: string, kind: Source["kind"]): ToldIn => ({ by, because: { rule, detail }, source: { kind } });
const itself: Actor = { kind: "drawbridge" };
const ann: Actor = { kind: "approver", name: "ann", channel: "link" };

/** The first form that fits tells it. */
const examples: readonly (readonly [RegExp, ToldIn])[] = [
  [/^ConnectionRequested$/, told({ kind: "aws" }, "observed", "AWS shows pendingAcceptance", "notification")],
  [/^ConnectionAdopted$/, told({ kind: "aws" }, "adopted", "available since before 2026-11-01T09:00:00.000Z", "sweep")],
  [/^Connection(Available|Rejected|Closed|Found)$/, told({ kind: "aws" }, "observed", "AWS shows it so", "look-again")],
  [/^ConnectionMissing$/, told({ kind: "aws" }, "observed", "a complete listing is without it", "sweep")],
  [/^(ApprovalGiven|ConnectionApproved|ConnectionDenied)$/, told(ann, "approvers", "known from the spring trial", "answer")],
  [/^AnswerRefused$/, told(ann, "approvers", "the question is closed: the connection is connected", "answer")],
  [/^(Verdict|ApprovalRequested)/, told(itself, "no-entry", "no entry matches account 222222222222", "bus")],
  [/^Approval(Reminded|Escalated)$/, told(itself, "approvers", "nobody has decided since 2026-11-23T10:00:00.000Z", "sweep")],
  [/^(Accepted|Rejected)Outside$/, told({ kind: "outside" }, "outside", "AWS shows it so, and Drawbridge has not done it", "notification")],
  [/Attributed$/, told({ kind: "outside", arn: carl }, "outside", "CloudTrail names who called it", "cloudtrail")],
  [/^Effect/, told(itself, "effect", "accept refused: RequestLimitExceeded", "bus")],
  [/^Permissions/, told(itself, "effect", "1 to be added, 0 to be removed, as the allow-list says", "sweep")],
  [/^(Revocation|Expiry|ConnectionCounted)/, told(itself, "entry-removed", "the entry for account 222222222222 was removed", "sweep")],
  [/^Acceptance/, told({ kind: "outside" }, "observed", "AWS shows that acceptance was switched", "sweep")],
  [/^PrivateDns/, told({ kind: "aws" }, "observed", "AWS shows the private name verified", "dns")],
  [/^Approver(Reachable|Lost)$/, told(itself, "observed", "of the ways to them, mail was looked at", "sweep")],
  [/^(Label|Vpc|Name)/, told(itself, "names", "the name follows the connection", "dns")],
  [/./, told({ kind: "operator", arn: "arn:aws:iam::111111111111:user/alice" }, "operator", "the spring trial, NET-1", "api")],
];

export function toldIn(type: string): ToldIn {
  const found = examples.find(([form]) => form.test(type));
  if (found === undefined) throw new Error(`there is no example for ${type}`);
  return found[1];
}

const alice = "arn:aws:iam::111111111111:user/alice";
const [begun, now] = ["2026-11-01T09:00:00.000Z", "2026-11-23T10:00:00.000Z"];
const entry = {
  service: "vpce-svc-0123456789abcdef0",
  principal: "account#222222222222",
  verdict: "accept",
  conditions: { expires: "2027-11-01T00:00:00.000Z" },
  version: 3,
  author: alice,
  authors: [alice],
  at: now,
  name: "acme",
  purpose: "the spring trial",
  ticket: "NET-1",
};
const service = {
  service: "vpce-svc-0123456789abcdef0",
  mode: "enforce",
  outsideAccept: "keep",
  zone: { id: "Z0123456789ABCDEFGHIJ", name: "privatelink.example.com" },
  addedAt: begun,
  addedBy: alice,
  version: 3,
};
const approver = { name: "ann", email: "ann@example.com", arn: "arn:aws:iam::111111111111:user/ann", addedAt: begun, version: 3 };

const values: readonly (readonly [RegExp, { readonly from: object; readonly to: object }])[] = [
  [/^Entry/, { to: entry, from: { ...entry, verdict: "ask", version: 2, at: begun } }],
  [/^Service(Added|Changed|Removed)$/, { to: service, from: { ...service, mode: "observe", version: 2 } }],
  [
    /^PrivateDns/,
    {
      to: { name: "payments.example.com", state: "verified", zone: "Z0123456789ABCDEFGHIJ", publishedAt: begun },
      from: {
        name: "payments.example.com",
        state: "pendingVerification",
        proof: { label: "_6e86v84tqgqubxbwii1m", value: "vpce:l6p0ERxlTt45" },
      },
    },
  ],
  [/^Approver/, { to: approver, from: { ...approver, email: "ann@old.example.com", version: 2 } }],
];

/** What was changed, from what to what; of `made` only the members that it has. */
export function valuesIn(type: string, made: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const found = values.find(([form]) => form.test(type))?.[1];
  return Object.fromEntries(Object.entries(found ?? {}).filter(([name]) => name in made));
}
