// The policy carried out: limits, freezes, organizations, removals with their grace, and that what is explained is what is done.

import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { candidateKeys, entryId, type Entry, type Membership, type Principal } from "../../lib/allow-list.ts";
import type { PolicyEvent } from "../../lib/events.ts";
import { zoneId, type EndpointId, type Instant } from "../../lib/ids.ts";
import { entrySubject, freezeSubject, noHead, serviceSubject, type EntryKey } from "../../lib/ledger.ts";
import { admit } from "../../lib/loop/admit.ts";
import type { Item } from "../../lib/loop/batch.ts";
import { pieces } from "../../lib/loop/concurrently.ts";
import { giveNames } from "../../lib/loop/names.ts";
import { observe } from "../../lib/loop/observe.ts";
import { sweep } from "../../lib/loop/sweep.ts";
import { organizationsUnknown } from "../../lib/loop/verdicts.ts";
import { readMessage } from "../../lib/messages.ts";
import { explain } from "../../lib/operator/explain.ts";
import type { Disconnect } from "../../lib/disconnect.ts";
import { acme, at, entry, noon, payments, service, serviceEvent } from "../contracts/samples.ts";
import { accountOf, endpointOf } from "../fakes/endpoint-services.ts";
import { fakeWorld, type FakeWorld, type Ports } from "../fakes/world.ts";
import { volume } from "../volume.ts";

let world: FakeWorld;
let ports: Ports;
const operator = "arn:aws:iam::111111111111:user/op";
const said = { at: noon, by: { kind: "operator", arn: operator }, because: { rule: "operator", detail: "asked for" } } as const;

const look = (endpoints: readonly EndpointId[]): Item[] =>
  pieces(endpoints, 100).map((part, index) => ({
    id: `m${String(index)}`,
    wanted: readMessage(JSON.stringify({ look: { service: payments, endpoints: part, why: "requested" } })),
  }));
const numbered = (count: number): EndpointId[] => Array.from({ length: count }, (_, index) => endpointOf(index + 1));
const statusOf = async (endpoint: EndpointId) => (await ports.connections.load([endpoint])).get(endpoint)?.connection.status;
const typesSince = (mark: number): string[] => world.tables.committed.slice(mark).map(({ event }) => event.type);

async function start(): Promise<void> {
  world = fakeWorld(noon);
  ports = world.ports();
  world.ec2.addService(payments);
  await ports.ledger.commit({ of: "service", key: payments, after: service(payments), events: [serviceEvent(payments)], expected: noHead });
  world.clock.advance(60);
}
beforeEach(start);

async function write(wanted: Partial<Entry> = {}): Promise<Entry> {
  const key: EntryKey = { service: wanted.service ?? payments, principal: wanted.principal ?? `account#${acme}` };
  const expected = await ports.ledger.head(entrySubject(key.service, key.principal));
  const [before] = await ports.allowList.read([key]);
  const after: Entry = { ...entry(acme, expected.seq + 1), at: ports.clock(), ...wanted, ...key };
  const event: PolicyEvent =
    before === undefined
      ? { ...said, type: "EntryAdded", entry: after, to: after }
      : { ...said, type: "EntryChanged", entry: after, from: before, to: after };
  await ports.ledger.commit({ of: "entry", key, after, events: [event], expected });
  return after;
}

async function remove({ service: of, principal }: EntryKey, disconnect: Disconnect): Promise<void> {
  const expected = await ports.ledger.head(entrySubject(of, principal));
  const [before] = await ports.allowList.read([{ service: of, principal }]);
  const removed = { at: ports.clock(), by: operator, disconnect };
  const tombstone = { service: of, principal, version: expected.seq + 1, removed };
  const event: PolicyEvent = { ...said, type: "EntryRemoved", entry: tombstone, from: before };
  await ports.ledger.commit({ of: "entry", key: tombstone, tombstone, events: [event], expected });
}

async function freeze(id: "*" | typeof payments, reason: string | undefined): Promise<void> {
  const expected = await ports.ledger.head(freezeSubject(id));
  const after = { id, at: ports.clock(), by: operator, reason: reason ?? "", version: expected.seq + 1 };
  await ports.ledger.commit(
    reason === undefined
      ? { of: "freeze", key: id, events: [{ ...said, type: "Unfrozen" }], expected }
      : { of: "freeze", key: id, after, events: [{ ...said, type: "Frozen", reason }], expected },
  );
}

