// Entries are written, guarded by versions, removed and listed; what would cut people off is asked about first.
import { expect, test } from "vitest";
import type { Entry } from "../../lib/allow-list.ts";
import type { Page } from "../../lib/ledger.ts";
import type { ListedEntries, Put, ShownEntry } from "../../lib/operator/entries.ts";
import { serviceOf } from "../fakes/endpoint-services.ts";
import { acme, bob, desk, endpoint, inCare, service } from "./desk.ts";

const accept = {
  service,
  principal: acme,
  verdict: "accept",
  name: "Acme Ltd",
  conditions: { regions: ["eu-west-1"], expires: "2026-12-31" },
};

test("an entry is added, repeated without change, and changed; the log has each version", async () => {
  const { ask, types, world } = await inCare();
  expect(await ask<Put>("PUT /entries", accept)).toMatchObject({
    changed: true,
    entry: {
      version: 1,
      author: "arn:aws:iam::111111111111:user/alice",
      principal: `account#${acme}`,
      conditions: { expires: "2026-12-31T00:00:00.000Z" },
    },
  });
  expect(await ask<Put>("PUT /entries", accept, bob)).toMatchObject({ changed: false, entry: { version: 1 } });
  expect(await ask<Put>("PUT /entries", { ...accept, verdict: "ask" }, bob)).toMatchObject({
    changed: true,
    entry: { version: 2 },
    before: { verdict: "accept" },
  });
  expect(types()).toEqual(["ServiceAdded", "EntryAdded", "EntryChanged"]);
  expect(world.tables.committed.at(-1)?.event).toMatchObject({
    entry: { version: 2 },
    from: { verdict: "accept" },
    to: { verdict: "ask" },
    by: bob,
  });
});

test("a removed and added entry never has an earlier version again, and its history tells all", async () => {
  const { ask } = await inCare();
  await ask("PUT /entries", accept);
  await ask("DELETE /entries/{service}/{principal}", { service, principal: acme });
  expect(await ask<ShownEntry>("GET /entries/{service}/{principal}", { service, principal: acme })).not.toHaveProperty("entry");
  await ask("PUT /entries", accept);
  const shown = await ask<ShownEntry>("GET /entries/{service}/{principal}", { service, principal: acme });
  expect(shown.entry?.version).toBe(3);
  expect(shown.history.map(({ sentence }) => sentence.split(":")[0])).toEqual(["entry added", "entry removed", "entry added"]);
});

test("what a removal leaves says why, for those whom it cuts; not where nobody said so", async () => {
  const { ask, world } = await inCare();
  const removed = async (reason: Record<string, string>): Promise<unknown> => {
    await ask("PUT /entries", accept);
    await ask("DELETE /entries/{service}/{principal}", { service, principal: acme, disconnect: "now", ...reason });
    return (await world.tables.allowList.standing([{ service, principal: `account#${acme}` }])).removed[0]?.removed;
  };
  expect(await removed({ reason: "their contract ended" })).toMatchObject({ disconnect: "now", reason: "their contract ended" });
  expect(await removed({})).not.toHaveProperty("reason");
});

test("a version that is not the entry's is a clash, which says who wrote what is there", async () => {
  const { ask } = await inCare();
  await ask("PUT /entries", { ...accept, version: 0 });
  await expect(ask("PUT /entries", { ...accept, verdict: "ask", version: 0 }, bob)).rejects.toMatchObject({
    code: "VersionClash",
    message: expect.stringContaining("written by alice of 111111111111, 23 Nov 2026"),
  });
  await expect(ask("DELETE /entries/{service}/{principal}", { service, principal: acme, version: "7" })).rejects.toMatchObject({
    code: "VersionClash",
  });
  await ask("PUT /entries", { ...accept, verdict: "ask", version: 1 }, bob);
});

