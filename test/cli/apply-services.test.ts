// Services in the policy file: taken into care, enforced, given names and released, with what follows told before it is done.
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Service } from "../../lib/service.ts";
import { accountOf, endpointOf, serviceOf } from "../fakes/endpoint-services.ts";
import { desk, service, zone, type Desk } from "../operator/desk.ts";
import { policyDesk, type PolicyDesk } from "./policy-desk.ts";

let at: Desk;
let files: PolicyDesk;
let apply: PolicyDesk["apply"];

beforeEach(async () => {
  at = desk();
  files = await policyDesk(at);
  ({ apply } = files);
});
afterEach(() => files.close());

const inCare = async (): Promise<Service[]> => (await at.ask<{ items: Service[] }>("GET /services")).items;
const text = (settings: string, entries = ""): string => `services:\n  ${service}: ${settings}\n${entries}`;
const accepts = `entries:\n  - { service: ${service}, principal: 222222222222, verdict: accept }\n`;
/** Waiting since before Drawbridge, and accepted already. */
const waiting = (number: number, account: number): void => at.connect(number, account, 10);
const accepted = (number: number, account: number, where = service): void =>
  at.world.ec2.connect({ endpoint: endpointOf(number), service: where, account: accountOf(account), state: "available" });

test("a service is taken in observed, and enforced when its settings and entries are there, so that nobody is asked for nothing", async () => {
  waiting(1, 2);
  waiting(2, 3);
  accepted(3, 4);
  const file = text(
    "{ mode: enforce, zone: privatelink.example.com, privateDnsName: api.example.com, onReject: keep, onRemoval: 24h }",
    `${accepts}  - { service: "*", principal: 444444444444, verdict: reject }\n`,
  );
  const planned = await apply(file, "--check");
  expect(planned.code).toBe(1);
  expect(planned.out).toContain(
    `+ ${service}: taken into care, enforced, on removal cut after 24 hours, on reject keep, zone privatelink.example.com, private dns name api.example.com`,
  );
  expect(planned.out).toContain("Plan: 2 to add, 0 to change, 0 to remove; services: 1 to take into care");
  // The one accepted already would be cut by the reject entry, but for the service's own setting.
  expect(planned.out).toContain("What would follow: 1 asked about, 1 accepted, 1 kept though nothing lets them in any more.");
  expect(await inCare()).toEqual([]);
  const applied = await apply(file, "--yes", "--reason", "release 42");
  expect(applied).toMatchObject({ code: 0, out: expect.stringContaining("Done: entries 2 added; services 1 taken into care.") });
  const byOperators = at.types().filter((type) => /^(Service|Entry)/.test(type));
  expect(byOperators).toEqual(["ServiceAdded", "ServiceChanged", "EntryAdded", "EntryAdded", "ServiceEnforced"]);
  expect(
    at.world.tables.committed.filter(({ event }) => event.type.startsWith("Service")).map(({ event }) => event.because.detail),
  ).toEqual(Array.from({ length: 3 }, () => "release 42"));
  expect(await inCare()).toMatchObject([{ mode: "enforce", zone: { id: zone }, privateDnsName: "api.example.com", onReject: "keep" }]);
  await at.admit();
  expect(
    at
      .types()
      .filter((type) => /^(ConnectionApproved|ApprovalRequested|ConnectionDenied)$/.test(type))
      .toSorted(),
  ).toEqual(["ApprovalRequested", "ConnectionApproved"]);
  const before = at.types().length;
  expect(await apply(file, "--yes")).toMatchObject({ code: 0, out: "Nothing to do: the policy is as the file says.\n" });
  const exported = await files.run(["export"]);
  expect(exported.out).toContain(
    `  ${service}:\n    mode: enforce\n    zone: privatelink.example.com\n    privateDnsName: api.example.com\n    outsideAccept: keep\n    onRemoval: 24h\n    onReject: keep\n`,
  );
  expect(await apply(exported.out, "--check")).toMatchObject({ code: 0 });
  expect(at.types()).toHaveLength(before);
});

test("a reject entry cuts who was connected before, and the plan says so before the service is taken in", async () => {
  accepted(3, 4);
  const file = text("{ mode: enforce, zone: none }", `entries:\n  - { service: "*", principal: 444444444444, verdict: reject }\n`);
  const planned = await apply(file, "--check", "--json");
  expect(JSON.parse(planned.out)).toMatchObject({ outlook: { cut: [{ endpoint: endpointOf(3), account: accountOf(4) }] } });
  expect(await apply(file)).toMatchObject({ code: 1, err: expect.stringContaining("It cuts 1 connection.") });
  expect(at.types()).toEqual([]);
  expect(await apply(file, "--yes")).toMatchObject({ code: 0 });
  await at.admit();
  expect(at.types().at(-1)).toBe("ConnectionDenied");
});

