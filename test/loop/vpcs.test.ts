// A registered VPC and the service's private zone, on fakes: authorized with the connection, withdrawn with the last that needs it.

import { beforeEach, describe, expect, test } from "vitest";
import { Fault } from "../../lib/faults.ts";
import { serviceId, zoneId, type EndpointId } from "../../lib/ids.ts";
import { connectionSubject, entrySubject, noHead } from "../../lib/ledger.ts";
import { admit } from "../../lib/loop/admit.ts";
import type { Item } from "../../lib/loop/batch.ts";
import { giveNames } from "../../lib/loop/names.ts";
import { observe } from "../../lib/loop/observe.ts";
import type { Ran } from "../../lib/loop/run.ts";
import { sweep } from "../../lib/loop/sweep.ts";
import { followVpcs, type VpcPorts } from "../../lib/loop/vpcs.ts";
import { readMessage } from "../../lib/messages.ts";
import type { Connections, Look, Zones } from "../../lib/ports.ts";
import { standingGrant } from "../../lib/vpcs.ts";
import { sentence } from "../../lib/wording.ts";
import { acme, entry, entryEvent, noon, payments, service, serviceEvent } from "../contracts/samples.ts";
import { endpointOf } from "../fakes/endpoint-services.ts";
import { fakeWorld, type FakeWorld } from "../fakes/world.ts";

const zone = zoneId("Z0123456789ABCDEFGHIJ");
const vpc = { id: "vpc-0123456789abcdef0", region: "eu-west-1" };
const authorized = `${zone} eu-west-1/vpc-0123456789abcdef0`;
const [first, second] = [endpointOf(1), endpointOf(2)];
let world: FakeWorld;
let ports: ReturnType<FakeWorld["ports"]> & { owner: (endpoint: EndpointId) => string; followVpcs: typeof follow };

const follow = (ran: Ran, wake: VpcPorts["wake"], compare: boolean): Promise<void> => followVpcs({ ...ports, wake }, ran, compare);
/** With some of what Route 53 or the index does done otherwise. */
const otherwise = (changes: { zones?: Partial<Zones>; connections?: Partial<Connections> }) => {
  const changed = { ...ports, zones: { ...ports.zones, ...changes.zones }, connections: { ...ports.connections, ...changes.connections } };
  return { ...changed, followVpcs: (ran: Ran, wake: VpcPorts["wake"], compare: boolean) => followVpcs({ ...changed, wake }, ran, compare) };
};

const items = (look: Omit<Look, "service" | "why"> & Partial<Look> = {}, at = payments): Item[] => [
  { id: "m", wanted: readMessage(JSON.stringify({ look: { service: at, why: "sweep", ...look } })) },
];
const typesOf = (endpoint: EndpointId): string[] =>
  world.tables.committed.flatMap(({ subject, event }) =>
    subject === connectionSubject(endpoint) && event.type.startsWith("Vpc") ? [event.type] : [],
  );
const record = async (endpoint: EndpointId) => (await ports.connections.load([endpoint])).get(endpoint)?.connection;

async function connect(...endpoints: EndpointId[]): Promise<void> {
  for (const endpoint of endpoints) world.ec2.connect({ endpoint, service: payments, account: acme });
  await admit(ports, items({ endpoints }));
  world.ec2.settle();
  await observe(ports, items({ endpoints }));
}

async function end(endpoint: EndpointId): Promise<void> {
  world.ec2.move(endpoint, "rejected");
  await observe(ports, items({ endpoints: [endpoint] }));
  await giveNames(ports, items({ endpoints: [endpoint] }));
}

async function allow(members: Parameters<typeof entry>[2]): Promise<void> {
  const expected = await ports.ledger.head(entrySubject(payments, `account#${acme}`));
  const allowed = entry(acme, expected.seq + 1, members);
  await ports.ledger.commit({ of: "entry", key: allowed, after: allowed, events: [entryEvent("EntryAdded", allowed)], expected });
}

beforeEach(async () => {
  world = fakeWorld(noon);
  const all = world.ports();
  ports = { ...all, owner: (endpoint) => `drawbridge ${endpoint}`, followVpcs: follow };
  world.ec2.addService(payments);
  world.zones.addZone(zone, "payments.internal", true, true);
  const inCare = service(payments, 1, { zone: { id: zone, name: "payments.internal", isPrivate: true } });
  await ports.ledger.commit({ of: "service", key: payments, after: inCare, events: [serviceEvent(payments)], expected: noHead });
  await allow({ name: "acme", vpc });
  world.clock.advance(60);
});