test("many operators at once lose no update: each change is in the log, one version after the other", async () => {
  const { ask, world } = await inCare();
  const tickets = Array.from({ length: 4 }, (_, index) => `NET-${String(index)}`);
  await Promise.all(tickets.map((ticket) => ask("PUT /entries", { ...accept, ticket })));
  const versions = world.tables.committed.flatMap(({ event }) =>
    event.type === "EntryAdded" || event.type === "EntryChanged" ? [event.entry.version] : [],
  );
  expect(versions).toEqual([1, 2, 3, 4]);
});

test.each([
  [{ principal: "22222222222" }, "principal", "twelve digits"],
  [{ principal: "account#vpce-0123456789abcdef0" }, "principal", "twelve digits"],
  [{ label: "-acme" }, "label", "hyphen"],
  [{ name: "acme\u001b[2J" }, "name", "control characters"],
  [{ name: "!!!" }, "name", "give a label too"],
  [{ conditions: { regions: ["Ireland"] } }, "conditions.regions.0", "eu-west-1"],
  [{ conditions: { regions: [] } }, "conditions.regions", "at least one"],
  [{ conditions: { expires: "2020-01-01" } }, "conditions.expires", "a time to come"],
  [{ conditions: { notBefore: "2027-01-02", expires: "2027-01-01" } }, "conditions.notBefore", "before"],
  [{ conditions: { expires: "soon" } }, "conditions.expires", "2026-12-31"],
  [{ conditions: { ipAddressTypes: ["ipv5"] } }, "conditions.ipAddressTypes.0", "dualstack"],
  [{ verdict: "perhaps" }, "verdict", "accept, ask, reject"],
  [{ version: "1.5" }, "version", "whole number"],
])("%j is refused", async (wrong, field, remedy) => {
  const { ask, types } = await inCare();
  await expect(ask("PUT /entries", { ...accept, ...wrong })).rejects.toMatchObject({
    code: "BadInput",
    field,
    remedy: expect.stringContaining(remedy),
  });
  expect(types()).toEqual(["ServiceAdded"]);
});

test.each(["__proto__", "constructor", "prototype"])("a label called %s is refused by name, since it would get lost", async (name) => {
  const { ask, types } = await inCare();
  const labels: unknown = JSON.parse(`{ "team": "payments", "${name}": "x" }`);
  await expect(ask("PUT /entries", { ...accept, labels })).rejects.toMatchObject({ code: "BadInput", field: "labels" });
  expect(types()).toEqual(["ServiceAdded"]);
});

test("units and organizations are refused for now, malformed ones as such", async () => {
  const { ask } = await inCare();
  await expect(ask("PUT /entries", { ...accept, principal: "ou-ab12-cdefgh34" })).rejects.toMatchObject({ code: "NotConfigured" });
  await expect(ask("PUT /entries", { ...accept, principal: "org#o-abcdefghij" })).rejects.toMatchObject({ code: "NotConfigured" });
  await expect(ask("PUT /entries", { ...accept, principal: "ou-x" })).rejects.toMatchObject({ code: "BadInput" });
});

test("an entry needs a service in care, or `*`", async () => {
  const { ask } = desk();
  await expect(ask("PUT /entries", accept)).rejects.toMatchObject({ code: "NotInCare" });
  await ask("PUT /entries", { ...accept, service: "*" });
});

test("a reject that would cut a live connection is refused until confirmed, naming it; elsewhere it goes through", async () => {
  const { ask, connect, admit, world, types } = await inCare();
  await ask("PUT /entries", accept);
  connect(1);
  await admit();
  const reject = { service, principal: acme, verdict: "reject" };
  await expect(ask("PUT /entries", reject)).rejects.toMatchObject({
    code: "ConfirmationNeeded",
    message: expect.stringContaining(endpoint),
  });
  await expect(ask("PUT /entries", { ...reject, principal: "any" })).rejects.toMatchObject({ code: "ConfirmationNeeded" });
  await expect(ask("PUT /entries", { ...reject, service: "*", principal: endpoint })).rejects.toMatchObject({ code: "ConfirmationNeeded" });
  await ask("PUT /entries", { ...reject, principal: "444444444444" });
  await ask("PUT /entries", { ...reject, conditions: { regions: ["us-east-1"] } });
  await ask("PUT /entries", { ...reject, confirm: true });
  await admit();
  expect(types().slice(-1)).toEqual(["ConnectionDenied"]);
  expect(world.ec2.calls.at(-1)).toMatchObject({ action: "reject", endpoints: [endpoint] });
});

