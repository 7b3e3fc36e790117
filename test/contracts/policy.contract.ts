// What every store promises for verdicts: limits that are never exceeded, freezes, tombstones, and the marks of entries for units.

import { describe, expect, test } from "vitest";
import type { Entry, Principal, Removed } from "../../lib/allow-list.ts";
import { entryId } from "../../lib/allow-list.ts";
import type { ConnectionEvent, PolicyEvent } from "../../lib/events.ts";
import type { Freeze } from "../../lib/freeze.ts";
import { concurrently } from "../../lib/loop/concurrently.ts";
import { instant, milliseconds } from "../../lib/ids.ts";
import { freezeSubject, noHead, serviceSubject, type Head } from "../../lib/ledger.ts";
import { accountOf, endpointOf, serviceOf } from "../fakes/endpoint-services.ts";
import { acme, entry, entryEvent, event, first, next, noon, payments, requested } from "./samples.ts";
import type { TablesUnderTest } from "./tables.fixture.ts";
import { volume } from "../volume.ts";

const limited = entry(acme, 1, { conditions: { atMost: 3 } });
const counter = entryId(limited);
const taking = (atMost: number): ConnectionEvent => event({ type: "ConnectionApproved", counter, atMost });
const operator = "arn:aws:iam::111111111111:user/op";
const said = { at: noon, by: { kind: "operator", arn: operator }, because: { rule: "operator", detail: "asked for" } } as const;

