// What a change would come to is told before it is made, and is what then happens: the same functions say both.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RemovedEntry, Put } from "../../lib/operator/entries.ts";
import type { Explained } from "../../lib/operator/explain.ts";
import type { Frozen } from "../../lib/operator/freezes.ts";
import type { Outlook } from "../../lib/operator/fates.ts";
import type { Set as SetService } from "../../lib/operator/service-settings.ts";
import { endpointOf, serviceOf } from "../fakes/endpoint-services.ts";
import { acme, desk, endpoint, inCare, service, type Desk } from "./desk.ts";
import { volume } from "../volume.ts";

const accept = { service, principal: acme, verdict: "accept" };
const key = { service, principal: acme };
const remove = "DELETE /entries/{service}/{principal}";

/** A desk with so many connections of acme, let in by its entry. */
async function connected(count = 1): Promise<Desk> {
  const at = await inCare();
  await at.ask("PUT /entries", accept);
  for (let number = 1; number <= count; number += 1) at.connect(number);
  await at.admit();
  return at;
}
/** The types of the events that admit commits now. */
async function followed(at: Desk): Promise<string[]> {
  const before = at.types().length;
  await at.admit();
  return at.types().slice(before);
}

describe("removing an entry", () => {
  test("keeps whom it let in, unless told otherwise", async () => {
    const at = await connected();
    expect(await at.ask<RemovedEntry>(remove, { ...key, preview: true })).toMatchObject({ disconnect: "keep", outlook: { cut: [] } });
    await at.ask(remove, key);
    expect(await followed(at)).toEqual([]);
  });

  test("now: tells who is cut, is refused unconfirmed, and cuts exactly those", async () => {
    const at = await connected(3);
    at.connect(4, 3);
    await at.admit();
    const wouldBe = await at.ask<RemovedEntry>(remove, { ...key, disconnect: "now", preview: "true" });
    expect(wouldBe.outlook?.cut.map((fate) => fate.endpoint)).toEqual([1, 2, 3].map(endpointOf));
    expect(at.types()).not.toContain("EntryRemoved");
    await expect(at.ask(remove, { ...key, disconnect: "now" })).rejects.toMatchObject({
      code: "ConfirmationNeeded",
      message: expect.stringContaining("This cuts 3 connections at once: "),
    });
    await expect(at.ask(remove, { ...key, disconnect: "now", confirm: "2" })).rejects.toMatchObject({ code: "ConfirmationNeeded" });
    await at.ask(remove, { ...key, disconnect: "now", confirm: "3" });
    expect(await followed(at)).toEqual(["ConnectionDenied", "ConnectionDenied", "ConnectionDenied"]);
  });

  test("after a while: tells when, announces it, and then cuts", async () => {
    const at = await connected();
    const { outlook } = await at.ask<RemovedEntry>(remove, { ...key, disconnect: "24h", confirm: "1" });
    expect(outlook?.cut).toMatchObject([{ endpoint, due: "2026-11-24T12:00:01.000Z" }]);
    expect(await followed(at)).toEqual(["RevocationAnnounced"]);
    at.world.clock.advance(86_399);
    expect(await followed(at)).toEqual([]);
    at.world.clock.advance(1);
    expect(await followed(at)).toEqual(["ConnectionDenied"]);
  });

  test("cuts nobody whom another entry accepts", async () => {
    const at = await connected();
    await at.ask("PUT /entries", { service: "*", principal: "any", verdict: "accept" });
    expect(await at.ask<RemovedEntry>(remove, { ...key, disconnect: "now" })).toMatchObject({ outlook: { cut: [] } });
    expect(await followed(at)).toEqual([]);
  });

  test("follows the service's own setting where the command says nothing", async () => {
    const at = await connected();
    expect(await at.ask<SetService>("PATCH /services/{service}", { service, onRemoval: "now" })).toMatchObject({
      changed: true,
      outlook: { cut: [] },
    });
    await expect(at.ask(remove, key)).rejects.toMatchObject({ code: "ConfirmationNeeded" });
  });
});

test("a setting that would cut what a removal left is previewed and confirmed too", async () => {
  const at = await connected();
  await at.ask(remove, key);
  await expect(at.ask("PATCH /services/{service}", { service, onRemoval: "now" })).rejects.toMatchObject({ code: "ConfirmationNeeded" });
  await at.ask("PATCH /services/{service}", { service, onRemoval: "now", confirm: 1 });
  expect(await followed(at)).toEqual(["ConnectionDenied"]);
});

