// What Route 53 promises about the records of names, as far as Drawbridge relies on it.

import { describe, expect, test } from "vitest";
import { Refused } from "../../lib/faults.ts";
import type { ZoneId } from "../../lib/ids.ts";
import type { RecordSet } from "../../lib/names.ts";
import type { Zones } from "../../lib/ports.ts";

export interface ZonesUnderTest {
  readonly port: Zones;
  /** An empty zone `pl.example.com` of this deployment's. */
  readonly zone: ZoneId;
  /** A private zone `payments.internal` of this deployment's, with no VPC of another account. */
  readonly inside: ZoneId;
  /** A zone that exists and is not this deployment's. */
  readonly foreign: ZoneId;
}

const target = { name: "vpce-0a-abcd1234.vpce-svc-0b.eu-west-1.vpce.amazonaws.com", zone: "Z38GZ743OKFT7T" };
const alias = (name: string, type: "A" | "AAAA" = "A", to = target): RecordSet => ({ name, type, target: to });
const owner = (name: string, text = "owned by 1"): RecordSet => ({ name: `_drawbridge.${name}`, type: "TXT", text });
const acme = "acme.pl.example.com";

export function zonesContract(name: string, setup: () => Promise<ZonesUnderTest>): void {
  describe(`${name}: records`, () => {
    test("are made, found at exactly their name, and removed", async () => {
      const { port, zone } = await setup();
      const sets = [alias(acme), alias(acme, "AAAA"), owner(acme)];
      expect(await port.change(zone, [], sets)).toBe("done");
      await port.change(zone, [], [alias(`a.${acme}`), alias("acme2.pl.example.com")]);
      expect((await port.at(zone, acme)).toSorted((a, b) => a.type.localeCompare(b.type))).toEqual([alias(acme), alias(acme, "AAAA")]);
      expect(await port.at(zone, `_drawbridge.${acme}`)).toEqual([owner(acme)]);
      expect(await port.at(zone, "nobody.pl.example.com")).toEqual([]);
      expect(await port.change(zone, sets, [])).toBe("done");
      expect(await port.at(zone, acme)).toEqual([]);
    });

    test("are changed all or not at all", async () => {
      const { port, zone } = await setup();
      await port.change(zone, [], [alias(acme)]);
      const result = await port.change(zone, [], [alias("b.pl.example.com"), alias(acme), owner(acme)]);
      expect(result).toEqual({ refused: expect.stringMatching(/acme\.pl\.example\.com.*already exists/s) as unknown });
      expect(await port.at(zone, "b.pl.example.com")).toEqual([]);
      expect(await port.at(zone, `_drawbridge.${acme}`)).toEqual([]);
    });

    test("are removed only as they are: another value, another text and a missing one are refused", async () => {
      const { port, zone } = await setup();
      await port.change(zone, [], [alias(acme), owner(acme)]);
      const refused = { refused: expect.stringMatching(/acme/) as unknown };
      expect(await port.change(zone, [alias(acme, "A", { ...target, name: `other-${target.name}` })], [])).toEqual(refused);
      expect(await port.change(zone, [owner(acme, "owned by 2")], [])).toEqual(refused);
      expect(await port.change(zone, [alias(acme, "AAAA")], [])).toEqual(refused);
      expect(await port.at(zone, acme)).toEqual([alias(acme)]);
      expect(await port.at(zone, `_drawbridge.${acme}`)).toEqual([owner(acme)]);
    });

    test("are replaced in one change", async () => {
      const { port, zone } = await setup();
      const other = { ...target, name: `other-${target.name}` };
      await port.change(zone, [], [alias(acme)]);
      expect(await port.change(zone, [alias(acme)], [alias(acme, "A", other)])).toBe("done");
      expect(await port.at(zone, acme)).toEqual([alias(acme, "A", other)]);
    });

    test("with odd texts and names come back as they went", async () => {
      const { port, zone } = await setup();
      for (const text of ['say "hello" \\ twice', "a".repeat(300), "x"]) {
        await port.change(zone, [], [owner(acme, text)]);
        expect(await port.at(zone, `_drawbridge.${acme}`)).toEqual([owner(acme, text)]);
        expect(await port.change(zone, [owner(acme, text)], [])).toBe("done");
      }
      expect(await port.change(zone, [], [alias("*.pl.example.com")])).toBe("done");
      expect(await port.at(zone, "*.pl.example.com")).toEqual([alias("*.pl.example.com")]);
    });

    test("are hundreds in one change; nothing to change is done at once", async () => {
      const { port, zone } = await setup();
      expect(await port.change(zone, [], [])).toBe("done");
      const names = Array.from({ length: 250 }, (_, index) => `c${String(index)}.pl.example.com`);
      const sets = names.flatMap((fqdn) => [alias(fqdn), owner(fqdn)]);
      expect(await port.change(zone, [], sets)).toBe("done");
      expect(await port.at(zone, "c249.pl.example.com")).toEqual([alias("c249.pl.example.com")]);
      expect(await port.change(zone, sets, [])).toBe("done");
    });
  });

  describe(`${name}: zones`, () => {
    test("have a name without the final dot; another deployment's and a missing one have none", async () => {
      const { port, zone, foreign } = await setup();
      expect(await port.name(zone)).toBe("pl.example.com");
      expect(await port.name(foreign)).toBeUndefined();
      expect(await port.name("Z00000000000000000000" as ZoneId)).toBeUndefined();
    });

    test("are listed with all their records, page by page, once there are more than a page's", async () => {
      const { port, zone, inside } = await setup();
      const sets = Array.from({ length: 320 }, (_, index) => alias(`c${String(index)}.pl.example.com`));
      await port.change(zone, [], sets);
      const all = (await port.all(zone)).filter(({ type }) => type === "A");
      expect(all.map((set) => set.name).sort()).toEqual(sets.map((set) => set.name).sort());
      expect(await port.list()).toEqual([
        { id: zone, name: "pl.example.com", isPrivate: false },
        { id: inside, name: "payments.internal", isPrivate: true },
      ]);
    });

    test("hold a proof beside those of others, and each goes by itself", async () => {
      const { port, zone } = await setup();
      const name = "_6e86v84tqgqubxbwii1m.api.pl.example.com";
      for (const value of ["vpce:one", "vpce:one", "vpce:two"]) await port.prove(zone, name, value);
      await port.disprove(zone, name, "vpce:one");
      expect(await port.at(zone, name)).toEqual([{ name, type: "TXT", text: "vpce:two" }]);
      await port.disprove(zone, name, "vpce:two");
      await port.disprove(zone, name, "vpce:two");
      expect(await port.at(zone, name)).toEqual([]);
    });

    test("list every VPC that is authorized, page by page, each once, until it is withdrawn", async () => {
      const { port, inside } = await setup();
      expect(await port.authorized(inside)).toEqual([]);
      const vpcs = Array.from({ length: 120 }, (_, index) => ({
        id: `vpc-${String(index).padStart(17, "0")}`,
        region: index % 2 === 0 ? "eu-west-1" : "us-east-1",
      }));
      for (const vpc of [...vpcs, ...vpcs.slice(0, 2)]) await port.authorize(inside, vpc);
      const listed = async () => (await port.authorized(inside)).toSorted((a, b) => a.id.localeCompare(b.id));
      expect(await listed()).toEqual(vpcs);
      for (const vpc of vpcs.slice(100)) await port.withdraw(inside, vpc);
      expect(await listed()).toEqual(vpcs.slice(0, 100));
    });

    test("of others are never touched", async () => {
      const { port, foreign } = await setup();
      await expect(port.change(foreign, [], [alias("acme.example.org")])).rejects.toThrow(Refused);
      await expect(port.at(foreign, "acme.example.org")).rejects.toThrow(Refused);
      await expect(port.authorized(foreign)).rejects.toThrow(Refused);
    });
  });
}