test("where a service is only observed a reject cuts nobody, so nothing needs to be confirmed", async () => {
  const { ask, connect, world } = desk();
  connect(1, 2, 60);
  world.ec2.move(endpoint, "available");
  await ask("POST /services", { service, mode: "observe" });
  expect(await ask<Put>("PUT /entries", { service, principal: acme, verdict: "reject" })).toMatchObject({ changed: true });
});

test("a list pages over every service without losing or repeating an entry", async () => {
  const { ask, world } = await inCare();
  world.ec2.addService(serviceOf(2));
  await ask("POST /services", { service: serviceOf(2) });
  for (const at of ["*", service, serviceOf(2)])
    for (const digit of [2, 3, 4]) await ask("PUT /entries", { service: at, principal: String(digit).repeat(12), verdict: "ask" });
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page: Page<Entry> = await ask("GET /entries", { limit: "2", ...(cursor === undefined ? {} : { cursor }) });
    expect(page.items.length).toBeLessThanOrEqual(2);
    seen.push(...page.items.map((entry) => `${entry.service} ${entry.principal}`));
    cursor = page.cursor;
  } while (cursor !== undefined);
  expect(new Set(seen).size).toBe(9);
  expect(seen).toHaveLength(9);
  expect((await ask<Page<Entry>>("GET /entries", { service: "*" })).items).toHaveLength(3);
  expect((await ask<Page<Entry>>("GET /entries", { principal: acme })).items).toHaveLength(3);
  await expect(ask("GET /entries", { cursor: "nonsense" })).rejects.toMatchObject({ code: "BadInput", field: "cursor" });
});

test("an account's contact is subscribed to its own outcomes, confirmed by the link, and nothing else is told so", async () => {
  const { ask, world } = await inCare();
  const said = { service, principal: acme, verdict: "accept", contact: "ops@acme.example" };
  const put = await ask("PUT /entries", { ...said, tellContact: true });
  expect(put).toMatchObject({ changed: true, contact: { address: "ops@acme.example", account: acme, subscription: "mailed" } });
  expect([...world.contacts.held.values()]).toMatchObject([{ email: "ops@acme.example", approver: acme, confirmed: false }]);
  // It is no part of the entry: the same again changes nothing, and asks again.
  const link = `https://sns.example/confirmation.html?Token=${world.contacts.tokenOf("ops@acme.example")}`;
  expect(await ask("PUT /entries", { ...said, tellContact: true, contactLink: link })).toMatchObject({
    changed: false,
    contact: { subscription: "confirmed" },
  });
  expect([...world.contacts.held.values()]).toMatchObject([{ confirmed: true, protected: true }]);
  expect(world.subscriptions.held.size).toBe(0);
});

test.each([
  ["no contact", { principal: acme }, "contact"],
  ["a contact without an address", { principal: acme, contact: "Ann, room 7" }, "contact"],
  ["an entry for many", { principal: "any", verdict: "ask", contact: "ops@acme.example" }, "tellContact"],
])("%s is not subscribed, and nothing is written", async (_, more, field) => {
  const { ask, types, world } = await inCare();
  const before = types();
  await expect(ask("PUT /entries", { service, verdict: "accept", ...more, tellContact: true })).rejects.toMatchObject({ field });
  expect(types()).toEqual(before);
  expect(world.contacts.held.size).toBe(0);
});

