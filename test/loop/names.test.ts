// Names through a consumer's life, on fakes: kept while it modifies its endpoint, moved with label and zone, healed, and never at a stranger's cost.

import { beforeEach, describe, expect, test } from "vitest";
import { Fault } from "../../lib/faults.ts";
import { zoneId, type EndpointId, type ZoneId } from "../../lib/ids.ts";
import { connectionSubject, entrySubject, noHead, serviceSubject } from "../../lib/ledger.ts";
import { admit } from "../../lib/loop/admit.ts";
import type { Item } from "../../lib/loop/batch.ts";
import { giveNames, type NamePorts } from "../../lib/loop/names.ts";
import { observe } from "../../lib/loop/observe.ts";
import { sweep } from "../../lib/loop/sweep.ts";
import { readMessage } from "../../lib/messages.ts";
import type { RecordSet } from "../../lib/names.ts";
import type { Look } from "../../lib/ports.ts";
import type { Service } from "../../lib/service.ts";
import { acme, entry, entryEvent, noon, payments, service, removedEvent, serviceEvent } from "../contracts/samples.ts";
import { endpointOf } from "../fakes/endpoint-services.ts";
import { fakeWorld, type FakeWorld } from "../fakes/world.ts";

const zone = zoneId("Z0123456789ABCDEFGHIJ");
const other = zoneId("Z0123456789ABCDEFGHIK");
const first = endpointOf(1);
let world: FakeWorld;
let ports: ReturnType<FakeWorld["ports"]> & Pick<NamePorts, "owner" | "zoneLeft">;

const items = (...looks: (Omit<Look, "service" | "why"> & Partial<Look>)[]): Item[] =>
  looks.map((look, index) => ({
    id: `m${String(index)}`,
    wanted: readMessage(JSON.stringify({ look: { service: payments, why: "sweep", ...look } })),
  }));
const record = async (endpoint: EndpointId) => (await ports.connections.load([endpoint])).get(endpoint)?.connection;
const typesOf = (endpoint: EndpointId): string[] =>
  world.tables.committed.filter(({ subject }) => subject === connectionSubject(endpoint)).map(({ event }) => event.type);
const shown = (at: ZoneId = zone): string[] =>
  world.zones
    .sets(at)
    .filter(({ name }) => !name.startsWith("_drawbridge-change."))
    .map((set) => `${set.type} ${set.name}`)
    .sort();
const dns = async (...looks: Parameters<typeof items>): Promise<unknown> => giveNames(ports, items(...(looks.length === 0 ? [{}] : looks)));

async function connect(...endpoints: EndpointId[]): Promise<void> {
  for (const endpoint of endpoints) world.ec2.connect({ endpoint, service: payments, account: acme });
  await admit(ports, items({ endpoints }));
  world.ec2.settle();
  await observe(ports, items({ endpoints }));
}

async function keep(change: Partial<Service>): Promise<void> {
  const expected = await ports.ledger.head(serviceSubject(payments));
  const before = await ports.services.get(payments);
  const after = { ...(before ?? service(payments, 1)), ...change, version: expected.seq + 1 };
  await ports.ledger.commit({ of: "service", key: payments, after, events: [serviceEvent(payments)], expected });
}

async function allow(members: { readonly name?: string; readonly label?: string }): Promise<void> {
  const expected = await ports.ledger.head(entrySubject(payments, `account#${acme}`));
  const allowed = entry(acme, expected.seq + 1, members);
  await ports.ledger.commit({ of: "entry", key: allowed, after: allowed, events: [entryEvent("EntryAdded", allowed)], expected });
}

beforeEach(async () => {
  world = fakeWorld(noon);
  ports = { ...world.ports(), owner: (endpoint) => `drawbridge ${endpoint}` };
  world.ec2.addService(payments);
  world.zones.addZone(zone, "pl.example.com");
  world.zones.addZone(other, "private.example.org");
  const inCare = service(payments, 1, { zone: { id: zone, name: "pl.example.com" } });
  await ports.ledger.commit({ of: "service", key: payments, after: inCare, events: [serviceEvent(payments)], expected: noHead });
  await allow({ name: "acme" });
  world.clock.advance(60);
});

