// What is explained is what happens: the verdict told for a waiting connection is the one that the functions then commit.
import fc from "fast-check";
import { expect, test } from "vitest";
import { observe } from "../../lib/loop/observe.ts";
import type { Explained } from "../../lib/operator/explain.ts";
import { accountOf, endpointOf } from "../fakes/endpoint-services.ts";
import { inCare, service, type Desk } from "./desk.ts";
import { volume } from "../volume.ts";

const unit = "ou-ab12-cdefgh34";
const entry = fc.record(
  {
    service: fc.constantFrom(service, "*"),
    // The last one names an endpoint that there is not, and speaks of nobody.
    principal: fc.constantFrom(
      accountOf(2),
      accountOf(3),
      endpointOf(1),
      endpointOf(2),
      endpointOf(3),
      unit,
      "o-abcdefghij",
      "any",
      "vpce-00000000",
    ),
    verdict: fc.constantFrom("accept", "ask", "reject"),
    conditions: fc.record(
      {
        regions: fc.constantFrom(["eu-west-1"], ["us-east-1"], ["eu-west-1", "us-east-1"]),
        ipAddressTypes: fc.constantFrom(["ipv4"], ["ipv6"]),
        expires: fc.constantFrom("2026-11-23T12:00:02Z", "2027-01-01"),
        notBefore: fc.constantFrom("2026-11-23T12:00:01Z", "2026-11-23T12:00:01.500Z"),
        atMost: fc.constantFrom(1, 2),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ["service", "principal", "verdict", "conditions"] },
);

const membership = fc.constantFrom("there", "nowhere", "unknown");

const decided: Readonly<Record<string, string>> = { ConnectionApproved: "accept", ConnectionDenied: "reject", ApprovalRequested: "ask" };

/** Recorded as requested, and not decided yet. */
async function seen(at: Desk): Promise<void> {
  const wanted = { services: [service], endpoints: [], signal: { kind: "look" }, source: { kind: "sweep" }, attempt: 0 } as const;
  expect(await observe(at.world.ports(), [{ id: "1", wanted }])).toEqual([]);
}

test("on random lists, each explanation agrees with what is then decided, down to the entry and its version", async () => {
  let explained = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 8 }), fc.boolean(), fc.boolean(), membership, async (list, late, frozen, belongs) => {
      const at = await inCare("enforce", { organizations: true });
      if (belongs === "there") for (const account of [2, 3, 4]) at.world.organizations.place(accountOf(account), "o-abcdefghij", unit);
      if (belongs === "unknown") at.world.organizations.goDown();
      for (const { conditions, ...said } of list) {
        const { atMost, ...others } = conditions;
        await at.ask("PUT /entries", {
          ...said,
          conditions: said.verdict === "accept" && atMost !== undefined ? { ...others, atMost } : others,
        });
      }
      if (frozen) await at.ask("PUT /freezes/{id}", { id: service, reason: "a test" });
      if (late) at.world.clock.advance(2);
      for (const number of [1, 2, 3]) {
        // The third is explained before it is seen, as an account that would connect: no entry can name its endpoint.
        if (number === 3 && list.some(({ principal }) => principal === endpointOf(3))) continue;
        at.connect(number, 1 + number);
        if (number !== 3) await seen(at);
        const facts = { service, region: "eu-west-1", ipAddressType: "ipv4" };
        const { items } = await at.ask<Explained>(
          "GET /explain",
          number === 3 ? { who: accountOf(4), ...facts } : { who: endpointOf(number) },
        );
        await at.admit();
        const event = at.world.tables.committed.find(
          ({ subject, event: { type } }) => subject === `connection#${endpointOf(number)}` && type in decided,
        )?.event;
        const explanation = items[0]?.explanation;
        expect(explanation?.verdict).toBe(decided[event?.type ?? ""]);
        expect(explanation?.because).toEqual(event?.because);
        expect(explanation?.entries.find(({ decides }) => decides)?.entry).toEqual((event as { entry?: unknown } | undefined)?.entry);
        explained += 1;
      }
    }),
    { numRuns: volume(250, 3000) },
  );
  expect(explained).toBeGreaterThan(volume(500, 6000));
});
