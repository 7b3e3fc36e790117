// What each function's work does on fakes: names that clash, accepts that AWS refuses, sweeps, and events the bus does not take.

import { beforeEach, describe, expect, test } from "vitest";
import { endpointId, zoneId, type EndpointId } from "../../lib/ids.ts";
import { connectionSubject, noHead, serviceSubject } from "../../lib/ledger.ts";
import { admit } from "../../lib/loop/admit.ts";
import type { Item } from "../../lib/loop/batch.ts";
import { giveNames } from "../../lib/loop/names.ts";
import { observe } from "../../lib/loop/observe.ts";
import { publish } from "../../lib/loop/publish.ts";
import { sweep } from "../../lib/loop/sweep.ts";
import { readMessage } from "../../lib/messages.ts";
import type { Look } from "../../lib/ports.ts";
import { acme, entry, entryEvent, noon, payments, service, serviceEvent } from "../contracts/samples.ts";
import { endpointOf } from "../fakes/endpoint-services.ts";
import { fakeWorld, type FakeWorld } from "../fakes/world.ts";

const zone = zoneId("Z0123456789ABCDEFGHIJ");
let world: FakeWorld;
let ports: ReturnType<FakeWorld["ports"]> & { owner: (endpoint: EndpointId) => string };

const items = (...looks: (Omit<Look, "service" | "why"> & Partial<Look>)[]): Item[] =>
  looks.map((look, index) => ({
    id: `m${String(index)}`,
    wanted: readMessage(JSON.stringify({ look: { service: payments, why: "sweep", ...look } })),
  }));
const record = async (endpoint: EndpointId) => (await ports.connections.load([endpoint])).get(endpoint)?.connection;
const typesOf = (endpoint: EndpointId): string[] =>
  world.tables.committed.filter(({ subject }) => subject === connectionSubject(endpoint)).map(({ event }) => event.type);

/** Brings endpoints of acme as far as connected. */
async function connect(...endpoints: EndpointId[]): Promise<void> {
  for (const endpoint of endpoints) world.ec2.connect({ endpoint, service: payments, account: acme });
  await observe(ports, items({ endpoints }));
  await admit(ports, items({ endpoints }));
  world.ec2.settle();
  await observe(ports, items({ endpoints }));
}

beforeEach(async () => {
  world = fakeWorld(noon);
  ports = { ...world.ports(), owner: (endpoint) => `drawbridge ${endpoint}` };
  world.ec2.addService(payments);
  world.zones.addZone(zone, "pl.example.com");
  const inCare = service(payments, 1, { zone: { id: zone, name: "pl.example.com" } });
  await ports.ledger.commit({ of: "service", key: payments, after: inCare, events: [serviceEvent(payments)], expected: noHead });
  const allowed = entry(acme, 1, { name: "acme" });
  await ports.ledger.commit({ of: "entry", key: allowed, after: allowed, events: [entryEvent("EntryAdded", allowed)], expected: noHead });
  world.clock.advance(60);
});

describe("names", () => {
  test("the first endpoint has the plain label, others the label with their suffix, all in one change", async () => {
    await connect(endpointOf(1), endpointOf(2), endpointOf(3));
    expect(await giveNames(ports, items({}))).toEqual([]);
    const names = world.zones.sets(zone).flatMap(({ name, type }) => (type === "A" ? [name] : []));
    expect(names.sort()).toEqual(
      [1, 2, 3].map((number) => (number === 1 ? "acme" : `acme-${endpointOf(number).slice(5)}`) + ".pl.example.com").sort(),
    );
    expect(world.zones.changes.get(zone)).toBe(1);
  });

  test("a record that is not ours is never touched; the clash is logged, the others are made", async () => {
    const foreign = { name: "acme.pl.example.com", type: "A", target: { name: "their.example.org", zone: "Z2FDTNDATAQYW2" } } as const;
    world.zones.put(zone, foreign);
    await connect(endpointOf(1), endpointOf(2));
    await giveNames(ports, items({}));
    expect(world.zones.sets(zone)).toContainEqual(foreign);
    expect((await record(endpointOf(1)))?.trouble).toMatchObject({ effect: "make-name", code: "NameClashed" });
    expect(typesOf(endpointOf(2))).toContain("NameMade");

    world.ec2.move(endpointOf(1), "deleted");
    await observe(ports, items({ endpoints: [endpointOf(1)] }));
    await giveNames(ports, items({ endpoints: [endpointOf(1)] }));
    expect(world.zones.sets(zone)).toContainEqual(foreign);
    expect((await record(endpointOf(1)))?.names).toEqual([]);
  });

  test("a change that went through unseen is taken as done, in both directions", async () => {
    await connect(endpointOf(1));
    const [first] = items({});
    let commits = 0;
    const commit: typeof ports.ledger.commit = (change) => {
      commits += 1;
      if (commits > 1) throw new Error("killed");
      return ports.ledger.commit(change);
    };
    const crashing = { ...ports, ledger: { ...ports.ledger, commit } };
    expect(await giveNames(crashing, first === undefined ? [] : [first])).toHaveLength(1);
    expect(world.zones.sets(zone)).not.toEqual([]);
    await giveNames(ports, items({}));
    expect((await record(endpointOf(1)))?.names).toMatchObject([{ made: true }]);
  });

  test("a made name whose ownership text somebody removed is removed all the same", async () => {
    await connect(endpointOf(1));
    await giveNames(ports, items({}));
    for (const set of world.zones.sets(zone)) if (set.type === "TXT") await ports.zones.change(zone, [set], []);
    world.ec2.move(endpointOf(1), "deleted");
    await observe(ports, items({ endpoints: [endpointOf(1)] }));
    await giveNames(ports, items({ endpoints: [endpointOf(1)] }));
    expect(world.zones.sets(zone).filter(({ name }) => name === "acme.pl.example.com")).toEqual([]);
  });

  test("a zone that somebody works on is left, and looked at again soon", async () => {
    await connect(endpointOf(1));
    await world.ports("somebody else").proofs.claim("lease", `zone#${zone}`, 120);
    world.wake.take("dns");
    expect(await giveNames(ports, items({}))).toEqual([]);
    expect(world.zones.sets(zone)).toEqual([]);
    expect(world.wake.take("dns")).toMatchObject([{ delaySeconds: 5, look: { endpoints: [endpointOf(1)] } }]);
  });
});