test("is authorized when the connection is available, with the consumer's one command in the log, and withdrawn when it ends", async () => {
  world.ec2.connect({ endpoint: first, service: payments, account: acme });
  await admit(ports, items({ endpoints: [first] }));
  await giveNames(ports, items({ endpoints: [first] }));
  expect([...world.zones.authorized]).toEqual([]);
  world.ec2.settle();
  await observe(ports, items({ endpoints: [first] }));
  await giveNames(ports, items({ endpoints: [first] }));
  expect([...world.zones.authorized]).toEqual([authorized]);
  expect(world.tables.committed.map(({ event }) => sentence(event)).find((text) => text.includes("the consumer runs"))).toContain(
    `aws route53 associate-vpc-with-hosted-zone --hosted-zone-id ${zone} --vpc VPCRegion=eu-west-1,VPCId=${vpc.id}`,
  );
  await end(first);
  expect([...world.zones.authorized]).toEqual([]);
  expect(typesOf(first)).toEqual(["VpcNamed", "VpcGranted", "VpcAuthorized", "VpcWithdrawn"]);
  expect((await record(first))?.grants).toBeUndefined();
});

test("stays while another endpoint of the same VPC is connected", async () => {
  await connect(first, second);
  await giveNames(ports, items());
  await end(first);
  expect([...world.zones.authorized]).toEqual([authorized]);
  expect(typesOf(first).at(-1)).toBe("VpcWithdrawn");
  await end(second);
  expect([...world.zones.authorized]).toEqual([]);
});

test("stays while an endpoint of the same VPC is connected to another service that shares the zone", async () => {
  const other = serviceId("vpce-svc-0fedcba9876543210");
  world.ec2.addService(other);
  const inCare = service(other, 1, { zone: { id: zone, name: "payments.internal", isPrivate: true } });
  await ports.ledger.commit({ of: "service", key: other, after: inCare, events: [serviceEvent(other)], expected: noHead });
  const allowed = { ...entry(acme, 1, { name: "acme", vpc }), service: other };
  const event = { ...entryEvent("EntryAdded", allowed), service: other };
  await ports.ledger.commit({ of: "entry", key: allowed, after: allowed, events: [event], expected: noHead });
  await connect(first);
  world.ec2.connect({ endpoint: second, service: other, account: acme });
  await admit(ports, items({ endpoints: [second] }, other));
  world.ec2.settle();
  await observe(ports, items({ endpoints: [second] }, other));
  await giveNames(ports, items());
  await giveNames(ports, items({}, other));
  expect((await record(second))?.grants).toMatchObject([{ zone, vpc, made: true }]);
  await end(first);
  expect([...world.zones.authorized]).toEqual([authorized]);
});

test("follows the entry: another VPC replaces it, and without one it goes", async () => {
  await connect(first);
  await giveNames(ports, items());
  await allow({ name: "acme", vpc: { ...vpc, id: "vpc-0fedcba9876543210" } });
  await sweep(ports);
  await giveNames(ports, items());
  expect([...world.zones.authorized]).toEqual([`${zone} eu-west-1/vpc-0fedcba9876543210`]);
  await allow({ name: "acme" });
  await sweep(ports);
  await giveNames(ports, items());
  expect([...world.zones.authorized]).toEqual([]);
});

test("a refusal is told once and rests, a throttle comes again soon, and neither keeps the name from being made", async () => {
  await connect(first);
  const refusing = (fault: Fault) => otherwise({ zones: { authorize: () => Promise.reject(fault) } });
  const where = "route53:CreateVPCAssociationAuthorization";
  world.wake.take("dns");
  await giveNames(refusing(new Fault("Throttling", where, "Rate exceeded", true)), items({ endpoints: [first] }));
  expect(world.wake.take("dns")).toMatchObject([{ delaySeconds: 5, look: { endpoints: [first] } }]);
  await giveNames(refusing(new Fault("InvalidVPCId", where, "no such VPC", false)), items({ endpoints: [first] }));
  expect((await record(first))?.trouble).toMatchObject({ effect: "authorize-vpc", code: "InvalidVPCId" });
  expect((await record(first))?.names).toMatchObject([{ made: true }]);
  world.clock.advance(90);
  await giveNames(ports, items({ endpoints: [first] }));
  expect([...world.zones.authorized]).toEqual([authorized]);
  expect((await record(first))?.trouble).toBeUndefined();
});

test("what Route 53 refused to withdraw comes again with the sweep, though its connection is over and has no name", async () => {
  await connect(first);
  await giveNames(ports, items({ endpoints: [first] }));
  world.ec2.move(first, "deleted");
  await observe(ports, items({ endpoints: [first] }));
  const fault = new Fault("AccessDenied", "route53:DeleteVPCAssociationAuthorization", "not authorized", false);
  await giveNames(otherwise({ zones: { withdraw: () => Promise.reject(fault) } }), items({ endpoints: [first] }));
  expect(await record(first)).toMatchObject({ status: "closed", names: [], trouble: { effect: "withdraw-vpc" } });
  for (const isListed of [true, false]) {
    world.clock.advance(600);
    if (!isListed) world.ec2.forget(first);
    world.wake.take("dns");
    await sweep(ports);
    expect(world.wake.take("dns")).toMatchObject([{ look: { endpoints: [first] } }]);
  }
  await giveNames(ports, items({ endpoints: [first] }));
  expect([...world.zones.authorized]).toEqual([]);
});