async function connect(endpoints: readonly EndpointId[], account = acme): Promise<void> {
  for (const endpoint of endpoints) world.ec2.connect({ endpoint, service: payments, account });
  await admit(ports, look(endpoints));
  world.ec2.settle();
  await observe(ports, look(endpoints));
}

describe("a limit", () => {
  const countOf = async (entry: EntryKey) => (await ports.allowList.counts([entryId(entry)])).get(entryId(entry)) ?? 0;

  test.each([1, 7, 100])(
    "of %i holds against a thousand connections at once in many batches, and the others are asked about",
    async (atMost) => {
      const limited = await write({ principal: "any", conditions: { atMost } });
      const endpoints = numbered(1000);
      for (const endpoint of endpoints) world.ec2.connect({ endpoint, service: payments, account: acme });
      let failed = look(endpoints);
      for (let receives = 0; failed.length > 0 && receives < 20; receives += 1) {
        const failures = await Promise.all(pieces(failed, 1).map((items) => admit(ports, items)));
        const again = new Set(failures.flat().map(({ id }) => id));
        failed = failed.filter(({ id }) => again.has(id));
      }
      expect(failed).toEqual([]);
      const states = await Promise.all(endpoints.map(statusOf));
      expect(states.filter((status) => status === "approved")).toHaveLength(atMost);
      expect(states.filter((status) => status === "asking")).toHaveLength(1000 - atMost);
      expect(await countOf(limited)).toBe(atMost);
      expect(world.ec2.calls.flatMap((call) => call.endpoints)).toHaveLength(atMost);
    },
  );

  test("a place that is given back goes to one who waits", async () => {
    await write({ conditions: { atMost: 1 } });
    await connect(numbered(2));
    const [first, second] = numbered(2) as [EndpointId, EndpointId];
    expect([await statusOf(first), await statusOf(second)]).toEqual(["connected", "asking"]);
    world.ec2.move(first, "deleted");
    await sweep(ports);
    await sweep(ports);
    expect([await statusOf(first), await statusOf(second)]).toEqual(["closed", "approved"]);
  });

  test("one that comes later counts who is there, and lets nobody else in", async () => {
    const before = await write();
    await connect(numbered(3));
    await write({ conditions: { atMost: 2 } });
    await sweep(ports);
    expect(await countOf(before)).toBe(3);
    await connect([endpointOf(4)]);
    expect(await statusOf(endpointOf(4))).toBe("asking");
    expect(await Promise.all(numbered(3).map(statusOf))).toEqual(["connected", "connected", "connected"]);
  });
});

describe("a freeze", () => {
  test.each(["*", payments] as const)(
    "of %s asks instead of accepting, rejects as ever, cuts nobody; lifted, who waits gets in",
    async (id) => {
      await write();
      await write({ principal: `account#${accountOf(3)}`, verdict: "reject" });
      await connect([endpointOf(1)]);
      await freeze(id, "an incident");
      await connect([endpointOf(2)]);
      await connect([endpointOf(3)], accountOf(3));
      await sweep(ports);
      expect(await Promise.all(numbered(3).map(statusOf))).toEqual(["connected", "asking", "rejected"]);
      const asked = (await ports.connections.load([endpointOf(2)])).get(endpointOf(2))?.connection;
      expect(asked).toMatchObject({ question: { because: { rule: "frozen", detail: expect.stringContaining("an incident") as string } } });
      await freeze(id, undefined);
      await sweep(ports);
      expect(await statusOf(endpointOf(2))).toBe("approved");
    },
  );
});

describe("a removed entry", () => {
  test("after a grace period: announced, then cut by the sweep and rejected at AWS; the adopted and others' stay", async () => {
    const account = await write();
    await connect(numbered(2));
    await write({ principal: `account#${accountOf(3)}` });
    await connect([endpointOf(3)], accountOf(3));
    const mark = world.tables.committed.length;
    await remove(account, { afterHours: 1 });
    await sweep(ports);
    await sweep(ports);
    expect(typesSince(mark)).toEqual(["EntryRemoved", "RevocationAnnounced", "RevocationAnnounced"]);
    world.clock.advance(3600);
    await sweep(ports);
    expect(typesSince(mark).slice(3)).toEqual(["ConnectionDenied", "ConnectionDenied"]);
    await admit(ports, look(numbered(2)));
    expect(world.ec2.calls.at(-1)).toMatchObject({ action: "reject", endpoints: numbered(2) });
    expect(await statusOf(endpointOf(3))).toBe("connected");
  });

  test("kept says nothing, and a new connection of the same account is asked about", async () => {
    const account = await write();
    await connect([endpointOf(1)]);
    await remove(account, "keep");
    const mark = world.tables.committed.length;
    await sweep(ports);
    expect(typesSince(mark)).toEqual([]);
    await connect([endpointOf(2)]);
    expect(await Promise.all(numbered(2).map(statusOf))).toEqual(["connected", "asking"]);
  });
});

