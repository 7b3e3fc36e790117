// The policy as a file: a plan first, then exactly that; twice is nothing, and a mistake changes nothing.
import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { endpoint, inCare, service, type Desk } from "../operator/desk.ts";
import { policyDesk, type PolicyDesk } from "./policy-desk.ts";

let at: Desk;
let files: PolicyDesk;
let run: PolicyDesk["run"];
let apply: PolicyDesk["apply"];
const entries = async (): Promise<readonly { readonly principal: string; readonly verdict: string; readonly version: number }[]> =>
  (await at.ask<{ items: [] }>("GET /entries")).items;

beforeEach(async () => {
  at = await inCare();
  files = await policyDesk(at);
  ({ run, apply } = files);
});
afterEach(() => files.close());

const full = `services:
  ${service}:
    outsideAccept: enforce
    onRemoval: 24h
    onReject: keep
    onExpiry: 7d
    expiryNoticeHours: 48
    permissions: off
    asking: { openDays: 3, remindHours: [1, 2], silence: reject }
entries:
  - service: ${service}
    principal: 222222222222
    verdict: accept
    name: Acme Ltd
    label: acme
    contact: ops@acme.example
    purpose: payments
    ticket: NET-42
    labels: { team: payments, tier: gold }
    conditions:
      regions: [eu-west-1, eu-west-2]
      ipAddressTypes: [ipv4]
      notBefore: 2026-01-01
      expires: 2027-12-31T18:00:00Z
      atMost: 3
    onExpiry: now
  - service: "*"
    principal: 012345678901
    verdict: reject
    disconnect: 7d
  - service: ${service}
    principal: vpce-0123456789abcdef0
    verdict: ask
    disconnect: 24h
  - service: "*"
    principal: any
    verdict: ask
`;

test("a file with every feature is planned, applied, and then nothing is left to do", async () => {
  const planned = await apply(full, "--check");
  expect(planned).toMatchObject({
    code: 1,
    out: expect.stringContaining("Plan: 4 to add, 0 to change, 0 to remove; services: 1 to set"),
  });
  expect(await entries()).toEqual([]);
  const applied = await apply(full, "--yes");
  expect(applied).toMatchObject({ code: 0, out: expect.stringContaining("Done: entries 4 added; services 1 set.") });
  expect((await entries()).map(({ principal, verdict }) => `${verdict} ${principal}`)).toEqual([
    "reject account#012345678901",
    "ask any",
    "accept account#222222222222",
    "ask endpoint#vpce-0123456789abcdef0",
  ]);
  const before = at.types().length;
  expect(await apply(full, "--yes")).toMatchObject({ code: 0, out: "Nothing to do: the policy is as the file says.\n" });
  expect(await apply(full, "--check")).toMatchObject({ code: 0, out: "Nothing would change.\n" });
  expect(at.types()).toHaveLength(before);
});

test("what is exported is the same policy: applying it does nothing, and it reads as it was written", async () => {
  await apply(full, "--yes");
  const { code, out } = await run(["export"]);
  expect(code).toBe(0);
  expect(await apply(out, "--check")).toMatchObject({ code: 0 });
  expect(out).toMatchInlineSnapshot(`
    "# yaml-language-server: $schema=docs/policy.schema.json
    # What Drawbridge lets in. Change it, look with \`drawbridge apply policy.yml --check\`, then apply it; see docs/policy.md.
    services:
      vpce-svc-00000000000000001:
        mode: enforce
        zone: privatelink.example.com
        outsideAccept: enforce
        onRemoval: 24h
        onReject: keep
        onExpiry: 7d
        expiryNoticeHours: 48
        asking:
          openDays: 3
          remindHours:
            - 1
            - 2
          silence: reject
    approvers: {}
    entries:
      - service: "*"
        principal: "012345678901"
        verdict: reject
        disconnect: 7d
      - service: "*"
        principal: any
        verdict: ask
      - service: vpce-svc-00000000000000001
        principal: "222222222222"
        verdict: accept
        name: Acme Ltd
        conditions:
          regions:
            - eu-west-1
            - eu-west-2
          ipAddressTypes:
            - ipv4
          notBefore: 2026-01-01
          expires: 2027-12-31T18:00:00Z
          atMost: 3
        label: acme
        contact: ops@acme.example
        purpose: payments
        ticket: NET-42
        labels:
          team: payments
          tier: gold
        onExpiry: now
      - service: vpce-svc-00000000000000001
        principal: vpce-0123456789abcdef0
        verdict: ask
        disconnect: 24h
    "
  `);
  const { out: json } = await run(["export", "--json"]);
  expect(await apply(json, "--check")).toMatchObject({ code: 0 });
});