const acmes = ["A acme.pl.example.com", "TXT _drawbridge.acme.pl.example.com"];

describe("a name stays", () => {
  test.each(["pending", "partial"] as const)("while AWS shows %s: a consumer that modifies its endpoint is not cut off", async (state) => {
    await connect(first);
    await dns();
    world.ec2.move(first, state);
    await observe(ports, items({ endpoints: [first] }));
    await sweep(ports);
    await dns();
    expect(shown()).toEqual(acmes);
    expect((await record(first))?.status).toBe("connected");
  });

  test.each(["rejected", "deleting", "deleted", "failed", "expired"] as const)("no longer than the connection: %s", async (state) => {
    await connect(first);
    await dns();
    world.ec2.move(first, state);
    await observe(ports, items({ endpoints: [first] }));
    await dns({ endpoints: [first] });
    expect(shown()).toEqual([]);
    expect((await record(first))?.names).toEqual([]);
  });
});

describe("a name moves", () => {
  test("when the entry gives another label: the new one is made before the old one goes", async () => {
    await connect(first);
    await dns();
    await allow({ name: "acme", label: "acme-bank" });
    await sweep(ports);
    expect((await record(first))?.trouble).toBeUndefined();
    await dns({ endpoints: [first] });
    expect(shown()).toEqual(["A acme-bank.pl.example.com", "TXT _drawbridge.acme-bank.pl.example.com"]);
    const types = typesOf(first).slice(-5);
    expect(types).toEqual(["NameMade", "LabelChanged", "NameAssigned", "NameMade", "NameRemoved"]);
  });

  test("back and forth, and the freed label goes to the next who wants it", async () => {
    await connect(first);
    await dns();
    for (const label of ["other", "acme", "other"]) {
      await allow({ label });
      await sweep(ports);
      await dns({ endpoints: [first] });
    }
    expect(shown()).toEqual(["A other.pl.example.com", "TXT _drawbridge.other.pl.example.com"]);
    await allow({ name: "acme" });
    await connect(endpointOf(2));
    await dns({ endpoints: [endpointOf(2)] });
    expect(shown()).toContain("A acme.pl.example.com");
  });

  test("back again, though its removal was carried out and whoever did it died before the log said so", async () => {
    await connect(first);
    await dns();
    await allow({ label: "other" });
    await sweep(ports);
    const commit: typeof ports.ledger.commit = async (change) => {
      if (change.of === "connection" && change.events.some(({ type }) => type === "NameRemoved"))
        throw new Fault("Timeout", "the log", "nobody answers", true);
      return ports.ledger.commit(change);
    };
    await giveNames({ ...ports, ledger: { ...ports.ledger, commit } }, items({ endpoints: [first] })).catch(() => undefined);
    expect(shown()).toEqual(["A other.pl.example.com", "TXT _drawbridge.other.pl.example.com"]);
    await allow({ name: "acme" });
    await sweep(ports);
    await dns({ endpoints: [first] });
    expect(shown()).toEqual(acmes);
  });

  test("a label that the list no longer gives is kept", async () => {
    await connect(first);
    await dns();
    await allow({});
    await sweep(ports);
    await dns();
    expect(shown()).toEqual(acmes);
  });

  test("to the service's new zone, and one without a zone has no names", async () => {
    await connect(first, endpointOf(2));
    await dns();
    await keep({ zone: { id: other, name: "private.example.org" } });
    await dns();
    expect(shown()).toEqual([]);
    expect(shown(other)).toHaveLength(4);
    const before = await ports.services.get(payments);
    const { zone: _, ...rest } = before ?? service(payments, 1);
    const expected = await ports.ledger.head(serviceSubject(payments));
    await ports.ledger.commit({
      of: "service",
      key: payments,
      after: { ...rest, version: expected.seq + 1 },
      events: [serviceEvent(payments)],
      expected,
    });
    await dns();
    expect(shown(other)).toEqual([]);
  });

  test("to the plain label where the zone was gone and came back between two tries", async () => {
    await connect(first);
    let reads = 0;
    const get: typeof ports.services.get = async (id) => {
      const found = await ports.services.get(id);
      reads += 1;
      const { zone: _, ...without } = found ?? service(payments, 1);
      return reads === 2 ? without : found;
    };
    await giveNames({ ...ports, services: { ...ports.services, get } }, items({}));
    await dns();
    expect(reads).toBeGreaterThan(1);
    expect(shown()).toEqual(acmes);
  });

  test("with a service that is released and added with another zone; until then all stays as it is", async () => {
    await connect(first, endpointOf(2));
    await dns();
    const all = shown();
    const expected = await ports.ledger.head(serviceSubject(payments));
    await ports.ledger.commit({ of: "service", key: payments, events: [removedEvent(payments)], expected });
    world.ec2.move(endpointOf(2), "deleted");
    await sweep(ports);
    await dns();
    await dns({ why: "compare" });
    expect(shown()).toEqual(all);
    await keep({ zone: { id: other, name: "private.example.org" } });
    await sweep(ports);
    await dns();
    expect(shown()).toEqual([]);
    expect(shown(other)).toEqual(["A acme.private.example.org", "TXT _drawbridge.acme.private.example.org"]);
    expect((await record(endpointOf(2)))?.names).toEqual([]);
  });

  test("back into the zone that it was in, while a run is on its way to move it: nothing is removed there", async () => {
    await connect(first);
    await dns();
    await keep({ zone: { id: other, name: "private.example.org" } });
    const changes = world.zones.changes.get(zone);
    const back = { zone: { id: zone, name: "pl.example.com" } };
    const at: NamePorts["zones"]["at"] = async (id, name) => {
      if (id === zone) await keep(back);
      return ports.zones.at(id, name);
    };
    expect(await giveNames({ ...ports, zones: { ...ports.zones, at } }, items({}))).toEqual([]);
    expect(world.zones.changes.get(zone)).toBe(changes);
    await dns();
    expect([shown(), shown(other)]).toEqual([acmes, []]);
  });

  test("back into a zone from which a run has removed it, and ended before it could tell: the hourly pass makes it again", async () => {
    await connect(first);
    await dns();
    await keep({ zone: { id: other, name: "private.example.org" } });
    const ended = new Fault("Ended", "the function", "it was ended", true);
    const change: NamePorts["zones"]["change"] = async (id, remove, create) => {
      const done = await ports.zones.change(id, remove, create);
      if (id === zone) throw ended;
      return done;
    };
    expect(await giveNames({ ...ports, zones: { ...ports.zones, change } }, items({}))).toHaveLength(1);
    expect([shown(), shown(other).length]).toEqual([[], 2]);
    await keep({ zone: { id: zone, name: "pl.example.com" } });
    await dns();
    await dns({ why: "compare" });
    expect([shown(), shown(other)]).toEqual([acmes, []]);
  });

  test("out of a zone that is no longer this stack's: the new name is made, the old one is told of, and nobody else is held up", async () => {
    const lost = zoneId("Z0123456789ABCDEFGHIL");
    world.zones.addZone(lost, "lost.example.com");
    await keep({ zone: { id: lost, name: "lost.example.com" } });
    await connect(first);
    await dns();
    world.zones.addZone(lost, "lost.example.com", false);
    await keep({ zone: { id: zone, name: "pl.example.com" } });
    await connect(endpointOf(2));
    expect(await dns()).toEqual([]);
    expect(shown()).toHaveLength(4);
    expect((await record(first))?.trouble).toMatchObject({ effect: "remove-name", code: "ZoneNotAllowed" });
    expect((await record(endpointOf(2)))?.trouble).toBeUndefined();
  });
});