test("a look ahead subscribes nobody", async () => {
  const { ask, world } = await inCare();
  await ask("PUT /entries", { service, principal: acme, verdict: "accept", contact: "ops@acme.example", tellContact: true, preview: true });
  expect(world.contacts.held.size).toBe(0);
});

test.each([
  [{ conditions: { expires: "2020-01-01" } }, "conditions.expires", "2020-01-01"],
  [{ conditions: { expires: "2027-02-30" } }, "conditions.expires", "2027-02-30"],
  [{ conditions: { notBefore: "9999-12-31T23:59:59-14:00" } }, "conditions.notBefore", "9999-12-31T23:59:59-14:00"],
  [{ conditions: { notBefore: "2027-01-02T00:00+02:00", expires: "2027-01-01" } }, "conditions.notBefore", "2027-01-02T00:00+02:00"],
  [{ onExpiry: "24h", conditions: {} }, "onExpiry", "24h"],
  [{ disconnect: "7d" }, "disconnect", "7d"],
])("%j is refused as it was typed, one by one and in a batch", async (wrong, field, typed) => {
  const { ask } = await inCare();
  await expect(ask("PUT /entries", { ...accept, ...wrong })).rejects.toMatchObject({ field, value: typed });
  const put = [
    { ...accept, principal: "any" },
    { ...accept, ...wrong },
  ];
  await expect(ask("POST /entries/batch", { put })).rejects.toMatchObject({ field: `put.1.${field}`, value: typed });
});

test("a name that makes no DNS label is refused only where it would be one", async () => {
  const { ask } = await inCare();
  const named = (more: object): Promise<Put> => ask<Put>("PUT /entries", { service, name: "日本", ...more });
  await expect(named({ principal: acme, verdict: "accept" })).rejects.toMatchObject({ field: "name" });
  await expect(named({ principal: acme, verdict: "ask" })).rejects.toMatchObject({ field: "name" });
  for (const more of [
    { principal: acme, verdict: "reject" },
    { principal: "any", verdict: "accept", service: "*" },
  ])
    expect(await named(more)).toMatchObject({ changed: true, entry: { name: "日本" } });
});

test("Regions and address types are one list, however they are given", async () => {
  const { ask } = await inCare();
  const from = (regions: string[], ipAddressTypes: string[]): Promise<Put> =>
    ask<Put>("PUT /entries", { ...accept, conditions: { regions, ipAddressTypes } });
  expect(await from(["us-east-1", "eu-west-1", "us-east-1"], ["ipv6", "ipv4"])).toMatchObject({
    entry: { conditions: { regions: ["eu-west-1", "us-east-1"], ipAddressTypes: ["ipv4", "ipv6"] } },
  });
  expect(await from(["eu-west-1", "us-east-1"], ["ipv4", "ipv6", "ipv4"])).toMatchObject({ changed: false });
});

test("over an entry that is there, who they are stays unless it is given; without that, what is given is all", async () => {
  const { ask } = await inCare();
  const who = { name: "Acme", vpc: { id: "vpc-0123456789abcdef0", region: "eu-west-1" }, contact: "ops@acme.example", ticket: "NET-1" };
  await ask("PUT /entries", { ...accept, ...who, purpose: "payments", labels: { team: "a", tier: "1" } });
  const merged = await ask<Put>("PUT /entries", {
    service,
    principal: acme,
    verdict: "reject",
    merge: true,
    ticket: "NET-2",
    labels: { team: "b" },
  });
  expect(merged.entry).toMatchObject({ ...who, ticket: "NET-2", purpose: "payments", labels: { team: "b", tier: "1" }, conditions: {} });
  const { entry } = await ask<Put>("PUT /entries", { service, principal: acme, verdict: "reject" });
  expect(Object.keys(entry).toSorted()).toEqual([
    "at",
    "author",
    "authors",
    "conditions",
    "principal",
    "service",
    "since",
    "verdict",
    "version",
  ]);
});