test("a limit is counted in the preview as in the commit", async () => {
  const at = await inCare();
  for (const number of [1, 2, 3]) at.connect(number);
  const put = { ...accept, conditions: { atMost: 2 } };
  const { outlook } = await at.ask<Put>("PUT /entries", { ...put, preview: true });
  expect({ accepted: outlook?.accepted.length, asked: outlook?.asked.length }).toEqual({ accepted: 2, asked: 1 });
  await at.ask("PUT /entries", put);
  const types = await followed(at);
  expect(types.filter((type) => type === "ConnectionApproved")).toHaveLength(2);
  expect(types.filter((type) => type === "ApprovalRequested")).toHaveLength(1);
});

test("an entry at every service reaches each where the consumer is", async () => {
  const at = await connected(2);
  const other = serviceOf(2);
  at.world.ec2.addService(other);
  await at.ask("POST /services", { service: other });
  expect(await at.ask<Put>("PUT /entries", { service: "*", principal: acme, verdict: "reject", preview: true })).toMatchObject({
    outlook: { cut: [{ endpoint }, { endpoint: endpointOf(2) }] },
  });
});

test("a service that is only observed loses nobody", async () => {
  const at = await inCare("observe");
  at.connect(1);
  await at.admit();
  expect(await at.ask<Put>("PUT /entries", { ...accept, verdict: "reject" })).toMatchObject({ changed: true });
});

describe("who stays though nothing lets them in any more", () => {
  const kept = (outlook: Outlook | undefined): unknown[] => (outlook?.kept ?? []).map(({ endpoint: its, because }) => [its, because]);
  const stays = async (at: Desk, which = endpoint): Promise<string | undefined> =>
    (await at.ask<Explained>("GET /explain", { who: which })).items[0]?.stays;

  test("by a removal: the adopted, those let in, and those that people accepted; and explain says why each stays", async () => {
    const at = desk();
    at.connect(1, 2, 60);
    at.world.ec2.move(endpoint, "available");
    await at.ask("POST /services", { service });
    at.connect(2);
    await at.admit();
    await at.ask("POST /connections/{endpoint}/approve", { endpoint: endpointOf(2) });
    await at.ask("PUT /entries", accept);
    at.connect(3);
    await at.admit();
    expect(await stays(at)).toBeUndefined();
    const { outlook } = await at.ask<RemovedEntry>(remove, { ...key, preview: true });
    const words = [
      [endpoint, "it was there before Drawbridge, and a reject entry alone cuts it"],
      [endpointOf(2), "people accepted it, and a reject entry alone cuts it"],
      [endpointOf(3), expect.stringMatching(/^the entry for account 222222222222 was removed at .*: its connections are kept$/)],
    ];
    expect(kept(outlook)).toEqual(words);
    await at.ask(remove, key);
    expect(await followed(at)).toEqual([]);
    for (const [which, why] of words) expect(await stays(at, which as typeof endpoint)).toEqual(why);
    // It is no news of the next change.
    expect(kept((await at.ask<Put>("PUT /entries", { ...accept, verdict: "ask", preview: true })).outlook)).toEqual([]);
  });

  test("by a reject that spares them, by an ask, and by a condition that they do not meet", async () => {
    for (const [more, why] of [
      [{ verdict: "reject", disconnect: "keep" }, /reject, version 2: who was connected before it came is kept$/],
      [{ verdict: "ask" }, /ask, version 2: who was connected before it came is kept$/],
      [{ conditions: { regions: ["us-east-1"] } }, /region: eu-west-1, wanted us-east-1; a condition that fails later cuts nobody$/],
    ] as const) {
      const at = await connected();
      const { outlook } = await at.ask<Put>("PUT /entries", { ...accept, ...more });
      expect(kept(outlook)).toEqual([[endpoint, expect.stringMatching(why)]]);
      expect(await followed(at)).toEqual([]);
      expect(await stays(at)).toMatch(why);
    }
  });

  test("by an expiry that keeps them, explain says so", async () => {
    const at = await inCare();
    await at.ask("PUT /entries", { ...accept, conditions: { expires: "2026-11-24" } });
    at.connect(1);
    await at.admit();
    at.world.clock.advance(86_400);
    expect(await stays(at)).toMatch(/version 1, expired at 2026-11-24T00:00:00.000Z: its connections are kept$/);
  });

  test("by a limit that is lowered: those accepted last, and only those that the limit before had not left over already", async () => {
    const at = await inCare();
    await at.ask("PUT /entries", accept);
    for (const number of [3, 1, 2]) {
      at.connect(number);
      await at.admit();
      at.world.clock.advance(60);
    }
    const limited = async (atMost: number, more: object = {}): Promise<unknown[]> =>
      kept((await at.ask<Put>("PUT /entries", { ...accept, conditions: { atMost }, ...more })).outlook).map((one) => (one as string[])[0]);
    expect(await limited(2, { preview: true })).toEqual([endpointOf(2)]);
    expect(await limited(2)).toEqual([endpointOf(2)]);
    await at.admit();
    expect(await limited(2, { name: "acme" })).toEqual([]);
    expect(await limited(1)).toEqual([endpointOf(1)]);
    expect(await limited(3)).toEqual([]);
  });
});