test("an observed service is enforced by the file, which tells who would be accepted; a left-out mode, zone and name stay", async () => {
  const observed = text("{ mode: observe, zone: none }", accepts);
  expect(await apply(observed, "--yes")).toMatchObject({ code: 0 });
  expect(await inCare()).toMatchObject([{ mode: "observe" }]);
  waiting(1, 2);
  await at.admit();
  expect(at.types()).not.toContain("ConnectionApproved");
  expect(await apply(text("{ onRemoval: 7d }", accepts), "--yes")).toMatchObject({ code: 0 });
  expect(await inCare()).toMatchObject([{ mode: "observe", onRemoval: { afterHours: 168 } }]);
  const enforced = text("{ mode: enforce, zone: Z0123456789ABCDEFGHIJ, privateDnsName: api.example.com, onRemoval: 7d }", accepts);
  const planned = await apply(enforced, "--check");
  expect(planned.out).toContain("mode observe → enforce");
  expect(planned.out).toContain("zone none → Z0123456789ABCDEFGHIJ, private dns name none → api.example.com");
  expect(planned.out).toContain("What would follow: 1 accepted.");
  expect(await apply(enforced, "--yes")).toMatchObject({ code: 0, out: expect.stringContaining("services 1 set, 1 enforced") });
  await at.admit();
  expect(at.types()).toContain("ConnectionApproved");
  expect(await apply(text("{ onRemoval: 7d }", accepts), "--check")).toMatchObject({ code: 0, out: "Nothing would change.\n" });
  const bare = text("{ zone: none, privateDnsName: none, onRemoval: 7d }", accepts);
  expect(await apply(bare, "--yes")).toMatchObject({ code: 0 });
  const [now] = await inCare();
  expect([now?.zone, now?.privateDnsName]).toEqual([undefined, undefined]);
  expect(await apply(bare, "--check")).toMatchObject({ code: 0 });
});

test("a service is released only when the file says released; its connections and entries stay, and a wider reject does not reach it", async () => {
  const other = serviceOf(2);
  at.world.ec2.addService(other);
  const both = `services:\n  ${service}: { mode: enforce, zone: none }\n  ${other}: { mode: enforce, zone: none }\n`;
  await apply(both + accepts, "--yes");
  waiting(1, 2);
  accepted(7, 4, other);
  await at.admit();
  await at.admit(other);
  const one = `services:\n  ${other}: {}\n`;
  expect(await apply(one, "--check")).toMatchObject({ code: 0, out: "Nothing would change.\n" });
  const released = `${one}released: [${service}]\nentries:\n  - { service: "*", principal: any, verdict: reject }\n`;
  const planned = await apply(released, "--check");
  expect(planned.out).toContain(`- ${service}: released; its connections stay as they are, new requests wait at AWS`);
  expect(planned.out).toContain("Plan: 1 to add, 0 to change, 0 to remove; services: 1 to release");
  expect(planned.out).toContain("What would follow: 1 cut at once.");
  expect(await apply(released, "--yes")).toMatchObject({ code: 0, out: expect.stringContaining("services 1 released") });
  expect((await inCare()).map((its) => its.service)).toEqual([other]);
  await at.admit();
  await at.admit(other);
  expect(at.world.tables.committed.filter(({ event }) => event.type === "ConnectionDenied").map(({ subject }) => subject)).toEqual([
    `connection#${endpointOf(7)}`,
  ]);
  expect((await at.ask<{ items: unknown[] }>("GET /entries", { service })).items).toHaveLength(1);
  expect(await apply(released, "--check")).toMatchObject({ code: 0, out: "Nothing would change.\n" });
});

test("an apply that stops half-way leaves the service observed, says where, and goes on when repeated", async () => {
  waiting(1, 2);
  const file = text("{ mode: enforce, zone: none }", accepts);
  let meddled = false;
  at.world.tables.onCommit(({ event }) => {
    if (meddled || event.type !== "ServiceAdded") return;
    meddled = true;
    void at.ask("PUT /entries", { service, principal: "222222222222", verdict: "ask" });
  });
  const stopped = await apply(file, "--yes");
  expect(stopped).toMatchObject({
    code: 1,
    err: expect.stringMatching(/Stopped at the entries after 1 of 2 changes: .*goes on from there/),
  });
  expect(await inCare()).toMatchObject([{ mode: "observe" }]);
  expect(await apply(file, "--yes")).toMatchObject({ code: 0, out: expect.stringContaining("entries 1 changed; services 1 enforced") });
  expect(await apply(file, "--check")).toMatchObject({ code: 0 });
});

