// Names through a consumer's life, on fakes: kept while it modifies its endpoint, and moved with label and zone.

import { describe, expect, test } from "vitest";
import { Fault } from "../../lib/faults.ts";
import { zoneId } from "../../lib/ids.ts";
import { serviceSubject } from "../../lib/ledger.ts";
import { giveNames, type NamePorts } from "../../lib/loop/names.ts";
import { observe } from "../../lib/loop/observe.ts";
import { sweep } from "../../lib/loop/sweep.ts";
import { acme, payments, removedEvent, service, serviceEvent } from "../contracts/samples.ts";
import { endpointOf } from "../fakes/endpoint-services.ts";
import { acmes, first, items, naming, other, zone } from "./naming.fixture.ts";

const named = naming();
const { record, typesOf, shown, dns, connect, keep, allow } = named;

describe("a name stays", () => {
  test.each(["pending", "partial"] as const)("while AWS shows %s: a consumer that modifies its endpoint is not cut off", async (state) => {
    await connect(first);
    await dns();
    named.world.ec2.move(first, state);
    await observe(named.ports, items({ endpoints: [first] }));
    await sweep(named.ports);
    await dns();
    expect(shown()).toEqual(acmes);
    expect((await record(first))?.status).toBe("connected");
  });

  test.each(["rejected", "deleting", "deleted", "failed", "expired"] as const)("no longer than the connection: %s", async (state) => {
    await connect(first);
    await dns();
    named.world.ec2.move(first, state);
    await observe(named.ports, items({ endpoints: [first] }));
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
    await sweep(named.ports);
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
      await sweep(named.ports);
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
    await sweep(named.ports);
    const commit: typeof named.ports.ledger.commit = async (change) => {
      if (change.of === "connection" && change.events.some(({ type }) => type === "NameRemoved"))
        throw new Fault("Timeout", "the log", "nobody answers", true);
      return named.ports.ledger.commit(change);
    };
    await giveNames({ ...named.ports, ledger: { ...named.ports.ledger, commit } }, items({ endpoints: [first] })).catch(() => undefined);
    expect(shown()).toEqual(["A other.pl.example.com", "TXT _drawbridge.other.pl.example.com"]);
    await allow({ name: "acme" });
    await sweep(named.ports);
    await dns({ endpoints: [first] });
    expect(shown()).toEqual(acmes);
  });

  test("a label that the list no longer gives is kept", async () => {
    await connect(first);
    await dns();
    await allow({});
    await sweep(named.ports);
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
    const before = await named.ports.services.get(payments);
    const { zone: _, ...rest } = before ?? service(payments, 1);
    const expected = await named.ports.ledger.head(serviceSubject(payments));
    await named.ports.ledger.commit({
      of: "service",
      key: payments,
      after: { ...rest, version: expected.seq + 1 },
      events: [serviceEvent(payments)],
      expected,
    });
    await dns();
    expect(shown(other)).toEqual([]);
  });

  test.each(["the zone was gone", "the service was released"])(
    "to the plain label where %s and came back between two tries",
    async (what) => {
      await connect(first);
      let reads = 0;
      const get: typeof named.ports.services.get = async (id) => {
        const found = await named.ports.services.get(id);
        reads += 1;
        const { zone: _, ...without } = found ?? service(payments, 1);
        if (reads !== 2) return found;
        return what === "the zone was gone" ? without : undefined;
      };
      await giveNames({ ...named.ports, services: { ...named.ports.services, get } }, items({}));
      await dns();
      expect(reads).toBeGreaterThan(1);
      expect(shown()).toEqual(acmes);
    },
  );

  test("with a service that is released and added with another zone; until then all stays as it is", async () => {
    await connect(first, endpointOf(2));
    await dns();
    const all = shown();
    const expected = await named.ports.ledger.head(serviceSubject(payments));
    await named.ports.ledger.commit({ of: "service", key: payments, events: [removedEvent(payments)], expected });
    named.world.ec2.move(endpointOf(2), "deleted");
    await sweep(named.ports);
    await dns();
    await dns({ why: "compare" });
    expect(shown()).toEqual(all);
    await keep({ zone: { id: other, name: "private.example.org" } });
    await sweep(named.ports);
    await dns();
    expect(shown()).toEqual([]);
    expect(shown(other)).toEqual(["A acme.private.example.org", "TXT _drawbridge.acme.private.example.org"]);
    expect((await record(endpointOf(2)))?.names).toEqual([]);
  });

  test("back into the zone that it was in, while a run is on its way to move it: nothing is removed there", async () => {
    await connect(first);
    await dns();
    await keep({ zone: { id: other, name: "private.example.org" } });
    const changes = named.world.zones.changes.get(zone);
    const back = { zone: { id: zone, name: "pl.example.com" } };
    const at: NamePorts["zones"]["at"] = async (id, name) => {
      if (id === zone) await keep(back);
      return named.ports.zones.at(id, name);
    };
    expect(await giveNames({ ...named.ports, zones: { ...named.ports.zones, at } }, items({}))).toEqual([]);
    expect(named.world.zones.changes.get(zone)).toBe(changes);
    await dns();
    expect([shown(), shown(other)]).toEqual([acmes, []]);
  });

  test("back into a zone from which a run has removed it, and ended before it could tell: the hourly pass makes it again", async () => {
    await connect(first);
    await dns();
    await keep({ zone: { id: other, name: "private.example.org" } });
    const ended = new Fault("Ended", "the function", "it was ended", true);
    const change: NamePorts["zones"]["change"] = async (id, remove, create) => {
      const done = await named.ports.zones.change(id, remove, create);
      if (id === zone) throw ended;
      return done;
    };
    expect(await giveNames({ ...named.ports, zones: { ...named.ports.zones, change } }, items({}))).toHaveLength(1);
    expect([shown(), shown(other).length]).toEqual([[], 2]);
    await keep({ zone: { id: zone, name: "pl.example.com" } });
    await dns();
    await dns({ why: "compare" });
    expect([shown(), shown(other)]).toEqual([acmes, []]);
  });

  test("out of a zone that is no longer this stack's: the new name is made, the old one is told of, and nobody else is held up", async () => {
    const lost = zoneId("Z0123456789ABCDEFGHIL");
    named.world.zones.addZone(lost, "lost.example.com");
    await keep({ zone: { id: lost, name: "lost.example.com" } });
    await connect(first);
    await dns();
    named.world.zones.addZone(lost, "lost.example.com", false);
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
    named.world.ec2.connect({
      endpoint: first,
      service: payments,
      account: acme,
      state: "pending",
      ipAddressType: "dualstack",
      dns: target,
    });
    await dns();
    expect(shown()).toEqual(acmes);
    named.world.ec2.connect({
      endpoint: first,
      service: payments,
      account: acme,
      state: "available",
      ipAddressType: "dualstack",
      dns: target,
    });
    const before = named.world.zones.changes.get(zone) ?? 0;
    await dns();
    expect(named.world.zones.changes.get(zone)).toBe(before + 1);
    expect(named.world.zones.sets(zone)).toContainEqual({ name: "acme.pl.example.com", type: "AAAA", target });
    expect(named.world.zones.sets(zone)).toContainEqual({ name: "acme.pl.example.com", type: "A", target });
    expect(shown()).toEqual(["A acme.pl.example.com", "AAAA acme.pl.example.com", "TXT _drawbridge.acme.pl.example.com"]);
    expect(typesOf(first).slice(-2)).toEqual(["NameChanged", "NameMade"]);
    named.world.ec2.move(first, "deleted");
    await observe(named.ports, items({ endpoints: [first] }));
    await dns();
    expect(shown()).toEqual([]);
  });
});
