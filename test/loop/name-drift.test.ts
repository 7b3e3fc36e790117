// What happens to names in Route 53 itself, on fakes: drift is healed, a refusal is told, and a stranger's record is never touched.

import { describe, expect, test } from "vitest";
import { Fault } from "../../lib/faults.ts";
import { giveNames, type NamePorts } from "../../lib/loop/names.ts";
import { observe } from "../../lib/loop/observe.ts";
import { sweep } from "../../lib/loop/sweep.ts";
import type { RecordSet } from "../../lib/names.ts";
import type { Look } from "../../lib/ports.ts";
import { payments } from "../contracts/samples.ts";
import { endpointOf } from "../fakes/endpoint-services.ts";
import { acmes, first, items, naming, zone } from "./naming.fixture.ts";

const named = naming();
const { record, typesOf, shown, dns, connect } = named;

describe("drift", () => {
  const remove = async (type: string, at = "acme"): Promise<void> => {
    for (const set of named.world.zones.sets(zone))
      if (set.type === type && set.type !== "other" && set.name.includes(at) && !set.name.startsWith("_drawbridge-change"))
        await named.ports.zones.change(zone, [set], []);
  };

  test.each(["A", "TXT"])("a missing %s is logged and made again, all of it in one change", async (type) => {
    await connect(first, endpointOf(2), endpointOf(3));
    await dns();
    const all = shown();
    await remove(type);
    const before = named.world.zones.changes.get(zone) ?? 0;
    await dns({ why: "compare" });
    expect(shown()).toEqual(all);
    expect(named.world.zones.changes.get(zone)).toBe(before + 1);
    expect(typesOf(first).slice(-2)).toEqual(["NameDrifted", "NameMade"]);
    await dns({ why: "compare" });
    expect(named.world.zones.changes.get(zone)).toBe(before + 1);
  });

  test("a stranger's record in its place is told of, and left alone; when it goes, the name is back", async () => {
    await connect(first);
    await dns();
    await remove("A");
    const foreign: RecordSet = { name: "acme.pl.example.com", type: "A", target: { name: "their.example.org", zone: "Z2FDTNDATAQYW2" } };
    named.world.zones.put(zone, foreign);
    await dns({ why: "compare" });
    expect(named.world.zones.sets(zone)).toContainEqual(foreign);
    expect(typesOf(first).slice(-2)).toEqual(["NameDrifted", "NameClashed"]);
    await named.ports.zones.change(zone, [foreign], []);
    named.world.clock.advance(90);
    await dns();
    expect(shown()).toEqual(acmes);
    expect((await record(first))?.trouble).toBeUndefined();
  });

  test("is looked for by the sweep, once an hour", async () => {
    await connect(first);
    await dns();
    const looks: Look[] = [];
    for (let minute = 0; minute < 120; minute += 1) {
      named.world.clock.advance(60);
      await sweep(named.ports);
      looks.push(...named.world.wake.take("dns").map(({ look }) => look));
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
    named.world.wake.take("dns");
    named.world.zones.failNext(new Fault(code, "route53:ChangeResourceRecordSets", "not now", true));
    const left: unknown[] = [];
    const zoneLeft: NamePorts["zoneLeft"] = (at, fault) => void left.push([at, fault.code]);
    expect(await giveNames({ ...named.ports, zoneLeft }, items({}))).toEqual([]);
    expect(left).toEqual([[zone, code]]);
    expect(named.world.wake.take("dns")).toMatchObject([{ delaySeconds: 5, look: { endpoints: [first] } }]);
    await dns({ endpoints: [first] });
    expect(shown()).toEqual(acmes);
  });

  test("a zone that is gone: makers are told, and a name in it counts as removed", async () => {
    await connect(first, endpointOf(2));
    await dns({ endpoints: [first] });
    named.world.ec2.move(first, "deleted");
    await observe(named.ports, items({ endpoints: [first] }));
    named.world.zones.failNext(new Fault("NoSuchHostedZone", "route53:ListResourceRecordSets", "No hosted zone found", false));
    expect(await dns()).toEqual([]);
    expect((await record(first))?.names).toEqual([]);
    expect((await record(endpointOf(2)))?.trouble).toMatchObject({ effect: "make-name", code: "NoSuchHostedZone" });
  });

  type Change = typeof named.ports.zones.change;
  /** Route 53 that says no to some changes. */
  const refusing = (refusal: (gone: Parameters<Change>[1], come: Parameters<Change>[2]) => string | undefined): typeof named.ports => {
    const change: Change = async (at, gone, come) => {
      const refused = refusal(gone, come);
      return refused === undefined ? named.ports.zones.change(at, gone, come) : { refused };
    };
    return { ...named.ports, zones: { ...named.ports.zones, change } };
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
    named.world.clock.advance(90);
    await dns();
    expect(shown()).toEqual(acmes);
    expect((await record(first))?.trouble).toBeUndefined();
  });

  test("removals that are refused as too much are halved like any other", async () => {
    const endpoints = [first, endpointOf(2), endpointOf(3)];
    await connect(...endpoints);
    await dns();
    for (const endpoint of endpoints) named.world.ec2.move(endpoint, "deleted");
    await observe(named.ports, items({ endpoints }));
    await giveNames(
      refusing((gone) => (gone.length > 3 ? "Number of characters limit of 32000 exceeded." : undefined)),
      items({}),
    );
    expect(shown()).toEqual([]);
  });

  test("a record of another kind that stands in the way is told as what it is", async () => {
    named.world.zones.put(zone, { name: "acme.pl.example.com", type: "other", shown: "CNAME x.example.net" });
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
    named.world.ec2.move(first, "deleted");
    const many = Array.from({ length: 40 }, (_, index) => endpointOf(index + 2));
    await connect(...many);
    await observe(named.ports, items({ endpoints: [first] }));
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
    named.world.clock.advance(90);
    await dns();
    expect(shown()).toHaveLength(80);
  });
});