describe("an expiry", () => {
  test("is announced a week before, once, and cuts at its instant where the service says so", async () => {
    const after: Instant = at("2026-12-23T12:00:00Z");
    await write({ conditions: { expires: after }, onExpiry: "now" });
    await connect([endpointOf(1)]);
    const mark = world.tables.committed.length;
    await sweep(ports);
    expect(typesSince(mark)).toEqual([]);
    world.clock.advance(24 * 86_400);
    await sweep(ports);
    await sweep(ports);
    expect(typesSince(mark)).toEqual(["ExpiryAnnounced"]);
    world.clock.advance(7 * 86_400);
    await sweep(ports);
    expect(typesSince(mark)).toEqual(["ExpiryAnnounced", "ConnectionDenied"]);
  });
});

describe("organizations", () => {
  test("are asked only where an entry speaks of them, and each account once in a look", async () => {
    await write();
    await connect(numbered(3));
    expect(world.organizations.asked).toEqual([]);
    world.organizations.place(acme, "o-abcdefghij", "ou-abcd-12345678");
    await write({ principal: "ou#ou-abcd-12345678", service: "*", verdict: "reject" });
    await sweep(ports);
    expect(world.organizations.asked).toEqual([acme]);
    expect(await statusOf(endpointOf(1))).toBe("denied");
  });

  test("an outage cuts nobody and lets nobody in", async () => {
    world.organizations.place(acme, "o-abcdefghij");
    await write({ principal: "org#o-abcdefghij" });
    await connect([endpointOf(1)]);
    expect(await statusOf(endpointOf(1))).toBe("connected");
    world.organizations.goDown();
    await connect([endpointOf(2)]);
    await sweep(ports);
    expect(await Promise.all(numbered(2).map(statusOf))).toEqual(["connected", "asking"]);
  });

  test("a deployment without the role asks", async () => {
    await write({ principal: "org#o-abcdefghij" });
    world.ec2.connect({ endpoint: endpointOf(1), service: payments, account: acme });
    await admit({ ...ports, organizations: organizationsUnknown }, look([endpointOf(1)]));
    expect(await statusOf(endpointOf(1))).toBe("asking");
  });
});

describe("the deciding path", () => {
  test("reads exact keys only, and as many with ten thousand entries as with ten", async () => {
    const read: EntryKey[][] = [];
    const counting: Ports = {
      ...ports,
      allowList: {
        ...ports.allowList,
        standing: async (keys) => {
          read.push([...keys]);
          return ports.allowList.standing(keys);
        },
        ofService: () => Promise.reject(new Error("a decision lists nothing")),
        freezes: () => Promise.reject(new Error("a decision lists nothing")),
      },
    };
    world.ec2.connect({ endpoint: endpointOf(1), service: payments, account: acme });
    await admit(counting, look([endpointOf(1)]));
    expect(read.map((keys) => keys.map(entryId))).toEqual([
      candidateKeys({ service: payments, endpoint: endpointOf(1), account: acme }).map(entryId),
    ]);
    expect(read[0]).toHaveLength(6);
  });
});