test("a reject that is edited without another meaning goes on since when it came; with another it begins anew", async () => {
  const { ask, world } = await inCare();
  const reject = { service, principal: acme, verdict: "reject", disconnect: "24h" };
  const { entry: first } = await ask<Put>("PUT /entries", reject);
  const since = first.at;
  const later = async (more: object): Promise<Entry> => {
    world.clock.advance(3600);
    return (await ask<Put>("PUT /entries", { ...reject, ...more })).entry;
  };
  expect(first).not.toHaveProperty("since");
  expect(await later({ name: "acme" })).toMatchObject({ since, version: 2 });
  expect(await later({ name: "acme", ticket: "NET-1" })).toMatchObject({ since, version: 3 });
  const wider = await later({ name: "acme", conditions: { regions: ["eu-west-1"] } });
  expect(wider).not.toHaveProperty("since");
  expect(await later({ conditions: { regions: ["eu-west-1"] } })).toMatchObject({ since: wider.at });
  expect(await later({ disconnect: "48h" })).not.toHaveProperty("since");
  expect(await later({ verdict: "ask", disconnect: "48h" })).not.toHaveProperty("since");
});

test("the log says why, where somebody said so, and what a removal means; an old purpose is no reason for a new change", async () => {
  const { ask } = await inCare();
  const told = async (): Promise<string[]> =>
    (await ask<ShownEntry>("GET /entries/{service}/{principal}", { service, principal: acme })).history.map(({ sentence }) => sentence);
  await ask("PUT /entries", { ...accept, conditions: {}, purpose: "payments" });
  await ask("PUT /entries", { service, principal: acme, verdict: "reject", merge: true, disconnect: "keep", reason: "bad actor" });
  await ask("PUT /entries", { service, principal: acme, verdict: "reject", merge: true, disconnect: "now" });
  await ask("DELETE /entries/{service}/{principal}", { service, principal: acme, disconnect: "24h", reason: "over" });
  const who = `account ${acme} (Acme Ltd) at ${service}`;
  expect(await told()).toEqual([
    `entry added: ${who}: accept, version 1, because payments`,
    `entry changed: ${who}: reject, version 2, who was connected before is kept; verdict accept → reject, disconnect none → keep, because bad actor`,
    `entry changed: ${who}: reject, version 3, who was connected before is cut at once; disconnect keep → now`,
    `entry removed: ${who}: reject, version 3, who was connected before is cut at once; who it let in is cut after 24 hours, because over`,
  ]);
});

test("a list is of a service that there is, or was, and can be of what ends soon", async () => {
  const { ask } = await inCare();
  const put = (principal: string, expires?: string): Promise<Put> =>
    ask<Put>("PUT /entries", { service, principal, verdict: "accept", ...(expires === undefined ? {} : { conditions: { expires } }) });
  await put(acme);
  await put("333333333333", "2026-12-01");
  await put("444444444444", "2027-12-01");
  const listed = (more: object): Promise<ListedEntries> => ask<ListedEntries>("GET /entries", more);
  expect(await listed({ endsBefore: "2026-12-31" })).toMatchObject({
    items: [{ principal: "account#333333333333" }],
    at: "2026-11-23T12:00:01.000Z",
  });
  await expect(listed({ service: serviceOf(9) })).rejects.toMatchObject({ code: "NotInCare" });
  await ask("DELETE /services/{service}", { service });
  expect((await listed({ service })).items).toHaveLength(3);
  expect((await listed({ service: "*" })).items).toEqual([]);
});

test("what may stand for a consumer is told in full", async () => {
  const { ask } = await inCare();
  await expect(ask("PUT /entries", { ...accept, principal: "acme" })).rejects.toMatchObject({
    remedy: expect.stringMatching(/twelve digits.*vpce-….*ou-….*o-….*any/) as string,
  });
});
