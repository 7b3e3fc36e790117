// Operators look at connections and answer for approvers; the log names them, and nothing is cut unconfirmed.
import { expect, test } from "vitest";
import type { Answered } from "../../lib/operator/answers.ts";
import type { ShownConnection } from "../../lib/operator/connections.ts";
import type { Pending } from "../../lib/operator/pending.ts";
import type { Told } from "../../lib/operator/history.ts";
import type { Connection } from "../../lib/connection.ts";
import type { Page } from "../../lib/ledger.ts";
import { run } from "../../lib/loop/run.ts";
import { eventsIn } from "../contracts/samples.ts";
import { endpointOf } from "../fakes/endpoint-services.ts";
import { acme, alice, bob, endpoint, inCare, service, type Desk } from "./desk.ts";

const approve = "POST /connections/{endpoint}/approve";
const reject = "POST /connections/{endpoint}/reject";

async function asked(): Promise<Desk> {
  const at = await inCare();
  at.connect(1);
  await at.admit();
  return at;
}

test("an open question is shown with its facts and its age, and an operator's approval answers it", async () => {
  const { ask, world, admit } = await asked();
  world.clock.advance(90);
  const { items } = await ask<Page<Pending>>("GET /pending");
  expect(items).toMatchObject([{ connection: { endpoint, account: acme }, question: { because: { rule: "no-entry" } }, openSeconds: 90 }]);
  const answered = await ask<Answered>(approve, { endpoint, reason: "known partner" }, bob);
  expect(answered).toMatchObject({
    connection: { status: "approved", decision: { by: bob, reason: "known partner" } },
    sentence: "accepted by bob (Ops) of 111111111111: known partner",
  });
  expect((await ask<Page<Pending>>("GET /pending")).items).toEqual([]);
  await admit();
  expect(world.ec2.calls).toMatchObject([{ action: "accept", endpoints: [endpoint] }]);
});

test("the second answer is refused, and the log tells of both", async () => {
  const { ask, types } = await asked();
  await ask(reject, { endpoint });
  await expect(ask(approve, { endpoint }, bob)).rejects.toMatchObject({
    code: "AlreadyDecided",
    remedy: expect.stringContaining("drawbridge show"),
  });
  expect(types().slice(-2)).toEqual(["ConnectionDenied", "AnswerRefused"]);
});

test("an answer may be about the account from now on, and writes the entry in the operator's name with the decision", async () => {
  const { ask, world, connect, admit } = await asked();
  // Whoever may answer need not be allowed to write entries: the service says whether answers do.
  await expect(ask(approve, { endpoint, account: true }, bob)).rejects.toMatchObject({
    message: expect.stringContaining("speak about one connection") as string,
    remedy: expect.stringContaining("drawbridge allow") as string,
  });
  await ask("PUT /approvers/{name}", { name: "ann", email: "ann@example.com" });
  await ask("PATCH /services/{service}", { service, asking: { approvers: ["ann"], accountAnswers: true } });
  const answered = await ask<Answered>(approve, { endpoint, account: true, reason: "known partner" }, bob);
  expect(answered.sentence).toBe(
    `accepted by bob (Ops) of 111111111111: known partner; account ${acme} is accepted at this service from now on`,
  );
  expect(world.tables.committed.find(({ event }) => event.type === "EntryAdded")?.event).toMatchObject({
    by: bob,
    to: { verdict: "accept", principal: `account#${acme}`, author: bob.arn },
  });
  connect(2);
  await admit();
  expect(world.tables.committed.map(({ event }) => event.type).filter((type) => type === "ApprovalRequested")).toHaveLength(1);
});

test("a rejection may ask for quiet, for as many days as are given", async () => {
  const { ask, world, connect, admit, types } = await asked();
  const answered = await ask<Answered>(reject, { endpoint, days: "7" });
  expect(answered.sentence).toMatch(
    /^rejected by alice of 111111111111; account \d+ is rejected without a question until 30 Nov 2026, 12:00 UTC$/,
  );
  connect(2);
  await admit();
  expect(types().filter((type) => type === "ApprovalRequested")).toHaveLength(1);
  world.clock.advance(7 * 86_400);
  connect(3);
  await admit();
  expect(types().filter((type) => type === "ApprovalRequested")).toHaveLength(2);
  // Whoever answered wrote nothing that somebody else would have to look at.
  expect(await ask<Answered>(approve, { endpoint: endpointOf(3) })).toMatchObject({ connection: { status: "approved" } });
});