describe("accepts that AWS refuses", () => {
  test("the refused id is logged with its code, the others are accepted", async () => {
    world.ec2.refuse(endpointOf(1), { code: "InvalidState", message: "not now" });
    await connect(endpointOf(1), endpointOf(2));
    expect((await record(endpointOf(1)))?.trouble).toMatchObject({ code: "InvalidState", count: 1 });
    expect((await record(endpointOf(2)))?.status).toBe("connected");
    world.ec2.refuse(endpointOf(1), undefined);
    world.clock.advance(90);
    await admit(ports, items({ endpoints: [endpointOf(1)] }));
    expect(typesOf(endpointOf(1)).slice(-2)).toEqual(["EffectFailed", "EffectRecovered"]);
  });

  test("a refusal of what is accepted already is no refusal", async () => {
    world.ec2.connect({ endpoint: endpointOf(1), service: payments, account: acme });
    await observe(ports, items({ endpoints: [endpointOf(1)] }));
    world.ec2.refuse(endpointOf(1), { code: "InvalidState", message: "already accepted" });
    const racing = {
      ...ports,
      endpointServices: {
        ...ports.endpointServices,
        accept: async (...args: Parameters<typeof ports.endpointServices.accept>) => {
          world.ec2.move(endpointOf(1), "pending");
          return ports.endpointServices.accept(...args);
        },
      },
    };
    await admit(racing, items({ endpoints: [endpointOf(1)] }));
    expect(typesOf(endpointOf(1))).not.toContain("EffectFailed");
  });
});

describe("looking", () => {
  test("hands what needs a verdict to admit, a hundred in a message, and again until it has one", async () => {
    const many = Array.from({ length: 230 }, (_, index) => endpointOf(index + 1));
    for (const endpoint of many) world.ec2.connect({ endpoint, service: payments, account: acme });
    for (let look = 0; look < 2; look += 1) {
      await observe(ports, items({ endpoints: many }));
      const handed = world.wake.take("admit").map(({ look: { endpoints = [] } }) => endpoints.length);
      expect(handed).toEqual([100, 100, 30]);
    }
    await admit(ports, items({ endpoints: many }));
    await observe(ports, items({ endpoints: many }));
    expect(world.wake.take("admit")).toEqual([]);
  });

  test("an endpoint that AWS does not list yet is looked at again, four times", async () => {
    const unseen = endpointId("vpce-0fffffffffffffff0");
    world.wake.take("observe");
    for (const [attempt, delaySeconds] of [10, 30, 60, 300].entries()) {
      await observe(ports, items({ endpoints: [unseen], attempt }));
      expect(world.wake.take("observe")).toMatchObject([{ delaySeconds, look: { attempt: attempt + 1, endpoints: [unseen] } }]);
    }
    await observe(ports, items({ endpoints: [unseen], attempt: 4 }));
    expect(world.wake.take("observe")).toEqual([]);
  });

  test("a service that is not in care is left alone, and its message is done", async () => {
    const [foreign] = items({ service: "vpce-svc-0fffffffffffffff0" as typeof payments, endpoints: [endpointOf(9)] });
    expect(await observe(ports, foreign === undefined ? [] : [foreign])).toEqual([]);
    expect(await record(endpointOf(9))).toBeUndefined();
  });
});

