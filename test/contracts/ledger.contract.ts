// What every ledger promises, the one in memory and the one in DynamoDB.

import { describe, expect, test } from "vitest";
import { sha256 } from "../../lib/aws/sha256.ts";
import type { PolicyEvent } from "../../lib/events.ts";
import { BadInput, Fault } from "../../lib/faults.ts";
import type { Approver } from "../../lib/approver.ts";
import {
  approverSubject,
  connectionSubject,
  entrySubject,
  firstBreak,
  noHead,
  serviceSubject,
  type Head,
  type Page,
  type PageRequest,
  type StoredEvent,
} from "../../lib/ledger.ts";
import type { AuditQuery } from "../../lib/ports.ts";
import { accountOf, endpointOf, serviceOf } from "../fakes/endpoint-services.ts";
import {
  acme,
  approved,
  asked,
  at,
  connected,
  entry,
  entryEvent,
  event,
  first,
  named,
  next,
  noon,
  payments,
  refused,
  requested,
  service,
  serviceEvent,
  unnamed,
  eventsIn,
} from "./samples.ts";
import type { TablesUnderTest } from "./tables.fixture.ts";

export function ledgerContract(name: string, setup: () => Promise<TablesUnderTest>): void {
  describe(`${name}: committing`, () => {
    test("writes the record and its events together, and gives the head", async () => {
      const { ledger, connections } = await setup();
      const change = first(requested(endpointOf(1)), asked("q-1"));
      const head = await ledger.commit(change);
      expect(head).toMatchObject({ seq: 2 });
      const kept = (await connections.load([endpointOf(1)])).get(endpointOf(1));
      expect(kept).toEqual({ connection: change.after, head });
      expect(await ledger.head(connectionSubject(endpointOf(1)))).toEqual(head);
      const items = eventsIn((await ledger.history(connectionSubject(endpointOf(1)))).items);
      expect(items.map(({ event: { type } }) => type)).toEqual(["ConnectionRequested", "ApprovalRequested"]);
      expect(items.every(({ service, account }) => service === payments && account === acme)).toBe(true);
    });

    test("refuses whoever read before another wrote, and writes nothing of theirs", async () => {
      const { ledger, connections } = await setup();
      const start = first(requested(endpointOf(1)));
      const head = (await ledger.commit(start)) as Head;
      const won = await ledger.commit(next(start.after, head, [approved()]));
      expect(won).toMatchObject({ seq: 2 });
      expect(await ledger.commit(next(start.after, head, [asked("q-1")]))).toBe("conflict");
      expect(await ledger.commit(start)).toBe("conflict");
      expect((await connections.load([endpointOf(1)])).get(endpointOf(1))?.connection.status).toBe("approved");
      expect((await ledger.history(connectionSubject(endpointOf(1)))).items).toHaveLength(2);
    });

    test("refuses a head whose hash is another", async () => {
      const { ledger } = await setup();
      const start = first(requested(endpointOf(1)));
      await ledger.commit(start);
      expect(await ledger.commit(next(start.after, { seq: 1, hash: sha256("another") }, [approved()]))).toBe("conflict");
      const added = entry(acme, 1);
      await ledger.commit({ of: "entry", key: added, after: added, events: [entryEvent("EntryAdded", added)], expected: noHead });
      const changed = { of: "entry", key: added, after: entry(acme, 2), events: [entryEvent("EntryAdded", entry(acme, 2))] } as const;
      expect(await ledger.commit({ ...changed, expected: { seq: 1, hash: sha256("another") } })).toBe("conflict");
    });

    test("lets exactly one of many writers through", async () => {
      const { ledger } = await setup();
      const start = first(requested(endpointOf(1)));
      const head = (await ledger.commit(start)) as Head;
      const results = await Promise.all(
        Array.from({ length: 8 }, (_, index) => ledger.commit(next(start.after, head, [asked(`q-${String(index)}`)]))),
      );
      expect(results.filter((result) => result === "conflict")).toHaveLength(7);
      expect((await ledger.history(connectionSubject(endpointOf(1)))).items).toHaveLength(2);
    });

    test("keeps a chain that can be proved after it is read back, whatever the texts hold", async () => {
      const { ledger } = await setup();
      const odd = ["", "half a pair \ud83d", "\u0000", "zażółć 🌉", '"\\', "a".repeat(5000)];
      let { after, expected } = first(requested(endpointOf(1)));
      expected = (await ledger.commit(first(requested(endpointOf(1))))) as Head;
      for (const raw of odd) {
        const change = next(after, expected, [
          { ...event({ type: "AnswerRefused", choice: "reject", why: raw }), source: { kind: "notification", raw } },
        ]);
        expected = (await ledger.commit(change)) as Head;
        after = change.after;
      }
      const events = eventsIn(await all((request) => ledger.history(connectionSubject(endpointOf(1)), request), 3));
      expect(events).toHaveLength(odd.length + 1);
      expect(firstBreak(events, sha256)).toBeUndefined();
      expect(
        firstBreak([...events.slice(0, 2), { ...(events[2] as StoredEvent), account: accountOf(9) }, ...events.slice(3)], sha256),
      ).toBe(3);
    });

    test("takes many events in one commit, and refuses more than one transaction holds", async () => {
      const { ledger, connections } = await setup();
      const many = first(requested(endpointOf(1)), ...Array.from({ length: 79 }, () => refused));
      expect(await ledger.commit(many)).toMatchObject({ seq: 80 });
      const tooMany = first(requested(endpointOf(2)), ...Array.from({ length: 120 }, () => refused));
      await expect(ledger.commit(tooMany)).rejects.toThrow(Fault);
      expect((await connections.load([endpointOf(2)])).size).toBe(0);
    });
  });

  describe(`${name}: claiming names`, () => {
    test("a name belongs to one connection, and a refused claim writes nothing", async () => {
      const { ledger, connections } = await setup();
      const [one, two] = [connected(1), connected(2)];
      const heads = [(await ledger.commit(one)) as Head, (await ledger.commit(two)) as Head] as const;
      const mine = next(one.after, heads[0], [named("acme.pl.example.com")]);
      expect(await ledger.commit(mine)).toMatchObject({ seq: 4 });
      expect(await ledger.commit(next(two.after, heads[1], [named("acme.pl.example.com")]))).toBe("claimed");
      expect((await connections.load([endpointOf(2)])).get(endpointOf(2))?.connection.names).toEqual([]);
      expect(await ledger.commit(next(two.after, heads[1], [named("acme-2.pl.example.com")]))).toMatchObject({ seq: 4 });
    });

    test("a name that was given up is free for another", async () => {
      const { ledger } = await setup();
      const [one, two] = [connected(1), connected(2)];
      const head = (await ledger.commit(one)) as Head;
      const twoHead = (await ledger.commit(two)) as Head;
      const mine = next(one.after, head, [named("acme.pl.example.com")]);
      const given = next(mine.after, (await ledger.commit(mine)) as Head, [unnamed("acme.pl.example.com")]);
      expect(await ledger.commit(given)).toMatchObject({ seq: 5 });
      expect(await ledger.commit(next(two.after, twoHead, [named("acme.pl.example.com")]))).toMatchObject({ seq: 4 });
    });

    test("giving up and taking the same name in one commit keeps it", async () => {
      const { ledger } = await setup();
      const [one, two] = [connected(1), connected(2)];
      const twoHead = (await ledger.commit(two)) as Head;
      const mine = next(one.after, (await ledger.commit(one)) as Head, [named("acme.pl.example.com")]);
      const again = next(mine.after, (await ledger.commit(mine)) as Head, [unnamed("acme.pl.example.com"), named("acme.pl.example.com")]);
      expect(await ledger.commit(again)).toMatchObject({ seq: 6 });
      expect(await ledger.commit(next(two.after, twoHead, [named("acme.pl.example.com")]))).toBe("claimed");
    });

    test("a conflict is told before a claim", async () => {
      const { ledger } = await setup();
      const [one, two] = [connected(1), connected(2)];
      const mine = next(one.after, (await ledger.commit(one)) as Head, [named("acme.pl.example.com")]);
      await ledger.commit(mine);
      const stale = (await ledger.commit(two)) as Head;
      await ledger.commit(next(two.after, stale, [refused]));
      expect(await ledger.commit(next(two.after, stale, [named("acme.pl.example.com")]))).toBe("conflict");
    });
  });

  describe(`${name}: entries and services`, () => {
    test("an entry is added, changed, removed and added again, with one chain through it all", async () => {
      const { ledger, allowList } = await setup();
      const key = { service: payments, principal: `account#${acme}` } as const;
      const write = async (expected: Head, after?: ReturnType<typeof entry>): Promise<Head> => {
        const made = entryEvent(after === undefined ? "EntryRemoved" : "EntryAdded", after ?? entry(acme, expected.seq));
        return (await ledger.commit({ of: "entry", key, events: [made], expected, ...(after === undefined ? {} : { after }) })) as Head;
      };
      let head = await write(noHead, entry(acme, 1));
      const changed = entry(acme, 2, {
        verdict: "ask",
        conditions: { regions: ["eu-west-1"], expires: noon },
        name: "Acme",
        label: "acme",
      });
      head = await write(head, changed);
      expect(await allowList.read([key])).toEqual([changed]);
      head = await write(head);
      expect(await allowList.read([key])).toEqual([]);
      head = await write(head, entry(acme, 4));
      expect(await allowList.read([key])).toEqual([entry(acme, 4)]);
      expect(head.seq).toBe(4);
      const { items } = await ledger.history(entrySubject(payments, key.principal));
      expect(firstBreak(eventsIn(items), sha256)).toBeUndefined();
      expect(
        await ledger.commit({
          of: "entry",
          key,
          after: entry(acme, 1),
          events: [entryEvent("EntryAdded", entry(acme, 1))],
          expected: noHead,
        }),
      ).toBe("conflict");
    });

    test("a service is taken into care and given up", async () => {
      const { ledger, services } = await setup();
      const [one, two] = [serviceOf(1), serviceOf(2)];
      const head = (await ledger.commit({
        of: "service",
        key: one,
        after: service(one),
        events: [serviceEvent(one)],
        expected: noHead,
      })) as Head;
      await ledger.commit({
        of: "service",
        key: two,
        after: service(two, 1, { acceptanceOffSince: noon }),
        events: [serviceEvent(two)],
        expected: noHead,
      });
      expect(await services.get(one)).toEqual(service(one));
      expect(await services.all()).toEqual([service(one), service(two, 1, { acceptanceOffSince: noon })]);
      expect(await services.get(serviceOf(3))).toBeUndefined();
      const gone: PolicyEvent = {
        type: "ServiceRemoved",
        service: one,
        from: service(one),
        at: noon,
        by: { kind: "drawbridge" },
        because: { rule: "operator", detail: "asked for" },
      };
      expect(await ledger.commit({ of: "service", key: one, events: [gone], expected: head })).toMatchObject({ seq: 2 });
      expect(await services.get(one)).toBeUndefined();
      expect(await ledger.head(serviceSubject(one))).toMatchObject({ seq: 2 });
    });
  });

  describe(`${name}: an answer about an account`, () => {
    const key = { service: payments, principal: `account#${acme}` } as const;

    test("writes the decision and the entry together, each in its own chain", async () => {
      const { ledger, allowList } = await setup();
      const start = first(requested(endpointOf(1)), asked("q-1"));
      const head = (await ledger.commit(start)) as Head;
      const after = entry(acme, 1);
      const also = { of: "entry", key, after, expected: noHead, events: [entryEvent("EntryAdded", after)] } as const;
      const done = await ledger.commit({ ...next(start.after, head, [approved()]), also });
      expect(done).toMatchObject({ seq: 3 });
      expect(await allowList.read([key])).toEqual([after]);
      expect(await ledger.head(entrySubject(key.service, key.principal))).toMatchObject({ seq: 1 });
    });

    test("writes neither when either was changed by another", async () => {
      const { ledger, allowList, connections } = await setup();
      const start = first(requested(endpointOf(1)), asked("q-1"));
      const head = (await ledger.commit(start)) as Head;
      const after = entry(acme, 1);
      const also = { of: "entry", key, after, expected: noHead, events: [entryEvent("EntryAdded", after)] } as const;
      await ledger.commit(also);
      expect(await ledger.commit({ ...next(start.after, head, [approved()]), also })).toBe("conflict");
      expect((await connections.load([endpointOf(1)])).get(endpointOf(1))?.connection.status).toBe("asking");
      const stale = { ...also, key: { ...key, principal: "any" as const }, after: { ...after, principal: "any" as const } };
      expect(await ledger.commit({ ...next(start.after, { ...head, hash: "0".repeat(64) }, [approved()]), also: stale })).toBe("conflict");
      expect(await allowList.read([stale.key])).toEqual([]);
    });
  });

  describe(`${name}: approvers`, () => {
    test("are added, read, and removed, with one chain through it all", async () => {
      const { ledger, approvers } = await setup();
      const ann: Approver = { name: "ann", email: "ann@example.com", addedAt: noon, version: 1 };
      const told = {
        at: noon,
        name: "ann",
        by: { kind: "operator", arn: "arn:aws:iam::111111111111:user/alice" },
        because: { rule: "operator", detail: "x" },
      } as const;
      const head = (await ledger.commit({
        of: "approver",
        key: "ann",
        after: ann,
        expected: noHead,
        events: [{ type: "ApproverAdded", to: ann, ...told }],
      })) as Head;
      expect(await approvers.get("ann")).toEqual(ann);
      expect(await approvers.all()).toEqual([ann]);
      expect(await approvers.get("bob")).toBeUndefined();
      expect(
        await ledger.commit({ of: "approver", key: "ann", expected: noHead, events: [{ type: "ApproverRemoved", from: ann, ...told }] }),
      ).toBe("conflict");
      await ledger.commit({ of: "approver", key: "ann", expected: head, events: [{ type: "ApproverRemoved", from: ann, ...told }] });
      expect(await approvers.all()).toEqual([]);
      expect(await ledger.head(approverSubject("ann"))).toMatchObject({ seq: 2 });
    });
  });

  describe(`${name}: reading the log`, () => {
    test("a subject without events has no head and no history", async () => {
      const { ledger } = await setup();
      expect(await ledger.head(connectionSubject(endpointOf(9)))).toEqual(noHead);
      expect(await ledger.history(connectionSubject(endpointOf(9)))).toEqual({ items: [] });
    });

    test("pages follow one another in order and without gaps", async () => {
      const { ledger } = await setup();
      await ledger.commit(first(requested(endpointOf(1)), ...Array.from({ length: 24 }, () => refused)));
      const events = await all((request) => ledger.history(connectionSubject(endpointOf(1)), request), 7);
      expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 25 }, (_, index) => index + 1));
    });

    test("a cursor of another question, a made-up one and a wrong limit are refused", async () => {
      const { ledger } = await setup();
      await ledger.commit(first(requested(endpointOf(1)), refused, refused));
      await ledger.commit(first(requested(endpointOf(2)), refused, refused));
      const { cursor } = await ledger.history(connectionSubject(endpointOf(1)), { limit: 1 });
      await expect(ledger.history(connectionSubject(endpointOf(2)), cursor === undefined ? {} : { cursor })).rejects.toThrow(BadInput);
      for (const wrong of ["", "x", "e30", Buffer.from('{"subject":7}').toString("base64url")])
        await expect(ledger.history(connectionSubject(endpointOf(1)), { cursor: wrong })).rejects.toThrow(BadInput);
      for (const limit of [0, -1, 1.5, 1001])
        await expect(ledger.history(connectionSubject(endpointOf(1)), { limit })).rejects.toThrow(BadInput);
    });

    test("is searched by service, account, actor, type and decision", async () => {
      const { ledger } = await setup();
      await ledger.commit(first(requested(endpointOf(1)), approved()));
      await ledger.commit(first(requested(endpointOf(2), noon, serviceOf(0xb), accountOf(3)), asked("q-1")));
      const added = entry(acme, 1);
      await ledger.commit({ of: "entry", key: added, after: added, events: [entryEvent("EntryAdded", added)], expected: noHead });
      const types = async (query: AuditQuery): Promise<string[]> =>
        eventsIn((await ledger.search(query)).items)
          .map(({ event: { type } }) => type)
          .toSorted();
      expect(await types({ by: "service", value: payments })).toEqual(["ConnectionApproved", "ConnectionRequested", "EntryAdded"]);
      expect(await types({ by: "account", value: accountOf(3) })).toEqual(["ApprovalRequested", "ConnectionRequested"]);
      expect(await types({ by: "actor", value: "operator arn:aws:iam::111111111111:user/op" })).toEqual(["EntryAdded"]);
      expect(await types({ by: "type", value: "ConnectionRequested" })).toHaveLength(2);
      expect(await types({ by: "decision", value: "accepted" })).toEqual(["ConnectionApproved"]);
      expect(await types({ by: "account", value: accountOf(7) })).toEqual([]);
      await expect(ledger.search({ by: "type" })).rejects.toThrow(BadInput);
      await expect(ledger.search({ by: "type", value: [] })).rejects.toThrow(BadInput);
    });

    test("is searched by several values as one list, in order, page by page", async () => {
      const { ledger } = await setup();
      for (const number of [1, 2, 3, 4, 5])
        await ledger.commit(
          first(requested(endpointOf(number), at(`2026-11-20T0${String(number)}:00:00Z`), serviceOf(0xa + (number % 3)))),
        );
      const query = { by: "service", value: [serviceOf(0xa), serviceOf(0xb), serviceOf(0xe)] } as const;
      const hours = async (given: AuditQuery): Promise<string[]> =>
        eventsIn(await all((request) => ledger.search(given, request), 1)).map(({ event }) => event.at.slice(11, 13));
      expect(await hours(query)).toEqual(["04", "03", "01"]);
      expect(await hours({ ...query, oldestFirst: true })).toEqual(["01", "03", "04"]);
      const { cursor } = await ledger.search(query, { limit: 1 });
      await expect(ledger.search({ ...query, value: serviceOf(0xa) }, { cursor: cursor ?? "" })).rejects.toThrow(BadInput);
    });

    test("is searched by time, from the first instant to before the last, newest first or oldest first", async () => {
      const { ledger } = await setup();
      const hours = ["2026-11-20T08:00:00Z", "2026-11-21T09:00:00Z", "2026-11-23T10:00:00Z", "2026-11-23T11:00:00Z"].map(at);
      for (const [index, when] of hours.entries()) await ledger.commit(first(requested(endpointOf(index + 1), when)));
      const found = async (query: Omit<AuditQuery, "by">, limit = 100): Promise<string[]> =>
        eventsIn(await all((request) => ledger.search({ by: "time", ...query }, request), limit)).map(({ event }) => event.at);
      expect(await found({})).toEqual(hours.toReversed());
      expect(await found({ oldestFirst: true }, 1)).toEqual(hours);
      expect(await found({ from: hours[1] as typeof noon, to: hours[3] as typeof noon })).toEqual([hours[2], hours[1]]);
      expect(await found({ from: at("2026-11-22T00:00:00Z"), to: at("2026-11-23T00:00:00Z") })).toEqual([]);
      const byService = { by: "service", value: payments, from: hours[1] as typeof noon, to: hours[3] as typeof noon } as const;
      expect(eventsIn((await ledger.search(byService)).items).map(({ event }) => event.at)).toEqual([hours[2], hours[1]]);
      expect(await all((request) => ledger.search({ ...byService, oldestFirst: true }, request), 1)).toHaveLength(2);
    });
  });

  describe(`${name}: what was read is a copy`, () => {
    test("changing it changes nothing that is kept", async () => {
      const { ledger, connections } = await setup();
      await ledger.commit(first(requested(endpointOf(1))));
      const kept = (await connections.load([endpointOf(1)])).get(endpointOf(1));
      const [stored] = eventsIn((await ledger.history(connectionSubject(endpointOf(1)))).items);
      if (kept === undefined || stored === undefined) throw new Error("both were written");
      (kept.connection.names as unknown[]).push("mine");
      (stored.event as { type: string }).type = "Other";
      expect((await connections.load([endpointOf(1)])).get(endpointOf(1))?.connection.names).toEqual([]);
      expect(firstBreak(eventsIn((await ledger.history(connectionSubject(endpointOf(1)))).items), sha256)).toBeUndefined();
    });
  });
}

/** All pages of a list, each of at most `limit`. */
export async function all<T>(list: (request: PageRequest) => Promise<Page<T>>, limit: number): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < 1000; pages += 1) {
    const page: Page<T> = await list({ limit, ...(cursor === undefined ? {} : { cursor }) });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    items.push(...page.items);
    if (page.cursor === undefined) return items;
    cursor = page.cursor;
  }
  throw new Error("the pages do not end");
}