describe("a name's records follow the endpoint", () => {
  test("AAAA comes with dualstack, and a new target replaces the old one in one change", async () => {
    await connect(first);
    await dns();
    const target = { name: `${first}-new1.${payments}.eu-west-1.vpce.amazonaws.com`, zone: "Z38GZ743OKFT7T" };
    world.ec2.connect({ endpoint: first, service: payments, account: acme, state: "pending", ipAddressType: "dualstack", dns: target });
    await dns();
    expect(shown()).toEqual(acmes);
    world.ec2.connect({ endpoint: first, service: payments, account: acme, state: "available", ipAddressType: "dualstack", dns: target });
    const before = world.zones.changes.get(zone) ?? 0;
    await dns();
    expect(world.zones.changes.get(zone)).toBe(before + 1);
    expect(world.zones.sets(zone)).toContainEqual({ name: "acme.pl.example.com", type: "AAAA", target });
    expect(world.zones.sets(zone)).toContainEqual({ name: "acme.pl.example.com", type: "A", target });
    expect(shown()).toEqual(["A acme.pl.example.com", "AAAA acme.pl.example.com", "TXT _drawbridge.acme.pl.example.com"]);
    expect(typesOf(first).slice(-2)).toEqual(["NameChanged", "NameMade"]);
    world.ec2.move(first, "deleted");
    await observe(ports, items({ endpoints: [first] }));
    await dns();
    expect(shown()).toEqual([]);
  });
});