test("an answer about the account is refused where it cannot be kept, and then nothing is decided either", async () => {
  const { ask, types } = await asked();
  for (const [route, input, code] of [
    [approve, { endpoint, account: true, breakGlass: true, reason: "x" }, "BadInput"],
    [approve, { endpoint, days: 7 }, "BadInput"],
    [reject, { endpoint, account: true }, "BadInput"],
    [reject, { endpoint, days: 366 }, "BadInput"],
  ] as const)
    await expect(ask(route, input), JSON.stringify(input)).rejects.toMatchObject({ code });
  // An entry whose condition does not hold: people are asked, and only who writes entries may replace it.
  await ask("PUT /entries", { service, principal: acme, verdict: "accept", conditions: { regions: ["us-east-1"] } });
  const before = types().length;
  await expect(ask(approve, { endpoint, account: true })).rejects.toMatchObject({
    code: "NotConfigured",
    remedy: expect.stringContaining("drawbridge allow"),
  });
  expect(types().slice(before)).toEqual(["AnswerRefused"]);
  await ask(approve, { endpoint });
  await expect(ask(reject, { endpoint, days: 7, confirm: true })).rejects.toMatchObject({ code: "AlreadyDecided" });
  expect(types()).not.toContain("ConnectionDenied");
});

test("a connection that waits for admit can be answered too", async () => {
  const { ask, connect } = await inCare();
  connect(1);
  await expect(ask(approve, { endpoint })).rejects.toMatchObject({ code: "NotFound" });
  await ask("POST /services", { service, zone: "privatelink.example.com" });
  expect(await ask<Answered>(approve, { endpoint })).toMatchObject({ connection: { status: "approved" } });
});

test("rejecting a live connection is a revocation, and needs to be confirmed", async () => {
  const { ask, world, admit } = await asked();
  await ask(approve, { endpoint });
  await admit();
  world.ec2.settle();
  const before = world.tables.committed.length;
  await expect(ask(reject, { endpoint })).rejects.toMatchObject({ code: "ConfirmationNeeded" });
  expect(world.tables.committed).toHaveLength(before);
  expect(await ask<Answered>(reject, { endpoint, confirm: true })).toMatchObject({
    connection: { status: "denied" },
    sentence: "revoked by alice of 111111111111",
  });
});

test("a reject entry stands above an operator's approval", async () => {
  const { ask } = await asked();
  await ask("PUT /entries", { service: "*", principal: acme, verdict: "reject" });
  await expect(ask(approve, { endpoint })).rejects.toMatchObject({ code: "RejectEntryApplies" });
});

test("so does one for the account's unit, which only AWS Organizations tells", async () => {
  const { ask, types, world, connect, admit } = await inCare("enforce", { organizations: true });
  connect(1);
  await admit();
  world.organizations.place(acme, "o-abcdefghij", "ou-ab12-cdefgh34");
  await ask("PUT /entries", { service: "*", principal: "ou-ab12-cdefgh34", verdict: "reject" });
  await expect(ask(approve, { endpoint })).rejects.toMatchObject({ code: "RejectEntryApplies" });
  expect(types()).not.toContain("ConnectionApproved");
});

test("nothing is answered at a service that is only observed", async () => {
  const { ask, connect, admit, world } = await inCare("observe");
  connect(1);
  await admit();
  await expect(ask(approve, { endpoint })).rejects.toMatchObject({
    code: "ObserveOnly",
    remedy: expect.stringContaining("services enforce"),
  });
  expect(world.tables.committed.at(-1)?.event).toMatchObject({
    type: "AnswerRefused",
    choice: "approve",
    by: alice,
    because: { rule: "operator" },
  });
});

test("an answer that is turned away is in the log with who gave it; a command that is malformed, out of date or unconfirmed changes no story", async () => {
  const { ask, types } = await asked();
  const before = types().length;
  for (const [route, input, code] of [
    [approve, { endpoint: "vpce-1" }, "BadInput"],
    [approve, { endpoint, breakGlass: true }, "BadInput"],
    ["PUT /entries", { service, principal: acme, verdict: "accept", version: 7 }, "VersionClash"],
    ["DELETE /services/{service}", { service, version: 7 }, "VersionClash"],
  ] as const)
    await expect(ask(route, input)).rejects.toMatchObject({ code });
  expect(types()).toHaveLength(before);
  await ask(approve, { endpoint });
  await expect(ask(approve, { endpoint }, bob)).rejects.toMatchObject({ code: "AlreadyDecided" });
  expect(types().slice(before)).toEqual(["ConnectionApproved", "AnswerRefused"]);
});

test("a connection is shown with what AWS shows now and its whole story", async () => {
  const { ask } = await asked();
  await ask(approve, { endpoint });
  const shown = await ask<ShownConnection>("GET /connections/{endpoint}", { endpoint, aws: "true" });
  expect(shown).toMatchObject({ words: "accepted, not available yet", aws: { state: "pendingAcceptance" }, complete: true });
  expect(eventsIn(shown.history).map(({ event }) => event.type)).toEqual([
    "ConnectionRequested",
    "ApprovalRequested",
    "ConnectionApproved",
  ]);
  await expect(ask("GET /connections/{endpoint}", { endpoint: "vpce-0ffffffffffffffff" })).rejects.toMatchObject({ code: "NotFound" });
});