describe("what is explained is what is done", () => {
  const member: Membership = { id: "o-abcdefghij", units: ["ou-abcd-12345678"] };
  const principals: Principal[] = [`endpoint#${endpointOf(1)}`, `account#${acme}`, "ou#ou-abcd-12345678", "org#o-abcdefghij", "any"];
  const entryArb = fc.record({
    service: fc.constantFrom(payments, "*" as const),
    principal: fc.constantFrom(...principals),
    verdict: fc.constantFrom("accept" as const, "ask" as const, "reject" as const),
    conditions: fc.constantFrom<Entry["conditions"][]>(
      {},
      {},
      {},
      { regions: ["eu-west-1"] },
      { regions: ["us-east-1"] },
      { ipAddressTypes: ["ipv4"] },
      { atMost: 1 },
      { notBefore: at("2026-11-23T12:00:30Z") },
      { notBefore: at("2026-11-23T12:02:00Z") },
      { expires: at("2026-11-23T12:02:00Z") },
      { expires: at("2026-11-23T12:00:30Z") },
    ),
  });
  const listArb = fc.uniqueArray(entryArb, { selector: entryId, maxLength: 10 });
  const worldArb = fc.record({
    list: listArb,
    belongs: fc.constantFrom("there", "nowhere", "unknown"),
    frozen: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    region: fc.constantFrom("eu-west-1", "us-east-1", undefined),
  });

  test("on random lists: the same verdict, by the same entry, for the same reason", async () => {
    await fc.assert(
      fc.asyncProperty(worldArb, async ({ list, belongs, frozen, region }) => {
        await start();
        for (const one of list) await write(one);
        if (belongs === "there") world.organizations.place(acme, member.id, ...member.units);
        if (belongs === "unknown") world.organizations.goDown();
        if (frozen) await freeze("*", "an incident");
        const endpoint = endpointOf(1);
        const facts = region === undefined ? {} : { region };
        const shown = { endpoint, service: payments, account: acme, ipAddressType: "ipv4" } as const;
        const operators = { ...ports, deployment: { stage: "test", version: "0", topic: "", zones: [], bus: "", queues: {} } };
        const told = async (asked: object) => (await explain(operators, asked)).items[0]?.explanation;
        const asAccount = await told({ who: acme, service: payments, ipAddressType: "ipv4", ...facts });
        world.ec2.connect({ ...shown, ...facts, ...(region === undefined ? { region: undefined as never } : {}) });
        await observe(ports, look([endpoint]));
        const explanation = await told({ who: endpoint });
        if (explanation === undefined) throw new Error("nobody was judged");
        const { verdict, because, entries } = explanation;
        // As an account, nobody can be named by their endpoint.
        if (list.every(({ principal }) => !principal.startsWith("endpoint#"))) expect(asAccount).toEqual(explanation);
        await admit(ports, look([endpoint]));
        const event = world.tables.committed.at(-1)?.event;
        const types = { accept: "ConnectionApproved", ask: "ApprovalRequested", reject: "ConnectionDenied" } as const;
        expect(event).toMatchObject({ type: types[verdict], because });
        expect((event as { entry?: unknown }).entry).toEqual(entries.find(({ decides }) => decides)?.entry);
      }),
      { numRuns: volume(300, 5000) },
    );
  });
});

describe("a revocation to its end", () => {
  test("announced, cut after its grace, rejected at AWS, its name gone; and then a new endpoint is asked about", async () => {
    const zone = zoneId("Z0123456789ABCDEFGHIJ");
    world.zones.addZone(zone, "pl.example.com");
    const head = await ports.ledger.head(serviceSubject(payments));
    const named = service(payments, head.seq + 1, { zone: { id: zone, name: "pl.example.com" } });
    await ports.ledger.commit({ of: "service", key: payments, after: named, events: [serviceEvent(payments)], expected: head });
    const account = await write({ name: "acme" });
    await connect([endpointOf(1)]);
    const naming = { ...ports, owner: (endpoint: EndpointId) => `drawbridge ${endpoint}` };
    await giveNames(naming, look([endpointOf(1)]));
    const names = (): string[] => world.zones.sets(zone).flatMap(({ name, type }) => (type === "A" ? [name] : []));
    expect(names()).toEqual(["acme.pl.example.com"]);
    await remove(account, { afterHours: 24 });
    await sweep(ports);
    world.clock.advance(24 * 3600 - 1);
    await sweep(ports);
    expect(await statusOf(endpointOf(1))).toBe("connected");
    world.clock.advance(1);
    await sweep(ports);
    await admit(ports, look([endpointOf(1)]));
    await observe(ports, look([endpointOf(1)]));
    await giveNames(naming, look([endpointOf(1)]));
    expect(await statusOf(endpointOf(1))).toBe("rejected");
    expect(names()).toEqual([]);
    await connect([endpointOf(2)]);
    expect(await statusOf(endpointOf(2))).toBe("asking");
  });
});
