// What every store of records promises: connections, allow-list entries, and rows that somebody spoiled.

import { describe, expect, test } from "vitest";
import { BadInput, Fault } from "../../lib/faults.ts";
import type { Instant } from "../../lib/ids.ts";
import { entrySubject, noHead, type Head } from "../../lib/ledger.ts";
import { accountOf, endpointOf, serviceOf } from "../fakes/endpoint-services.ts";
import { all } from "./ledger.contract.ts";
import { acme, approved, asked, at, entry, entryEvent, first, next, noon, payments, requested } from "./samples.ts";
import type { TablesUnderTest } from "./tables.fixture.ts";

export function recordsContract(name: string, setup: () => Promise<TablesUnderTest>): void {
  describe(`${name}: connections`, () => {
    test("loads none, one, and hundreds, and leaves out those that are not there", async () => {
      const { ledger, connections } = await setup();
      expect((await connections.load([])).size).toBe(0);
      for (let number = 1; number <= 130; number += 1) await ledger.commit(first(requested(endpointOf(number))));
      expect([...(await connections.load([endpointOf(7)])).keys()]).toEqual([endpointOf(7)]);
      const asked = Array.from({ length: 300 }, (_, index) => endpointOf(index + 1));
      const loaded = await connections.load([...asked, ...asked]);
      expect(loaded.size).toBe(130);
      expect(loaded.get(endpointOf(130))?.connection.endpoint).toBe(endpointOf(130));
    });

    test("lists by service and by account, in pages that follow one another", async () => {
      const { ledger, connections } = await setup();
      for (let number = 1; number <= 20; number += 1)
        await ledger.commit(
          first(requested(endpointOf(number), noon, number % 2 === 0 ? payments : serviceOf(0xb), number <= 5 ? accountOf(3) : acme)),
        );
      const even = await all((request) => connections.ofService(payments, request), 3);
      expect(even.map(({ endpoint }) => endpoint)).toEqual(Array.from({ length: 10 }, (_, index) => endpointOf(2 * index + 2)));
      expect(await all((request) => connections.ofAccount(accountOf(3), request), 2)).toHaveLength(5);
      expect(await connections.ofService(serviceOf(0xc))).toEqual({ items: [] });
      const { cursor } = await connections.ofService(payments, { limit: 1 });
      await expect(connections.ofService(serviceOf(0xb), cursor === undefined ? {} : { cursor })).rejects.toThrow(BadInput);
    });

    test("lists open questions oldest first, and those that were answered no longer", async () => {
      const { ledger, connections } = await setup();
      const times = ["2026-11-23T12:00:03Z", "2026-11-23T12:00:01Z", "2026-11-23T12:00:02Z"].map(at);
      const heads: Head[] = [];
      for (const [index, when] of times.entries())
        heads.push((await ledger.commit(first(requested(endpointOf(index + 1)), asked(`q-${String(index)}`, when)))) as Head);
      await ledger.commit(first(requested(endpointOf(9))));
      expect((await all((request) => connections.asking(payments, request), 1)).map(({ endpoint }) => endpoint)).toEqual([
        endpointOf(2),
        endpointOf(3),
        endpointOf(1),
      ]);
      const open = (await connections.load([endpointOf(2)])).get(endpointOf(2));
      await ledger.commit(next(open?.connection, heads[1] as Head, [approved()]));
      expect((await connections.asking(payments)).items.map(({ endpoint }) => endpoint)).toEqual([endpointOf(3), endpointOf(1)]);
    });
  });

  describe(`${name}: the allow-list`, () => {
    test("reads the entries at exactly the keys that are asked for", async () => {
      const { ledger, allowList } = await setup();
      const entries = [
        entry(acme, 1),
        entry(acme, 1, { service: "*", verdict: "reject" }),
        entry(acme, 1, { principal: "any", verdict: "ask", conditions: { ipAddressTypes: ["ipv4"] } }),
      ];
      for (const after of entries)
        await ledger.commit({ of: "entry", key: after, after, events: [entryEvent("EntryAdded", after)], expected: noHead });
      expect(await allowList.read([])).toEqual([]);
      expect(await allowList.read([{ service: "*", principal: `account#${acme}` }])).toEqual([entries[1]]);
      const many = Array.from(
        { length: 300 },
        (_, index) => ({ service: payments, principal: `account#${String(index).padStart(12, "0")}` }) as const,
      );
      const found = await allowList.read([
        ...many,
        { service: payments, principal: "any" },
        { service: payments, principal: `account#${acme}` },
      ]);
      expect(found.toSorted((a, b) => (a.principal < b.principal ? -1 : 1))).toEqual([entries[0], entries[2]]);
      expect((await all((request) => allowList.ofService(payments, request), 1)).map(({ principal }) => principal)).toEqual([
        `account#${acme}`,
        "any",
      ]);
      expect((await allowList.ofService("*")).items).toHaveLength(1);
    });
  });

  describe(`${name}: rows that cannot be read`, () => {
    test("are faults that name the table and the key, and that no retry helps", async () => {
      const { ledger, connections, allowList, services, spoil } = await setup();
      await ledger.commit(first(requested(endpointOf(1))));
      await spoil("connections", { endpoint: endpointOf(1), service: payments, status: "dreaming" });
      await spoil("connections", { endpoint: endpointOf(2), service: payments, status: "requested", v: 2 });
      await spoil("entries", { ...entry(acme, 1), conditions: { moonPhase: "full" } });
      await spoil("services", { kind: "service", id: payments, service: payments, mode: "perhaps" });
      const reading = [
        [() => connections.load([endpointOf(1)]), endpointOf(1)],
        [() => connections.load([endpointOf(2)]), endpointOf(2)],
        [() => allowList.read([{ service: payments, principal: `account#${acme}` }]), acme],
        [() => services.get(payments), payments],
        [() => services.all(), payments],
      ] as const;
      for (const [read, key] of reading) {
        const fault = await read().then(
          () => undefined,
          (error: unknown) => error,
        );
        expect(fault).toBeInstanceOf(Fault);
        expect(fault).toMatchObject({ code: "UnreadableRow", retryable: false });
        expect((fault as Fault).message).toContain(key);
        expect((fault as Fault).where).toMatch(/^table \S+/);
      }
    });

    test("of the allow-list are named to whoever looks, hide no other, stop whoever decides, and go like any other", async () => {
      const { ledger, allowList, spoil } = await setup();
      const [spoilt, sound] = [entry(acme, 1), entry(acme, 1, { principal: "any" })];
      for (const after of [spoilt, sound])
        await ledger.commit({ of: "entry", key: after, after, events: [entryEvent("EntryAdded", after)], expected: noHead });
      await spoil("entries", { ...spoilt, conditions: { moonPhase: "full" } });
      const named = { service: payments, principal: spoilt.principal, unreadable: expect.stringContaining("moonPhase") as string };
      expect((await allowList.ofService(payments)).items).toEqual([expect.objectContaining(named), sound]);
      expect(await allowList.inspect([spoilt])).toMatchObject([{ ...named, row: { conditions: { moonPhase: "full" } } }]);
      await expect(allowList.standing([spoilt])).rejects.toMatchObject({ code: "UnreadableRow" });
      const expected = await ledger.head(entrySubject(payments, spoilt.principal));
      await ledger.commit({ of: "entry", key: spoilt, events: [entryEvent("EntryRemoved", spoilt)], expected });
      expect((await allowList.ofService(payments)).items).toEqual([sound]);
    });

    test("are not made: a record that its own reader would not take is a fault, and nothing of its commit is written", async () => {
      const { ledger, allowList } = await setup();
      const after = entry(acme, 1, { conditions: { notBefore: "-000001-12-31T10:00:00.000Z" as Instant } });
      const change = { of: "entry", key: after, after, events: [entryEvent("EntryAdded", after)], expected: noHead } as const;
      await expect(ledger.commit(change)).rejects.toMatchObject({ code: "UnreadableRow", retryable: false });
      expect(await allowList.inspect([after])).toEqual([]);
      expect(await ledger.head(entrySubject(payments, after.principal))).toEqual(noHead);
    });
  });
}