test("the example of docs/policy.md is a policy", async () => {
  const page = await readFile(new URL("../../docs/policy.md", import.meta.url), "utf8");
  const [, example = ""] = /```yaml\n([\s\S]+?)```/.exec(page) ?? [];
  const text = example.replaceAll("vpce-svc-0123456789abcdef0", service);
  expect(await apply(text, "--yes")).toMatchObject({ code: 0 });
  expect(await apply(text, "--check")).toMatchObject({ code: 0 });
});

test("approvers come first, since services and entries name them, and go last", async () => {
  const text = `approvers:
  ann: { email: ann@example.com }
  ben: { slack: U0123ABCDEF, arn: "arn:aws:iam::111111111111:user/ben" }
services:
  ${service}:
    asking: { approvers: [ann, ben], quorum: 2 }
entries:
  - { service: ${service}, principal: 222222222222, verdict: ask, asking: { approvers: [ben], quorum: 1 } }
`;
  expect(await apply(text, "--yes")).toMatchObject({ code: 0, out: expect.stringContaining("2 of the approvers changed") });
  expect(at.types()).toEqual(["ServiceAdded", "ApproverAdded", "ApproverAdded", "ServiceChanged", "EntryAdded"]);
  expect(await apply(text, "--check")).toMatchObject({ code: 0 });
  expect(await apply((await run(["export"])).out, "--check")).toMatchObject({ code: 0 });
  expect(await apply(text.replace("approvers: [ben]", "approvers: [bob]"), "--yes")).toMatchObject({
    code: 2,
    err: "drawbridge: policy.yml:8:105: bob is not an approver; there are ann, ben; nothing was changed\n",
  });
  const without = text
    .replace(/ {2}ben: .*\n/, "")
    .replace("[ann, ben], quorum: 2", "[ann]")
    .replace("approvers: [ben]", "approvers: [ann]");
  expect(await apply(without, "--yes")).toMatchObject({ code: 0 });
  expect(at.types().slice(5)).toEqual(["ServiceChanged", "EntryChanged", "ApproverRemoved"]);
});

test("what the file no longer names is removed, unless it is told to keep others; what it changes is told field by field", async () => {
  await apply(full, "--yes");
  const shorter = `entries:
  - service: ${service}
    principal: 222222222222
    verdict: ask
    name: Acme Ltd
`;
  const plan = await apply(shorter, "--check");
  expect(plan.out).toContain("verdict accept → ask");
  expect(plan.out).toContain("at most 3 → none");
  expect(plan.out).toContain("Plan: 0 to add, 1 to change, 3 to remove");
  expect(await apply(shorter, "--keep-others", "--yes")).toMatchObject({ code: 0, out: expect.stringContaining("entries 1 changed") });
  expect(await entries()).toHaveLength(4);
  expect(await apply(shorter, "--yes")).toMatchObject({ code: 0, out: expect.stringContaining("entries 3 removed") });
  expect(await entries()).toHaveLength(1);
  // The services are not in this file, so their settings are as they were.
  expect(await at.ask("GET /services")).toMatchObject({ items: [{ onRemoval: { afterHours: 24 } }] });
});

