// Services are taken into care, enforced, shown and released; each refusal says what to do.
import fc from "fast-check";
import { expect, test } from "vitest";
import { attributeService } from "../../lib/loop/attribute-service.ts";
import type { Preview } from "../../lib/operator/service-survey.ts";
import type { Added, Shown } from "../../lib/operator/services.ts";
import { accountOf, endpointOf, serviceOf } from "../fakes/endpoint-services.ts";
import { desk, endpoint, inCare, service, zone } from "./desk.ts";

test("taking a service into care records it, has AWS notify us, adopts what is connected and wakes admit for what waits", async () => {
  const { ask, world, connect, types } = desk();
  connect(1, 2, 60);
  world.ec2.move(endpoint, "available");
  connect(2, 3, 10);
  const added = await ask<Added>("POST /services", { service, zone: "PrivateLink.Example.com." });
  expect(added).toMatchObject({
    changed: true,
    recorded: { adopted: 1, requested: 1 },
    service: { mode: "enforce", zone: { id: zone }, outsideAccept: "keep", version: 1 },
  });
  expect(added.service.notification).toBe([...world.ec2.notifications.keys()][0]);
  expect(types()).toEqual(["ServiceAdded", "ConnectionAdopted", "ConnectionRequested"]);
  expect(world.wake.take("admit").map(({ look }) => look)).toEqual([{ service, why: "added" }]);
});

test("adding it again changes nothing; adding it otherwise is refused with the way out", async () => {
  const { ask, types, world } = await inCare();
  expect(await ask("POST /services", { service, zone })).toMatchObject({ changed: false });
  expect(types()).toEqual(["ServiceAdded"]);
  await expect(ask("POST /services", { service })).rejects.toMatchObject({
    code: "AlreadyInCare",
    remedy: expect.stringContaining("services set"),
  });
  expect(world.ec2.notifications.size).toBe(1);
});

test("a notification that somebody deleted is made anew by adding again", async () => {
  const { ask, world, types } = await inCare();
  const [id = ""] = world.ec2.notifications.keys();
  await world.ec2.port.stopNotifying(id);
  world.ec2.addService(serviceOf(2));
  await ask("POST /services", { service: serviceOf(2) });
  expect((await ask<Shown>("GET /services/{service}", { service })).problems).toHaveLength(1);
  expect(await ask("POST /services", { service, zone })).toMatchObject({ changed: true });
  expect(types().at(-1)).toBe("ServiceChanged");
  expect((await ask<Shown>("GET /services/{service}", { service })).problems).toEqual([]);
});

test.each([
  ["not known", {}, "NotFound", "describe-vpc-endpoint-service-configurations"],
  [
    "open to everybody",
    { acceptanceRequired: false },
    "AcceptanceNotRequired",
    `modify-vpc-endpoint-service-configuration --service-id ${serviceOf(2)} --acceptance-required`,
  ],
  [
    "without the tag",
    { tags: { Name: "pay" } },
    "TagMissing",
    `aws ec2 create-tags --resources ${serviceOf(2)} --tags Key=drawbridge,Value=`,
  ],
])("a service that is %s is refused with the command that helps, and nothing is written", async (what, facts, code, command) => {
  const { ask, world, types } = desk();
  if (what !== "not known") world.ec2.addService(serviceOf(2), facts);
  await expect(ask("POST /services", { service: serviceOf(2), zone })).rejects.toMatchObject({
    code,
    remedy: expect.stringContaining(command),
  });
  const { obstacles } = await ask<Preview>("GET /services/{service}/preview", { service: serviceOf(2) });
  expect(obstacles.map((one) => one.code)).toEqual([code]);
  expect([types(), world.ec2.notifications.size]).toEqual([[], 0]);
});

test.each(["Z9999999999999", "elsewhere.example.com"])("zone %s is refused, naming those of the deployment", async (wanted) => {
  await expect(desk().ask("POST /services", { service, zone: wanted })).rejects.toMatchObject({
    code: "ZoneNotAllowed",
    remedy: expect.stringContaining(`privatelink.example.com (${zone})`),
  });
});