test("connections are listed by service, account and status, page by page", async () => {
  const { ask, connect, admit } = await inCare();
  await ask("PUT /entries", { service, principal: acme, verdict: "accept" });
  for (const number of [1, 2, 3]) connect(number, 2);
  for (const number of [4, 5]) connect(number, 3);
  await admit();
  const list = (query: object) => ask<Page<Connection>>("GET /connections", query);
  expect((await list({})).items).toHaveLength(5);
  expect((await list({ account: acme })).items).toHaveLength(3);
  expect((await list({ status: "asking" })).items.map(({ account }) => account)).toEqual(["333333333333", "333333333333"]);
  const first = await list({ status: "approved", limit: 2 });
  const second = await list({ status: "approved", limit: 2, cursor: first.cursor });
  expect([...first.items, ...second.items].map((connection) => connection.endpoint)).toHaveLength(3);
  expect(second.cursor).toBeUndefined();
});

test("the log answers by each filter, from either end, page by page", async () => {
  const { ask, world } = await asked();
  world.clock.advance(60);
  const later = world.clock.now();
  await ask(approve, { endpoint }, bob);
  const types = async (query: object): Promise<string[]> =>
    eventsIn((await ask<Page<Told>>("GET /audit", query)).items).map(({ event }) => event.type);
  const story = ["ConnectionRequested", "ApprovalRequested", "ConnectionApproved"];
  expect(await types({ connection: endpoint, oldestFirst: "true" })).toEqual(story);
  expect(await types({ connection: endpoint })).toEqual([...story].reverse());
  expect(await types({ account: acme, oldestFirst: "true" })).toEqual(story);
  expect(await types({ service, type: "ServiceAdded" })).toEqual(["ServiceAdded"]);
  expect(await types({ actor: bob.arn })).toEqual(["ConnectionApproved"]);
  expect(await types({ actor: `operator ${alice.arn}` })).toEqual(["ServiceAdded"]);
  expect(await types({ decision: "asked" })).toEqual(["ApprovalRequested"]);
  expect(await types({ from: later })).toEqual(["ConnectionApproved"]);
  expect(await types({ to: later, oldestFirst: "true" })).toEqual(["ServiceAdded", "ConnectionRequested", "ApprovalRequested"]);
  expect(await types({ connection: endpoint, from: later })).toEqual(["ConnectionApproved"]);
  expect(await types({ connection: endpoint, to: later })).toEqual(["ApprovalRequested", "ConnectionRequested"]);
  for (const query of [{ connection: endpoint }, { account: acme }]) {
    const first = await ask<Page<Told>>("GET /audit", { ...query, limit: "2" });
    const rest = await ask<Page<Told>>("GET /audit", { ...query, limit: "2", cursor: first.cursor });
    expect([...first.items, ...rest.items].map(({ seq }) => seq)).toEqual([3, 2, 1]);
  }
  await expect(ask("GET /audit", { from: "yesterday" })).rejects.toMatchObject({ field: "from" });
});

test("an approver of any name can be paged through, and a cursor of another question is refused", async () => {
  const { ask, connect, admit, ports } = await inCare();
  const named = { kind: "approver", name: "山田 (it's *me*) v1.2", channel: "link" } as const;
  for (const number of [1, 2]) connect(number);
  await admit();
  for (const { connection, question } of (await ask<Page<Pending>>("GET /pending")).items) {
    const signal = { kind: "answered", question: question.id, choice: "reject", by: named } as const;
    await run(ports, { service, tasks: [{ endpoint: connection.endpoint, signal, source: { kind: "answer" } }] });
  }
  const first = await ask<Page<Told>>("GET /audit", { actor: named.name, limit: "1" });
  const second = await ask<Page<Told>>("GET /audit", { actor: named.name, limit: "1", cursor: first.cursor });
  expect(new Set([...first.items, ...second.items].map(({ subject }) => subject)).size).toBe(2);
  await expect(ask("GET /audit", { account: acme, cursor: first.cursor })).rejects.toMatchObject({ field: "cursor" });
});

test("the deployment tells what it is and as whom it knows the caller", async () => {
  const { ask } = await inCare();
  expect(await ask("GET /deployment", {}, bob)).toMatchObject({
    stage: "test",
    zones: [{ name: "privatelink.example.com" }],
    services: [{ service }],
    you: bob.arn,
  });
});

test("why people are asked is what is so now: a freeze that was lifted is no ground any more", async () => {
  const at = await inCare();
  await at.ask("PUT /entries", { service, principal: acme, verdict: "accept" });
  for (const [id, reason] of [
    [service, "incident 42"],
    ["*", "a storm"],
  ])
    await at.ask("PUT /freezes/{id}", { id, reason });
  at.connect(1);
  await at.admit();
  const why = async (): Promise<string | undefined> => (await at.ask<Page<Pending>>("GET /pending")).items[0]?.because.detail;
  expect(await why()).toContain("the service is frozen since 23 Nov 2026, 12:00 UTC: incident 42");
  await at.ask("DELETE /freezes/{id}", { id: service });
  await at.admit();
  expect(await why()).toContain("every service is frozen since 23 Nov 2026, 12:00 UTC: a storm");
});