describe("drift", () => {
  const remove = async (type: string, at = "acme"): Promise<void> => {
    for (const set of world.zones.sets(zone))
      if (set.type === type && set.type !== "other" && set.name.includes(at) && !set.name.startsWith("_drawbridge-change"))
        await ports.zones.change(zone, [set], []);
  };

  test.each(["A", "TXT"])("a missing %s is logged and made again, all of it in one change", async (type) => {
    await connect(first, endpointOf(2), endpointOf(3));
    await dns();
    const all = shown();
    await remove(type);
    const before = world.zones.changes.get(zone) ?? 0;
    await dns({ why: "compare" });
    expect(shown()).toEqual(all);
    expect(world.zones.changes.get(zone)).toBe(before + 1);
    expect(typesOf(first).slice(-2)).toEqual(["NameDrifted", "NameMade"]);
    await dns({ why: "compare" });
    expect(world.zones.changes.get(zone)).toBe(before + 1);
  });

  test("a stranger's record in its place is told of, and left alone; when it goes, the name is back", async () => {
    await connect(first);
    await dns();
    await remove("A");
    const foreign: RecordSet = { name: "acme.pl.example.com", type: "A", target: { name: "their.example.org", zone: "Z2FDTNDATAQYW2" } };
    world.zones.put(zone, foreign);
    await dns({ why: "compare" });
    expect(world.zones.sets(zone)).toContainEqual(foreign);
    expect(typesOf(first).slice(-2)).toEqual(["NameDrifted", "NameClashed"]);
    await ports.zones.change(zone, [foreign], []);
    world.clock.advance(90);
    await dns();
    expect(shown()).toEqual(acmes);
    expect((await record(first))?.trouble).toBeUndefined();
  });

  test("is looked for by the sweep, once an hour", async () => {
    await connect(first);
    await dns();
    const looks: Look[] = [];
    for (let minute = 0; minute < 120; minute += 1) {
      world.clock.advance(60);
      await sweep(ports);
      looks.push(...world.wake.take("dns").map(({ look }) => look));
    }
    expect(looks).toEqual([
      { service: payments, why: "compare" },
      { service: payments, why: "compare" },
    ]);
  });
});