test("stays while the index shows as closed who has been found again and needs it", async () => {
  await connect(first, second);
  await giveNames(ports, items());
  const lagging = otherwise({
    connections: {
      ofService: async (...asked) => {
        const { items: all, ...page } = await ports.connections.ofService(...asked);
        return { ...page, items: all.map((one) => (one.endpoint === second ? { ...one, status: "closed", reason: "vanished" } : one)) };
      },
    },
  });
  world.ec2.move(first, "rejected");
  await observe(ports, items({ endpoints: [first] }));
  await giveNames(lagging, items({ endpoints: [first] }));
  expect([...world.zones.authorized]).toEqual([authorized]);
});

describe("once an hour", () => {
  const authorizedWord = `its VPC ${vpc.id} may see the private zone ${zone}`;

  test("what was withdrawn since the index did not show who else needed it is authorized again, and the log says why", async () => {
    await connect(first, second);
    await giveNames(ports, items());
    world.ec2.move(first, "rejected");
    await observe(ports, items({ endpoints: [first] }));
    const lagging = otherwise({ connections: { ofService: async () => ({ items: [] }) } });
    await giveNames(lagging, items({ endpoints: [first] }));
    expect([...world.zones.authorized]).toEqual([]);
    expect((await record(second))?.grants).toMatchObject([{ made: true }]);
    await giveNames(ports, items());
    expect([...world.zones.authorized]).toEqual([]);

    await giveNames(ports, items({ why: "compare" }));
    expect([...world.zones.authorized]).toEqual([authorized]);
    expect(typesOf(second)).toEqual(["VpcNamed", "VpcGranted", "VpcAuthorized", "VpcGranted", "VpcAuthorized"]);
    const said = world.tables.committed.flatMap(({ subject, event }) => (subject === connectionSubject(second) ? [event] : []));
    expect(said.map(sentence).slice(-2)).toEqual([
      `Route 53 lacks that its VPC ${vpc.id} may see the private zone ${zone}; it is authorized again`,
      expect.stringContaining(authorizedWord),
    ]);
    expect(said.at(-2)?.because.detail).toMatch(/no longer lists/);
    expect(typesOf(first).at(-1)).toBe("VpcWithdrawn");
  });

  test("nothing is said where all are there, and no zone is asked for whom it holds no VPC of", async () => {
    await connect(first);
    await giveNames(ports, items());
    const before = world.tables.committed.length;
    await giveNames(ports, items({ why: "compare" }));
    expect(world.tables.committed).toHaveLength(before);
    await end(first);
    await giveNames(otherwise({ zones: { authorized: () => Promise.reject(new Error("nobody needs it")) } }), items({ why: "compare" }));
  });

  test("a zone that is taken, or throttles, has it compared soon; one that may not be listed keeps nobody from theirs", async () => {
    await connect(first);
    await giveNames(ports, items());
    await ports.zones.withdraw(zone, vpc);
    world.wake.take("dns");
    const where = "route53:ListVPCAssociationAuthorizations";
    const failing = (fault: Fault) => otherwise({ zones: { authorized: () => Promise.reject(fault) } });
    await giveNames(failing(new Fault("Throttling", where, "Rate exceeded", true)), items({ why: "compare" }));
    expect(world.wake.take("dns")).toMatchObject([{ delaySeconds: 5, look: { why: "compare" } }]);
    await ports.proofs.claim("lease", `zone#${zone}`, 60);
    await giveNames(ports, items({ why: "compare" }));
    expect(world.wake.take("dns")).toMatchObject([{ delaySeconds: 5, look: { why: "compare" } }]);
    await ports.proofs.release("lease", `zone#${zone}`);

    await connect(second);
    await giveNames(failing(new Fault("AccessDenied", where, "not authorized", false)), items({ why: "compare" }));
    expect((await record(second))?.grants).toMatchObject([{ made: true }]);
    expect(world.wake.take("dns")).toEqual([]);
  });

  test("the sweep asks for it, also where the connection has no name", async () => {
    world.ec2.connect({ endpoint: first, service: payments, account: acme });
    await admit(ports, items({ endpoints: [first] }));
    world.ec2.move(first, "available");
    await observe(ports, items({ endpoints: [first] }));
    await giveNames(ports, items());
    expect(await record(first)).toMatchObject({ names: [], grants: [{ made: true }] });
    world.wake.take("dns");
    for (let minute = 0; minute < 60; minute += 1) {
      world.clock.advance(60);
      await sweep(ports);
    }
    expect(world.wake.take("dns").map(({ look }) => look)).toEqual([{ service: payments, why: "compare" }]);
  });

  test("the VPCs of a service that is only observed, or has another zone by now, are left as they are", async () => {
    await connect(first);
    await giveNames(ports, items());
    const connection = await record(first);
    if (connection === undefined) throw new Error("it is not there");
    const inCare = await ports.services.get(payments);
    if (inCare === undefined) throw new Error("the service is not in care");
    expect(standingGrant(connection, inCare)).toMatchObject({ zone, vpc });
    expect(standingGrant(connection, { ...inCare, mode: "observe" })).toBeUndefined();
    expect(
      standingGrant(connection, { ...inCare, zone: { id: zoneId("Z0OTHER"), name: "other.internal", isPrivate: true } }),
    ).toBeUndefined();
  });
});