test("somebody else's change between plan and release is not lost", async () => {
  await apply(text("{ mode: enforce, zone: none }"), "--yes");
  const shown = await at.ask<{ service: Service }>("GET /services/{service}", { service });
  await at.ask("PATCH /services/{service}", { service, onRemoval: "7d" });
  await expect(at.ask("DELETE /services/{service}", { service, version: shown.service.version })).rejects.toMatchObject({
    code: "VersionClash",
  });
  expect(await inCare()).toHaveLength(1);
});

const unknown = "vpce-svc-0fffffffffffffff9";

test.each<[string, string, string]>([
  [
    "a service that AWS does not know",
    `services:\n  ${unknown}: { mode: enforce, zone: none }\n`,
    `policy.yml:2:3: AWS does not know ${unknown}`,
  ],
  [
    "taking in without a mode",
    text("{ zone: none }"),
    "policy.yml:2:3: vpce-svc-00000000000000001 is not in care yet: to take it in, say mode",
  ],
  ["taking in without a zone", text("{ mode: enforce }"), "policy.yml:2:3: vpce-svc-00000000000000001 is not in care yet"],
  [
    "a zone of somebody else",
    text("{ mode: enforce, zone: example.org }"),
    "policy.yml:2:54: Zone example.org is not among this deployment's zones",
  ],
  ["a wrong mode", text("{ mode: on, zone: none }"), `policy.yml:2:39: services.${service}.mode: "on" give one of enforce, observe`],
  ["a wrong domain", text("{ mode: enforce, zone: none, privateDnsName: x }"), "policy.yml:2:76: services."],
  [
    "a service that comes and goes",
    `${text("{ mode: enforce, zone: none }")}released: [${service}]\n`,
    "policy.yml:2:3: vpce-svc-00000000000000001 stands under released too",
  ],
  ["a released service that is none", "released: [svc-1]\n", 'policy.yml:1:12: released.0: "svc-1" give'],
  [
    "an entry of a service that goes",
    `released: [${service}]\nentries:\n  - { service: ${service}, principal: any, verdict: ask }\n`,
    "policy.yml:3:16: vpce-svc-00000000000000001 is to be released",
  ],
])("%s is told with line and column, and changes nothing", async (_, file, said) => {
  const { code, err, out } = await apply(file, "--yes");
  expect(err).toContain(`drawbridge: ${said}`);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(at.types()).toEqual([]);
});

test("what is enforced is not observed again by a file, and a zone that is not the deployment's is refused later too", async () => {
  await apply(text("{ mode: enforce, zone: none }"), "--yes");
  const before = at.types().length;
  expect(await apply(text("{ mode: observe }"), "--yes")).toMatchObject({
    code: 2,
    err: expect.stringContaining(
      `policy.yml:2:39: ${service} is enforced already; to stop accepting, freeze it: drawbridge freeze ${service}`,
    ),
  });
  expect(await apply(text("{ zone: example.org }"), "--yes")).toMatchObject({
    code: 2,
    err: expect.stringContaining("policy.yml:2:39: Zone example.org"),
  });
  expect(at.types()).toHaveLength(before);
});

test("what a file leaves of the endpoint service's own permissions that no sweep puts right is told when it is done", async () => {
  const follows = "{ mode: enforce, zone: none, permissions: follow }";
  at.world.ec2.addService(service);
  expect((await apply(text(follows, accepts), "--yes")).err).not.toContain("!");
  at.world.ec2.letAsk(service, "*");
  const anyone = await apply(text(follows, `${accepts}  - { service: "*", principal: any, verdict: ask }\n`), "--yes");
  expect(anyone).toMatchObject({ code: 0, err: expect.stringContaining("! the permissions of vpce-svc-00000000000000001 cannot follow") });
  expect((await apply(text(follows, accepts), "--yes")).err).toContain("! * may ask to connect to");
  await at.ports.permits.keep(service, { account: accountOf(2), at: at.ports.clock() });
  at.world.ec2.letAsk(service, accountOf(2));
  expect((await apply(text("{ mode: enforce, zone: none }", accepts), "--yes")).err).toContain(
    "! 222222222222 may still ask to connect to",
  );
});