test("a place goes to who has waited longest, in the preview and in fact", async () => {
  const at = await inCare();
  await at.ask("PUT /entries", { ...accept, conditions: { atMost: 1 } });
  at.connect(5);
  await at.admit();
  // Their ids say nothing of who came first.
  for (const [number, minutesAgo] of [
    [1, 1],
    [4, 30],
    [2, 5],
  ] as const)
    at.connect(number, 2, minutesAgo);
  await at.admit();
  const { outlook } = await at.ask<Put>("PUT /entries", { ...accept, conditions: { atMost: 2 } });
  expect(outlook?.accepted.map((fate) => fate.endpoint)).toEqual([endpointOf(4)]);
  expect(await followed(at)).toEqual(["ConnectionApproved"]);
  expect(await at.ask("GET /connections/{endpoint}", { endpoint: endpointOf(4) })).toMatchObject({ connection: { status: "approved" } });
});

test("who is connected counts before who waits: a limit that they fill lets nobody else in", async () => {
  const at = await connected(1);
  at.connect(2, 2, 90);
  await at.ask("PUT /freezes/{id}", { id: service, reason: "a test" });
  await at.admit();
  await at.ask("DELETE /freezes/{id}", { id: service });
  const { outlook } = await at.ask<Put>("PUT /entries", { ...accept, conditions: { atMost: 1 } });
  expect(outlook?.accepted).toEqual([]);
  expect((await followed(at)).filter((type) => type === "ConnectionApproved")).toEqual([]);
});

test("lifting a freeze tells who would be accepted, and lifts nothing while it is only asked", async () => {
  const at = await inCare();
  await at.ask("PUT /entries", accept);
  await at.ask("PUT /freezes/{id}", { id: "*", reason: "a storm" });
  at.connect(1);
  at.connect(2, 3);
  await at.admit();
  const wouldBe = await at.ask<Frozen>("DELETE /freezes/{id}", { id: "*", preview: "true" });
  expect(wouldBe).toMatchObject({ freeze: { reason: "a storm" }, outlook: { accepted: [{ endpoint }], asked: [] } });
  expect(at.types()).not.toContain("Unfrozen");
  await at.ask("DELETE /freezes/{id}", { id: "*" });
  expect(await followed(at)).toEqual(["ConnectionApproved"]);
});

// Random lists, random changes: what is foretold is what happens.

const verdict = fc.constantFrom("accept", "ask", "reject");
const entry = fc.record(
  {
    service: fc.constantFrom(service, "*"),
    principal: fc.constantFrom("222222222222", "333333333333", "444444444444", endpointOf(1), endpointOf(4), "any"),
    verdict,
    regions: fc.constantFrom(["eu-west-1"], ["us-east-1"]),
    atMost: fc.integer({ min: 1, max: 3 }),
    disconnect: fc.constantFrom("now", "keep", "24h"),
  },
  { requiredKeys: ["service", "principal", "verdict"] },
);
const asInput = ({ regions, atMost, disconnect, ...said }: typeof entry extends fc.Arbitrary<infer E> ? E : never): object => ({
  ...said,
  conditions: { ...(regions === undefined ? {} : { regions }), ...(atMost === undefined || said.verdict !== "accept" ? {} : { atMost }) },
  ...(disconnect === undefined || said.verdict === "accept" ? {} : { disconnect }),
});
const change = fc.oneof(
  entry.map((said) => ({ route: "PUT /entries", input: asInput(said) })),
  entry.map(({ service: at, principal, disconnect }) => ({
    route: remove,
    input: { service: at, principal, ...(disconnect === undefined ? {} : { disconnect }) },
  })),
);