describe("Route 53 says no", () => {
  test.each(["Throttling", "PriorRequestNotComplete"])("%s: the messages are done, and the zone's turn comes again soon", async (code) => {
    await connect(first);
    world.wake.take("dns");
    world.zones.failNext(new Fault(code, "route53:ChangeResourceRecordSets", "not now", true));
    const left: unknown[] = [];
    ports = { ...ports, zoneLeft: (at, fault) => void left.push([at, fault.code]) };
    expect(await dns()).toEqual([]);
    expect(left).toEqual([[zone, code]]);
    expect(world.wake.take("dns")).toMatchObject([{ delaySeconds: 5, look: { endpoints: [first] } }]);
    await dns({ endpoints: [first] });
    expect(shown()).toEqual(acmes);
  });

  test("a zone that is gone: makers are told, and a name in it counts as removed", async () => {
    await connect(first, endpointOf(2));
    await dns({ endpoints: [first] });
    world.ec2.move(first, "deleted");
    await observe(ports, items({ endpoints: [first] }));
    world.zones.failNext(new Fault("NoSuchHostedZone", "route53:ListResourceRecordSets", "No hosted zone found", false));
    expect(await dns()).toEqual([]);
    expect((await record(first))?.names).toEqual([]);
    expect((await record(endpointOf(2)))?.trouble).toMatchObject({ effect: "make-name", code: "NoSuchHostedZone" });
  });

  type Change = typeof ports.zones.change;
  /** Route 53 that says no to some changes. */
  const refusing = (refusal: (gone: Parameters<Change>[1], come: Parameters<Change>[2]) => string | undefined): typeof ports => {
    const change: Change = async (at, gone, come) => {
      const refused = refusal(gone, come);
      return refused === undefined ? ports.zones.change(at, gone, come) : { refused };
    };
    return { ...ports, zones: { ...ports.zones, change } };
  };
  const full = "Number of records limit of 10000 exceeded.";

  test("a full zone is called so for one connection alone too", async () => {
    await connect(first);
    await giveNames(
      refusing((_gone, come) => (come.length > 1 ? full : undefined)),
      items({}),
    );
    expect((await record(first))?.trouble).toMatchObject({
      effect: "make-name",
      code: "ZoneFull",
      message: expect.stringContaining(full) as string,
    });
    world.clock.advance(90);
    await dns();
    expect(shown()).toEqual(acmes);
    expect((await record(first))?.trouble).toBeUndefined();
  });

  test("removals that are refused as too much are halved like any other", async () => {
    const endpoints = [first, endpointOf(2), endpointOf(3)];
    await connect(...endpoints);
    await dns();
    for (const endpoint of endpoints) world.ec2.move(endpoint, "deleted");
    await observe(ports, items({ endpoints }));
    await giveNames(
      refusing((gone) => (gone.length > 3 ? "Number of characters limit of 32000 exceeded." : undefined)),
      items({}),
    );
    expect(shown()).toEqual([]);
  });

  test("a record of another kind that stands in the way is told as what it is", async () => {
    world.zones.put(zone, { name: "acme.pl.example.com", type: "other", shown: "CNAME x.example.net" });
    await connect(first);
    await giveNames(
      refusing((_gone, come) =>
        come.some(({ name }) => name === "acme.pl.example.com") ? "RRSet of type A conflicts with CNAME" : undefined,
      ),
      items({}),
    );
    expect((await record(first))?.trouble).toMatchObject({
      code: "NameClashed",
      message: expect.stringContaining("a record that is not Drawbridge's, acme.pl.example.com CNAME x.example.net: RRSet") as string,
    });
  });

  test("a full zone refuses all alike: no name is tried by itself, and what is to go still goes", async () => {
    await connect(first);
    await dns();
    world.ec2.move(first, "deleted");
    const many = Array.from({ length: 40 }, (_, index) => endpointOf(index + 2));
    await connect(...many);
    await observe(ports, items({ endpoints: [first] }));
    let calls = 0;
    await giveNames(
      refusing((_gone, come) => {
        calls += 1;
        return come.length > 1 ? full : undefined;
      }),
      items({}),
    );
    expect(calls).toBe(2);
    expect(shown()).toEqual([]);
    expect((await record(endpointOf(2)))?.trouble).toMatchObject({ code: "ZoneFull" });
    world.clock.advance(90);
    await dns();
    expect(shown()).toHaveLength(80);
  });
});