test("the preview foretells each connection and writes nothing", async () => {
  const { ask, connect, world, types } = desk();
  await ask("PUT /entries", { service: "*", principal: "222222222222", verdict: "accept", name: "acme" });
  await ask("PUT /entries", { service: "*", principal: "444444444444", verdict: "reject" });
  connect(1, 2);
  connect(2, 3);
  connect(3, 4, 60);
  world.ec2.move(endpoint, "pendingAcceptance");
  connect(4, 4, 60);
  world.ec2.move("vpce-00000000000000004" as typeof endpoint, "available");
  const before = types().length;
  const preview = await ask<Preview>("GET /services/{service}/preview", { service, zone });
  expect(preview.counts).toEqual({ adopted: 1, cut: 1, waiting: 3, accept: 1, ask: 1, reject: 1, over: 0 });
  expect(preview.connections[0]).toMatchObject({ becomes: "waits", verdict: "reject" });
  expect(types()).toHaveLength(before);
});

test("the preview of any list equals what then happens to those who are connected, and to those who wait", async () => {
  const entry = fc.record(
    {
      service: fc.constant("*"),
      principal: fc.constantFrom(accountOf(2), accountOf(3), endpointOf(1), endpointOf(4), "any"),
      verdict: fc.constantFrom("accept", "reject", "reject"),
      disconnect: fc.constantFrom("keep", "now", "24h"),
    },
    { requiredKeys: ["service", "principal", "verdict"] },
  );
  let [cuts, later] = [0, 0];
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 4 }), fc.array(fc.nat(90), { minLength: 1 }), async (list, ages) => {
      const at = desk();
      for (const { disconnect, ...said } of list) {
        await at.ask("PUT /entries", { ...said, ...(disconnect === undefined || said.verdict === "accept" ? {} : { disconnect }) });
        at.world.clock.advance(1200);
      }
      for (const number of [1, 2, 3, 4, 5, 6]) {
        at.connect(number, 2 + (number % 3), 1 + (ages[number % ages.length] ?? 0));
        if (number % 3 > 0) at.world.ec2.move(endpointOf(number), "available");
      }
      const { counts, connections } = await at.ask<Preview>("GET /services/{service}/preview", { service });
      await at.ask("POST /services", { service });
      await at.admit();
      const of = (type: string, revokes?: boolean): string[] =>
        at.world.tables.committed
          .filter(
            ({ event }) =>
              event.type === type && (revokes === undefined || (event.type === "ConnectionDenied" && event.revokes === revokes)),
          )
          .map(({ subject }) => subject.replace("connection#", ""))
          .toSorted();
      const told = (which: (one: (typeof connections)[number]) => boolean): string[] =>
        connections
          .filter(which)
          .map((one) => one.endpoint)
          .toSorted();
      expect(told(({ cut }) => cut !== undefined && cut.due === undefined)).toEqual(of("ConnectionDenied", true));
      expect(told(({ cut }) => cut?.due !== undefined)).toEqual(of("RevocationAnnounced"));
      expect(counts.cut).toBe(of("ConnectionDenied", true).length + of("RevocationAnnounced").length);
      expect(told(({ becomes, verdict }) => becomes === "waits" && verdict === "reject")).toEqual(of("ConnectionDenied", false));
      expect(told(({ becomes, verdict }) => becomes === "waits" && verdict === "accept")).toEqual(of("ConnectionApproved"));
      cuts += of("ConnectionDenied", true).length;
      later += of("RevocationAnnounced").length;
    }),
    { numRuns: 150 },
  );
  expect([cuts > 5, later > 5]).toEqual([true, true]);
});

test("an observed service is enforced once; the second time nothing changes", async () => {
  const { ask, types } = await inCare("observe");
  expect(await ask("POST /services/{service}/enforce", { service })).toMatchObject({
    changed: true,
    service: { mode: "enforce", version: 2 },
  });
  expect(await ask("POST /services/{service}/enforce", { service })).toMatchObject({ changed: false });
  expect(types()).toEqual(["ServiceAdded", "ServiceEnforced"]);
});

