// What is explained is what happens: the verdict told for a waiting connection is the one that the functions then commit.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Explained } from "../../lib/operator/explain.ts";
import { accountOf, endpointOf } from "../fakes/endpoint-services.ts";
import { inCare, service } from "./desk.ts";

const entry = fc.record(
  {
    service: fc.constantFrom(service, "*"),
    principal: fc.constantFrom(accountOf(2), accountOf(3), endpointOf(1), endpointOf(2), endpointOf(3), "any"),
    verdict: fc.constantFrom("accept", "ask", "reject"),
    conditions: fc.record(
      {
        regions: fc.constantFrom(["eu-west-1"], ["us-east-1"], ["eu-west-1", "us-east-1"]),
        ipAddressTypes: fc.constantFrom(["ipv4"], ["ipv6"]),
        expires: fc.constantFrom("2026-11-23T12:00:02Z", "2027-01-01"),
        notBefore: fc.constantFrom("2026-11-23T12:00:01Z", "2026-11-23T12:00:01.500Z"),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ["service", "principal", "verdict", "conditions"] },
);

const decided: Readonly<Record<string, string>> = { ConnectionApproved: "accept", ConnectionDenied: "reject", ApprovalRequested: "ask" };

test("on random lists, each explanation agrees with what is then decided, down to the entry and its version", async () => {
  let explained = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 8 }), fc.boolean(), fc.boolean(), async (list, late, frozen) => {
      const at = await inCare();
      for (const said of list) await at.ask("PUT /entries", said);
      if (frozen) await at.ask("PUT /freezes/{id}", { id: service, reason: "a test" });
      if (late) at.world.clock.advance(2);
      for (const number of [1, 2, 3]) at.connect(number, 1 + number);
      // The third is explained before it is seen, as an account that would connect.
      const foretold = await at.ask<Explained>("GET /explain", {
        who: accountOf(4),
        service,
        region: "eu-west-1",
        ipAddressType: "ipv4",
      });
      await at.admit();
      for (const number of [1, 2, 3]) {
        const event = at.world.tables.committed.find(
          ({ subject, event: { type } }) => subject === `connection#${endpointOf(number)}` && type in decided,
        )?.event;
        if (number === 3 && list.some(({ principal }) => principal === endpointOf(3))) continue;
        const { items } = number === 3 ? foretold : await at.ask<Explained>("GET /explain", { who: endpointOf(number) });
        const explanation = items[0]?.explanation;
        expect(explanation?.verdict).toBe(decided[event?.type ?? ""]);
        expect(explanation?.because).toEqual(event?.because);
        expect(explanation?.entries.find(({ decides }) => decides)?.entry).toEqual((event as { entry?: unknown } | undefined)?.entry);
        explained += 1;
      }
    }),
    { numRuns: 700 },
  );
  expect(explained).toBeGreaterThan(1500);
});