describe("a change of a service itself, of which CloudTrail tells", () => {
  const arn = "arn:aws:iam::111111111111:user/carl";
  const event = (more: object = {}) =>
    JSON.stringify({
      source: "aws.ec2",
      "detail-type": "AWS API Call via CloudTrail",
      detail: {
        eventName: "ModifyVpcEndpointServiceConfiguration",
        eventID: "6f4c",
        userIdentity: { arn },
        requestParameters: { ModifyVpcEndpointServiceConfigurationRequest: { ServiceId: payments, AcceptanceRequired: false } },
        ...more,
      },
    });
  const own = "arn:aws:iam::111111111111:role/drawbridge-DnsRole-1";
  const take = (body: string) => observe(ports, [{ id: "1", wanted: readMessage(body, [own]) }]);
  const told = () => world.tables.committed.flatMap((stored) => (stored.event.type === "ServiceAttributed" ? [stored] : []));

  test("stands in the service's story with its caller, once however often the message comes", async () => {
    for (let times = 0; times < 3; times += 1) expect(await take(event())).toEqual([]);
    await take(event({ eventName: "ModifyVpcEndpointServicePermissions", eventID: "7a7a" }));
    expect(told()).toMatchObject([
      {
        subject: serviceSubject(payments),
        event: {
          call: "ModifyVpcEndpointServiceConfiguration",
          arn,
          event: "6f4c",
          by: { kind: "outside", arn },
          source: { kind: "cloudtrail" },
        },
      },
      { event: { call: "ModifyVpcEndpointServicePermissions", event: "7a7a" } },
    ]);
  });

  test("is not told of our own roles, a call that failed, another service, or one that names none", async () => {
    const session = "arn:aws:sts::111111111111:assumed-role/drawbridge-DnsRole-1/drawbridge-dns";
    for (const body of [
      event({ userIdentity: { arn: session } }),
      event({ errorCode: "Client.UnauthorizedOperation" }),
      event({ requestParameters: { ServiceId: "vpce-svc-0fffffffffffffff0" } }),
      event({ requestParameters: {} }),
      event({ eventName: "DeleteVpcEndpointServiceConfigurations" }),
    ])
      expect(await take(body)).toEqual([]);
    expect(told()).toEqual([]);
  });
});

describe("the sweep", () => {
  test("finds what no message told of, and hands the rest to those who may do it", async () => {
    world.ec2.connect({ endpoint: endpointOf(1), service: payments, account: acme });
    world.wake.take("admit");
    expect(await sweep(ports)).toMatchObject([{ service: payments, connections: 1, events: 2, unfinished: 1 }]);
    expect(world.wake.take("admit")).toMatchObject([{ look: { endpoints: [endpointOf(1)], why: "sweep" } }]);
  });

  test("tells once when acceptance is switched off, and when it is on again", async () => {
    world.ec2.addService(payments, { acceptanceRequired: false });
    await sweep(ports);
    await sweep(ports);
    world.ec2.addService(payments, { acceptanceRequired: true });
    await sweep(ports);
    const told = world.tables.committed.filter(({ subject }) => subject === serviceSubject(payments)).map(({ event }) => event.type);
    expect(told).toEqual(["ServiceAdded", "AcceptanceSwitchedOff", "AcceptanceSwitchedOn"]);
  });

  test("does not undo what an operator changes while it looks", async () => {
    world.ec2.addService(payments, { acceptanceRequired: false });
    const slow = {
      ...ports,
      endpointServices: {
        ...ports.endpointServices,
        describe: async (id: typeof payments) => {
          const facts = await ports.endpointServices.describe(id);
          const before = await ports.services.get(payments);
          if (before === undefined) throw new Error("the service is in care");
          const expected = await ports.ledger.head(serviceSubject(payments));
          const after = { ...before, mode: "observe" as const, version: expected.seq + 1 };
          await ports.ledger.commit({ of: "service", key: payments, after, events: [serviceEvent(payments)], expected });
          return facts;
        },
      },
    };
    await sweep(slow);
    expect(await ports.services.get(payments)).toMatchObject({ mode: "observe" });
  });

  test("one service that fails does not keep the others from their turn", async () => {
    const broken = { ...ports, endpointServices: { ...ports.endpointServices, describe: () => Promise.reject(new Error("no")) } };
    expect(await sweep(broken)).toMatchObject([{ service: payments, error: new Error("no") }]);
  });
});

describe("publishing", () => {
  test("what the bus does not take after three tries goes to the queue by its key, and the rest goes on", async () => {
    await connect(endpointOf(1));
    const events = world.tables.committed;
    world.bus.refuse(({ event }) => (event.type === "ConnectionApproved" ? "ThrottlingException" : undefined));
    await publish(ports, events);
    expect(world.bus.told.map(({ type }) => type)).toEqual(["ServiceAdded", "EntryAdded", "ConnectionRequested", "ConnectionAvailable"]);
    expect(world.undelivered.kept).toMatchObject([{ subject: connectionSubject(endpointOf(1)), seq: 2, reason: "ThrottlingException" }]);
  });
});