test("a released service keeps its connections, has no notification, and can be taken up again", async () => {
  const { ask, world, connect, admit } = await inCare();
  connect(1);
  await admit();
  await ask("DELETE /services/{service}", { service });
  expect(world.ec2.notifications.size).toBe(0);
  await expect(ask("GET /services/{service}", { service })).rejects.toMatchObject({ code: "NotInCare" });
  expect(await ask("GET /connections/{endpoint}", { endpoint })).toMatchObject({ connection: { status: "asking" } });
  await expect(ask("DELETE /services/{service}", { service })).rejects.toMatchObject({ code: "NotInCare" });
  expect(await ask<Added>("POST /services", { service, zone })).toMatchObject({ changed: true, service: { version: 3 } });
});

test("showing tells health, counts and the history with its author", async () => {
  const { ask, world, connect, admit } = await inCare();
  connect(1);
  await admit();
  world.ec2.addService(service, { acceptanceRequired: false });
  const shown = await ask<Shown>("GET /services/{service}", { service });
  expect(shown.counts).toEqual({ asking: 1 });
  expect(shown.problems[0]?.message).toContain("acceptance is not required");
  expect(shown.history[0]).toMatchObject({
    sentence: expect.stringContaining("taken into care"),
    event: { by: { arn: "arn:aws:iam::111111111111:user/alice" } },
  });
});

test("a service with very many connections is taken at once, and left to the workers to record", async () => {
  const { ask, connect, types, world } = desk();
  for (let number = 1; number <= 501; number += 1) connect(number, 3);
  expect(await ask<Added>("POST /services", { service, zone })).not.toHaveProperty("recorded");
  expect(types()).toEqual(["ServiceAdded"]);
  expect(world.wake.take("admit")).toHaveLength(1);
});

test("two operators who add at once make one record", async () => {
  const { ask, types } = desk();
  const both = await Promise.all([ask<Added>("POST /services", { service, zone }), ask<Added>("POST /services", { service, zone })]);
  expect(both.filter(({ changed }) => changed)).toHaveLength(1);
  expect(types()).toEqual(["ServiceAdded"]);
});

test("a change of the version that somebody saw is refused when somebody else changed the settings since, not when Drawbridge noted something", async () => {
  const { ask, ports, types, world } = await inCare();
  const { version } = (await ask<Shown>("GET /services/{service}", { service })).service;
  for (const event of ["e-1", "e-2"]) {
    const called = { call: "ModifyVpcEndpointServicePermissions", arn: "arn:aws:iam::111111111111:user/alice", event } as const;
    const source = { kind: "cloudtrail" } as const;
    await attributeService(ports, service, { services: [service], endpoints: [], signal: { kind: "look" }, source, attempt: 0, called });
  }
  await ask("PATCH /services/{service}", { service, version, onRemoval: "7d" });
  expect(types()).toEqual(["ServiceAdded", "ServiceAttributed", "ServiceAttributed", "ServiceChanged"]);
  for (const seen of [version, version + 1])
    await expect(ask("PATCH /services/{service}", { service, version: seen, onRemoval: "keep" })).rejects.toMatchObject({
      code: "VersionClash",
    });
  await expect(ask("DELETE /services/{service}", { service, version: version + 2 })).rejects.toMatchObject({ code: "VersionClash" });
  // What was never there is nobody's.
  await expect(ask("DELETE /services/{service}", { service, version: version + 4 })).rejects.toMatchObject({ code: "VersionClash" });
  expect(world.tables.committed).toHaveLength(4);
});

test("input that is wrong names the field, the value and the remedy", async () => {
  const { ask } = desk();
  await expect(ask("POST /services", { service: "vpce-1" })).rejects.toMatchObject({
    code: "BadInput",
    field: "service",
    remedy: expect.stringContaining("vpce-svc-"),
  });
  await expect(ask("POST /services", { service, mode: "maybe" })).rejects.toMatchObject({
    field: "mode",
    message: expect.stringContaining('"maybe"'),
  });
  await expect(ask("POST /services", { service, zones: [] })).rejects.toMatchObject({
    field: "zones",
    remedy: expect.stringContaining("there is no such field"),
  });
});