test("the plan says what follows for live connections, and that is what then happens", async () => {
  await apply(`entries:\n  - { service: ${service}, principal: 222222222222, verdict: accept }\n`, "--yes");
  at.connect(1);
  await at.admit();
  at.connect(2, 3);
  await at.admit();
  const next = `entries:\n  - { service: ${service}, principal: 333333333333, verdict: accept }\n  - { service: ${service}, principal: 222222222222, verdict: reject }\n`;
  const planned = await apply(next, "--check", "--json");
  expect(JSON.parse(planned.out)).toMatchObject({
    changed: true,
    outlook: { cut: [{ endpoint }], accepted: [{ account: "333333333333" }], asked: [] },
  });
  expect(await apply(next)).toMatchObject({ code: 1, err: expect.stringContaining("nothing was changed") });
  expect(await apply(next, "--yes")).toMatchObject({ code: 0, out: expect.stringContaining("What follows: 1 cut at once, 1 accepted.") });
  const before = at.types().length;
  await at.admit();
  expect(at.types().slice(before).toSorted()).toEqual(["ConnectionApproved", "ConnectionDenied"]);
});

test("the plan names who stays connected though the file no longer lets them in", async () => {
  await apply(`entries:\n  - { service: ${service}, principal: 222222222222, verdict: accept }\n`, "--yes");
  at.connect(1);
  await at.admit();
  const planned = await apply("entries: []\n", "--check");
  expect(planned.out).toContain("What would follow: 1 kept though nothing lets them in any more.");
  expect(planned.err).toMatch(new RegExp(`${endpoint} +222222222222 +${service} +kept all the same`));
  expect((await apply("entries: []\n", "--yes")).out).toContain("What follows: 1 kept though nothing lets them in any more.");
});

const entry = (more: string): string => `entries:\n  - service: ${service}\n    principal: 222222222222\n    verdict: accept\n${more}`;

/** Each line repeats the one before nine times. */
const bomb = `a0: &a0 [x]\n${Array.from({ length: 8 }, (_, index) => `a${String(index + 1)}: &a${String(index + 1)} [${Array.from({ length: 9 }, () => `*a${String(index)}`).join(", ")}]\n`).join("")}`;

test.each<[string, string, string]>([
  ["a syntax error", "entries:\n  - service: [\n", "policy.yml:3:1: "],
  ["a key twice", "entries: []\nentries: []\n", "policy.yml:2:1: Map keys must be unique"],
  ["an unknown field", entry("    labl: acme\n"), "policy.yml:5:5: there is no field entries.0.labl; did you mean label?"],
  ["an unknown part", "entires: []\n", "policy.yml:1:1: there is no field entires; did you mean entries?"],
  [
    "a bad account",
    entry("").replace("222222222222", "22222222222"),
    'policy.yml:3:16: entries.0.principal: "22222222222" give an account',
  ],
  [
    "a wrong verdict",
    entry("").replace("accept", "perhaps"),
    'policy.yml:4:14: entries.0.verdict: "perhaps" give one of accept, ask, reject',
  ],
  ["a missing field", entry("").replace("    verdict: accept\n", ""), "policy.yml:2:5: entries.0.verdict: it is required"],
  [
    "a duplicate",
    entry(`  - service: ${service}\n    principal: "222222222222"\n    verdict: ask\n`),
    "policy.yml:6:16: 222222222222 at vpce-svc-",
  ],
  [
    "an unknown service",
    entry("").replaceAll(service, "vpce-svc-0fffffffffffffff9"),
    "policy.yml:2:14: vpce-svc-0fffffffffffffff9 is not in Drawbridge's care",
  ],
  [
    "a setting of an unknown service",
    "services:\n  vpce-svc-0fffffffffffffff9: {}\n",
    "policy.yml:2:3: vpce-svc-0fffffffffffffff9 is not in",
  ],
  ["an expiry that is over", entry("    conditions:\n      expires: 2020-01-01\n"), "policy.yml:6:16: entries.0.conditions.expires"],
  [
    "a limit for a reject",
    entry("    conditions: { atMost: 3 }\n").replace("accept", "reject"),
    "policy.yml:5:27: entries.0.conditions.atMost",
  ],
  ["a wrong length of time", entry("    onExpiry: soon\n"), 'policy.yml:5:15: entries.0.onExpiry: "soon" give keep, now'],
  ["a unit without a role", entry("").replace("222222222222", "ou-ab12-cdefgh34"), "policy.yml:3:16: ou-ab12-cdefgh34 cannot be"],
  ["no mapping at all", "- 1\n", "policy.yml:1:1: give services, approvers or entries"],
  ["an empty file", "", "policy.yml:1:1: give services, approvers or entries"],
  ["two documents", "entries: []\n---\nentries: []\n", "policy.yml:2:1: the file is one document; take out what follows this line ---"],
  ["an alias without an anchor", entry("    name: *acme\n"), "policy.yml:5:11: there is no anchor &acme above"],
  ["an alias within itself", "entries: &all\n  - *all\n", "policy.yml:2:5: *all stands within what it repeats"],
  [
    "nothing as a text",
    "entries:\n  - name: null\n",
    "policy.yml:2:11: null says nothing; leave the field out, or put quotes around it if it is a text",
  ],
  ["aliases of aliases of aliases", bomb, "policy.yml:9:50: its aliases repeat the file too often; write out what it says"],
  ["a list as a key", "? [a, b]\n: c\n", "policy.yml:1:3: a list or a mapping cannot be a key"],
  ["a merge of no mapping", entry("    <<: [name]\n"), "policy.yml:5:9: << takes a mapping, or the alias of one"],
  ["a tag", entry("    name: !!binary aGk=\n"), "policy.yml:5:20: a tag has no meaning here; leave it out"],
  ["a tag of another program", entry("    name: !secret acme\n"), "policy.yml:5:11: a tag has no meaning here; leave it out"],
  [
    "a label that would get lost",
    entry("    labels: { constructor: a }\n"),
    "policy.yml:5:15: constructor cannot be a name here; give another",
  ],
  ["a service that would get lost", "services:\n  __proto__: {}\n", "policy.yml:2:3: __proto__ cannot be a name here; give another"],
  ["an approver who would get lost", "approvers:\n  constructor: {}\n", "policy.yml:2:3: constructor cannot be a name here; give another"],
])("%s is told with line and column, and changes nothing", async (_, text, said) => {
  const before = at.types();
  const { code, err, out } = await apply(text, "--yes");
  expect(err).toContain(`drawbridge: ${said}`);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(at.types()).toEqual(before);
});