const kinds = { accepted: "ConnectionApproved", asked: "ApprovalRequested" } as const;

const numbers = [1, 2, 3, 4, 5, 6];
/** Those that explain calls connected in spite of the list. */
async function staying(at: Desk): Promise<Set<string>> {
  const explained = await Promise.all(numbers.map(async (number) => at.ask<Explained>("GET /explain", { who: endpointOf(number) })));
  return new Set(explained.flatMap(({ items }, index) => (items[0]?.stays === undefined ? [] : [endpointOf(numbers[index] ?? 0)])));
}

test("who stays only because the change lets another take the last place is told as kept", async () => {
  const at = await inCare();
  at.connect(2, 4, 1);
  at.connect(5, 4, 1);
  await at.ask("PUT /entries", { service, principal: "any", verdict: "accept", conditions: { atMost: 1 } });
  await at.admit();
  await at.admit();
  const input = { service, principal: "444444444444", verdict: "accept", conditions: { atMost: 1 } };
  const { outlook } = await at.ask<{ outlook: Outlook }>("PUT /entries", { ...input, preview: true });
  const [one, other] = [outlook.accepted, outlook.kept].map((fates) => fates.map(({ endpoint }) => endpoint));
  expect([...(one ?? []), ...(other ?? [])].toSorted()).toEqual([endpointOf(2), endpointOf(5)]);
  expect(one).toHaveLength(1);
});

test("the preview of any change of any list equals what then happens", async () => {
  let changes = 0;
  let cuts = 0;
  let keeps = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(entry, { maxLength: 4 }),
      change,
      fc.array(fc.nat(90), { minLength: 1 }),
      async (list, { route, input }, ages) => {
        const at = await inCare();
        for (const principal of ["222222222222", "333333333333"]) await at.ask("PUT /entries", { service, principal, verdict: "accept" });
        for (const number of numbers) at.connect(number, 2 + (number % 3), ages[number % ages.length]);
        await at.admit();
        at.world.clock.advance(60);
        for (const said of list) await at.ask("PUT /entries", { ...asInput(said), confirm: true });
        await at.admit();
        await at.admit();
        const stood = await staying(at);
        const wouldBe = await at.ask<{ outlook?: Outlook }>(route, { ...input, preview: true }).catch(() => undefined);
        if (wouldBe === undefined) return;
        await at.ask(route, { ...input, confirm: true });
        const before = at.world.tables.committed.length;
        await at.admit();
        const events = at.world.tables.committed
          .slice(before)
          .map(({ event, subject }) => ({ event, endpoint: subject.replace("connection#", "") }));
        const of = (which: (type: (typeof events)[number]["event"]) => boolean): string[] =>
          events.flatMap(({ event, endpoint: its }) => (which(event) ? [its] : [])).toSorted();
        const outlook = wouldBe.outlook ?? { accepted: [], asked: [], rejected: [], cut: [], spared: [], kept: [] };
        const told = (fates: readonly { endpoint: string }[]): string[] => fates.map((fate) => fate.endpoint).toSorted();
        for (const [kind, type] of Object.entries(kinds) as [keyof typeof kinds, string][])
          expect(told(outlook[kind]), kind).toEqual(of((event) => event.type === type));
        expect(told(outlook.cut.filter(({ due }) => due === undefined))).toEqual(
          of((event) => event.type === "ConnectionDenied" && event.revokes),
        );
        expect(told(outlook.cut.filter(({ due }) => due !== undefined))).toEqual(of((event) => event.type === "RevocationAnnounced"));
        expect(told(outlook.rejected)).toEqual(of((event) => event.type === "ConnectionDenied" && !event.revokes));
        const moved = new Set<string>([...outlook.accepted, ...outlook.asked, ...outlook.spared].map((fate) => fate.endpoint));
        const stay = [...(await staying(at))].filter((its) => !stood.has(its) && !moved.has(its));
        expect(told(outlook.kept.filter(({ because }) => !because.endsWith("a limit cuts nobody"))), "kept").toEqual(stay.toSorted());
        changes += 1;
        cuts += outlook.cut.length;
        keeps += outlook.kept.length;
      },
    ),
    { numRuns: volume(120, 1500) },
  );
  expect(changes).toBeGreaterThan(volume(50, 600));
  expect(cuts).toBeGreaterThan(5);
  expect(keeps).toBeGreaterThan(5);
});