export function policyContract(name: string, setup: () => Promise<TablesUnderTest>): void {
  describe(`${name}: limits`, () => {
    test("the n-th connection is counted, the next one finds it full and writes nothing", async () => {
      const { ledger, allowList, connections } = await setup();
      for (const number of [1, 2, 3])
        expect(await ledger.commit(first(requested(endpointOf(number)), taking(3)))).toMatchObject({ seq: 2 });
      expect(await ledger.commit(first(requested(endpointOf(4)), taking(3)))).toBe("full");
      expect((await connections.load([endpointOf(4)])).size).toBe(0);
      expect(await allowList.counts([counter, "nobody's"])).toEqual(new Map([[counter, 3]]));
    });

    test("a conflict is told before a full limit", async () => {
      const { ledger } = await setup();
      const start = first(requested(endpointOf(1)), taking(1));
      const head = (await ledger.commit(start)) as Head;
      await ledger.commit(next(start.after, head, [event({ type: "ConnectionAvailable" })]));
      expect(await ledger.commit(next(undefined, noHead, [requested(endpointOf(1)), taking(1)]))).toBe("conflict");
    });

    test.each([
      ["a revocation", { type: "ConnectionDenied", revokes: true, counter }],
      ["a reject outside", { type: "RejectedOutside", counter }],
      ["the end", { type: "ConnectionClosed", reason: "deleted", counter }],
    ] as const)("%s gives the place back", async (_, end) => {
      const { ledger, allowList } = await setup();
      const start = first(requested(endpointOf(1)), taking(1));
      const head = (await ledger.commit(start)) as Head;
      expect(await ledger.commit(first(requested(endpointOf(2)), taking(1)))).toBe("full");
      const ended = next(start.after, head, [event(end)]);
      expect(ended.after.counter).toBeUndefined();
      await ledger.commit(ended);
      expect(await allowList.counts([counter])).toEqual(new Map([[counter, 0]]));
      expect(await ledger.commit(first(requested(endpointOf(2)), taking(1)))).toMatchObject({ seq: 2 });
    });

    test("taken and given back in one commit, nothing is counted", async () => {
      const { ledger, allowList } = await setup();
      const gone = event({ type: "ConnectionClosed", reason: "deleted", counter });
      expect(await ledger.commit(first(requested(endpointOf(1)), taking(3), gone))).toMatchObject({ seq: 3 });
      expect([...(await allowList.counts([counter])).values()].every((count) => count === 0)).toBe(true);
    });

    test("who is counted later is counted past the limit, and nobody new gets in", async () => {
      const { ledger, allowList } = await setup();
      await ledger.commit(first(requested(endpointOf(1)), taking(1)));
      const old = first(requested(endpointOf(2)), event({ type: "ConnectionApproved" }), event({ type: "ConnectionCounted", counter }));
      expect(await ledger.commit(old)).toMatchObject({ seq: 3 });
      expect(await allowList.counts([counter])).toEqual(new Map([[counter, 2]]));
      expect(await ledger.commit(first(requested(endpointOf(3)), taking(2)))).toBe("full");
    });

    test("many at once never exceed it", async () => {
      const { ledger, allowList } = await setup();
      const numbers = Array.from({ length: volume(250, 1000) }, (_, index) => index + 1);
      const taken = async (number: number): Promise<string> => {
        for (;;) {
          const result = await ledger.commit(first(requested(endpointOf(number)), taking(7)));
          if (typeof result === "object") return "in";
          if (result === "full") return "full";
        }
      };
      const results = await concurrently(numbers, 50, taken);
      expect(results.filter((result) => result === "in")).toHaveLength(7);
      expect(await allowList.counts([counter])).toEqual(new Map([[counter, 7]]));
    });
  });

  describe(`${name}: permits`, () => {
    test("are kept and forgotten for each service, as often as it is said", async () => {
      const { permits } = await setup();
      const permit = (account: number, at = noon) => ({ account: accountOf(account), at });
      const later = instant(milliseconds(noon) + 60_000);
      for (const one of [permit(3), permit(2), permit(2), permit(5), permit(5, later)]) await permits.keep(payments, one);
      await permits.keep(serviceOf(0xb), permit(4));
      expect(await permits.of(payments)).toEqual([permit(2), permit(3), permit(5, later)]);
      // What was kept anew since it was read stays.
      for (const one of [permit(2), permit(2), permit(4), permit(5)]) await permits.forget(payments, one);
      expect(await permits.of(payments)).toEqual([permit(3), permit(5, later)]);
      expect(await permits.of(serviceOf(0xb))).toEqual([permit(4)]);
    });
  });

  describe(`${name}: freezes`, () => {
    const freeze = (id: Freeze["id"], version: number): Freeze => ({ id, at: noon, by: operator, reason: "an incident", version });

    test("of a service and of all bear on its verdicts, the service's own first; lifted, they are gone", async () => {
      const { ledger, allowList } = await setup();
      expect(await allowList.bearing(payments)).toMatchObject({ freezes: [] });
      const heads = new Map<string, Head>();
      for (const key of ["*", payments] as const) {
        const frozen: PolicyEvent = { ...said, type: "Frozen", reason: "an incident", ...(key === "*" ? {} : { service: key }) };
        heads.set(key, (await ledger.commit({ of: "freeze", key, after: freeze(key, 1), events: [frozen], expected: noHead })) as Head);
      }
      expect((await allowList.bearing(payments)).freezes).toEqual([freeze(payments, 1), freeze("*", 1)]);
      expect((await allowList.bearing(serviceOf(0xb))).freezes).toEqual([freeze("*", 1)]);
      expect(await allowList.freezes()).toHaveLength(2);
      expect(await ledger.head(serviceSubject(payments))).toEqual(heads.get(payments));
      expect(await ledger.commit({ of: "freeze", key: "*", events: [{ ...said, type: "Unfrozen" }], expected: noHead })).toBe("conflict");
      const expected = await ledger.head(freezeSubject("*"));
      expect(await ledger.commit({ of: "freeze", key: "*", events: [{ ...said, type: "Unfrozen" }], expected })).toMatchObject({ seq: 2 });
      expect(await allowList.freezes()).toEqual([freeze(payments, 1)]);
    });
  });

  describe(`${name}: removed entries`, () => {
    test("leave at their key what their removal means, and no list shows it", async () => {
      const { ledger, allowList } = await setup();
      const added = entry(acme, 1);
      const head = (await ledger.commit({
        of: "entry",
        key: added,
        after: added,
        events: [entryEvent("EntryAdded", added)],
        expected: noHead,
      })) as Head;
      const { service, principal } = added;
      const removal = { at: noon, by: operator, disconnect: { afterHours: 24 }, reason: "their contract ended" } as const;
      const tombstone: Removed = { service, principal, version: 2, removed: removal };
      const removed = (await ledger.commit({
        of: "entry",
        key: added,
        tombstone,
        events: [entryEvent("EntryRemoved", added)],
        expected: head,
      })) as Head;
      expect(await allowList.standing([added])).toEqual({ entries: [], removed: [tombstone] });
      expect(await allowList.read([added])).toEqual([]);
      expect((await allowList.ofService(service)).items).toEqual([]);
      const again = entry(acme, 3);
      await ledger.commit({ of: "entry", key: added, after: again, events: [entryEvent("EntryAdded", again)], expected: removed });
      expect(await allowList.standing([added])).toEqual({ entries: [again], removed: [] });
    });

    test("every member of an entry is read back", async () => {
      const { ledger, allowList } = await setup();
      const full = entry(acme, 1, {
        conditions: { atMost: 2 },
        labels: { team: "payments" },
        asking: {
          approvers: ["ann", "ben"],
          quorum: 2,
          openDays: 2,
          remindHours: [1, 5],
          escalateTo: ["eve"],
          escalateAfterHours: 3,
          silence: "reject",
          emailProof: "link",
          accountAnswers: true,
        },
        onExpiry: { afterHours: 48 },
        disconnect: "keep",
        authors: ["arn:aws:iam::111111111111:user/op", "arn:aws:iam::111111111111:user/zoe"],
        afterwards: { verdict: "ask", conditions: { regions: ["eu-west-1"] }, author: "arn:aws:iam::111111111111:user/zoe", at: noon },
      });
      await ledger.commit({ of: "entry", key: full, after: full, events: [entryEvent("EntryAdded", full)], expected: noHead });
      expect(await allowList.read([full])).toEqual([full]);
    });
  });

  describe(`${name}: entries for units and organizations`, () => {
    test("are marked, so that nobody looks accounts up in vain", async () => {
      const { ledger, allowList } = await setup();
      const marks = async (): Promise<unknown> => (await allowList.bearing(payments)).units;
      const none = { entries: 0, rejects: 0 };
      expect(await marks()).toEqual({ here: none, everywhere: none });
      const write = (of: string, at: "*" | typeof payments, version: number, more: Partial<Entry> = {}): Entry => ({
        ...entry(acme, version, more),
        service: at,
        principal: of as Principal,
      });
      const unit = write("ou#ou-abcd-12345678", payments, 1);
      const added: PolicyEvent = { ...said, type: "EntryAdded", entry: unit, to: unit };
      let head = (await ledger.commit({ of: "entry", key: unit, after: unit, events: [added], expected: noHead })) as Head;
      const organization = write("org#o-abcdefghij", "*", 1, { verdict: "reject" });
      const rejecting: PolicyEvent = { ...said, type: "EntryAdded", entry: organization, to: organization };
      await ledger.commit({ of: "entry", key: organization, after: organization, events: [rejecting], expected: noHead });
      expect(await marks()).toEqual({ here: { entries: 1, rejects: 0 }, everywhere: { entries: 1, rejects: 1 } });
      const turned = { ...unit, verdict: "reject" as const, version: 2 };
      const changed: PolicyEvent = { ...said, type: "EntryChanged", entry: turned, from: unit, to: turned };
      head = (await ledger.commit({ of: "entry", key: unit, after: turned, events: [changed], expected: head })) as Head;
      expect(await marks()).toEqual({ here: { entries: 1, rejects: 1 }, everywhere: { entries: 1, rejects: 1 } });
      const gone: PolicyEvent = { ...said, type: "EntryRemoved", entry: turned, from: turned };
      await ledger.commit({ of: "entry", key: unit, events: [gone], expected: head });
      expect(await marks()).toEqual({ here: none, everywhere: { entries: 1, rejects: 1 } });
      const account = entry(acme, 1);
      await ledger.commit({ of: "entry", key: account, after: account, events: [entryEvent("EntryAdded", account)], expected: noHead });
      expect(await marks()).toEqual({ here: none, everywhere: { entries: 1, rejects: 1 } });
    });
  });
}