test("an entry that has expired meanwhile may go on standing in the file", async () => {
  const soon = new Date(Date.now() + 400).toISOString();
  const text = entry(`    conditions: { expires: ${soon} }\n`);
  expect(await apply(text, "--yes")).toMatchObject({ code: 0 });
  await vi.waitFor(() => expect(new Date().toISOString() > soon).toBe(true), 2000);
  expect(await apply(text, "--check")).toMatchObject({ code: 0, out: "Nothing would change.\n" });
});

test("a clash of versions stops the apply, which says where; repeated, it goes on", async () => {
  const many = Array.from(
    { length: 450 },
    (_, index) => `  - { service: ${service}, principal: "${String(700_000_000_000 + index)}", verdict: accept }\n`,
  );
  const text = `entries:\n${many.join("")}`;
  // Somebody else adds one of the last between the plan and the doing.
  let meddled = false;
  at.world.tables.onCommit(({ event }) => {
    if (meddled || event.type !== "EntryAdded") return;
    meddled = true;
    void at.ask("PUT /entries", { service, principal: "700000000449", verdict: "reject" });
  });
  const stopped = await apply(text, "--yes");
  expect(stopped.code).toBe(1);
  expect(stopped.err).toMatch(
    /Stopped at the entries after \d+ of 450 changes: The entry for 700000000449 at .* is not at version 0: .*; somebody else changed it meanwhile: look at the plan again; repeat the command, and it goes on from there/,
  );
  const again = await apply(text, "--yes");
  expect(again).toMatchObject({ code: 0 });
  expect(await apply(text, "--check")).toMatchObject({ code: 0 });
  expect(at.types().filter((type) => type === "EntryAdded")).toHaveLength(450);
  expect(at.types().filter((type) => type === "EntryChanged")).toHaveLength(1);
});

test("every mistake of a file is told at once, in the file's order", async () => {
  const { err } = await apply(entry("    nmae: x\n    label: -x\n    onExpiry: soon\n"), "--yes");
  expect(
    err
      .trimEnd()
      .split("\n")
      .map((line) => /^drawbridge: policy\.yml:\d+/.exec(line)?.[0]),
  ).toEqual([5, 6, 7].map((line) => `drawbridge: policy.yml:${String(line)}`));
  expect(err).toMatch(/; nothing was changed\n$/);
});
