// What a change would come to is told before it is made, and is what then happens: the same functions say both.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RemovedEntry, Put } from "../../lib/operator/entries.ts";
import type { Outlook } from "../../lib/operator/outlook.ts";
import type { Set } from "../../lib/operator/service-settings.ts";
import { endpointOf, serviceOf } from "../fakes/endpoint-services.ts";
import { acme, endpoint, inCare, service, type Desk } from "./desk.ts";

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
    expect(await at.ask<Set>("PATCH /services/{service}", { service, onRemoval: "now" })).toMatchObject({
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

test("the preview of any change of any list equals what then happens", async () => {
  let changes = 0;
  let cuts = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 4 }), change, async (list, { route, input }) => {
      const at = await inCare();
      for (const principal of ["222222222222", "333333333333"]) await at.ask("PUT /entries", { service, principal, verdict: "accept" });
      for (const number of [1, 2, 3, 4, 5, 6]) at.connect(number, 2 + (number % 3));
      await at.admit();
      at.world.clock.advance(60);
      for (const said of list) await at.ask("PUT /entries", { ...asInput(said), confirm: true });
      await at.admit();
      await at.admit();
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
      const outlook = wouldBe.outlook ?? { accepted: [], asked: [], rejected: [], cut: [], spared: [] };
      const told = (fates: readonly { endpoint: string }[]): string[] => fates.map((fate) => fate.endpoint).toSorted();
      for (const [kind, type] of Object.entries(kinds) as [keyof typeof kinds, string][])
        expect(told(outlook[kind]), kind).toEqual(of((event) => event.type === type));
      expect(told(outlook.cut.filter(({ due }) => due === undefined))).toEqual(
        of((event) => event.type === "ConnectionDenied" && event.revokes),
      );
      expect(told(outlook.cut.filter(({ due }) => due !== undefined))).toEqual(of((event) => event.type === "RevocationAnnounced"));
      expect(told(outlook.rejected)).toEqual(of((event) => event.type === "ConnectionDenied" && !event.revokes));
      changes += 1;
      cuts += outlook.cut.length;
    }),
    { numRuns: 300 },
  );
  expect(changes).toBeGreaterThan(150);
  expect(cuts).toBeGreaterThan(5);
});
