// A few hundred lives with every kind of fault, the lives that once went wrong, and proof that the harness notices.

import { describe, expect, test } from "vitest";
import { stretch, traceHash } from "./campaign.ts";
import { singly } from "./exhaustive.ts";
import { allFaultKinds } from "./faults.ts";
import { draw, live } from "./life.ts";
import { hunt } from "./mutant-table.ts";
import { mutants, planted } from "./mutants.ts";
import { everyOrder } from "./orders.ts";
import { pinned } from "./pinned-seeds.ts";
import { shrink } from "./shrink.ts";
import { shrugged } from "./survivors.ts";
import * as system from "./system.ts";

describe("many lives", () => {
  test("nothing is violated in 300 seeds, and every kind of fault was injected", async () => {
    const tally = await stretch(1, 300, system);
    expect(tally.failures).toEqual([]);
    expect(allFaultKinds.filter((kind) => (tally.faults[kind] ?? 0) === 0)).toEqual([]);
  });

  test.each(pinned)("$found", async ({ setup }) => {
    expect((await live(setup, system)).violation).toBeUndefined();
  });

  test("with all notifications lost everything ends right, and a sweep asks for ceil(connections / 1000) pages", async () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const { violation, faults } = await live(draw(seed, { rates: { blackout: 1 }, minutes: 20 }), system);
      expect(violation).toBeUndefined();
      expect(faults.blackout ?? 0).toBeGreaterThanOrEqual(0);
    }
  });
});

describe("small cases, all of them", () => {
  test.each(["let in by an entry, then revoked", "approved by people, then deleted"] as const)("%s: every fault at every call ends right", async (scenario) => {
    const { cases, converged, failed } = await singly(scenario);
    expect(failed).toEqual([]);
    expect(converged).toBe(cases);
    expect(cases).toBeGreaterThan(500);
  });

  test("two approvers, a reject entry, a delete and a look, in every order that can matter", async () => {
    const { different, violations, ends } = await everyOrder({ look: true });
    expect(violations).toEqual([]);
    expect(different).toBeGreaterThan(1000);
    expect(Object.keys(ends).length).toBeGreaterThan(3);
  });
});

describe("the harness itself", () => {
  test("the same seed gives the same trace, byte for byte", async () => {
    for (const seed of [1, 2, 3]) {
      const hash = traceHash(await live(draw(seed), system, true));
      expect(traceHash(await live(draw(seed), system, true))).toBe(hash);
    }
  });

  test("every planted fault can still be planted", { timeout: 60_000 }, async () => {
    await Promise.all(mutants.map((mutant) => planted(mutant)));
    expect(Object.keys(shrugged).filter((name) => !mutants.some((mutant) => mutant.name === name))).toEqual([]);
  });

  test.each(["an approver need not name the question", "the plan is of the record as it was", "the sweep does not wake admit", "events are not chained"])(
    "it notices at once when %s",
    async (name) => {
      const mutant = mutants.find((one) => one.name === name);
      if (mutant === undefined) throw new Error(`${name} is not planted any more`);
      expect((await hunt(mutant, 400)).seeds).toBeLessThanOrEqual(400);
    },
  );

  test("a failing life is cut down, and its command lives it again", async () => {
    const mutant = mutants.find(({ name }) => name === "the sweep does not wake admit");
    if (mutant === undefined) throw new Error("the mutant is gone");
    const broken = await planted(mutant);
    const { seeds = 0 } = await hunt(mutant, 400);
    const { lived, command } = await shrink(draw(seeds), broken);
    expect(lived.violation).toBeDefined();
    expect(Object.keys(lived.setup.rates).length).toBeLessThan(Object.keys(draw(seeds).rates).length);
    expect((await live(lived.setup, broken)).violation).toEqual(lived.violation);
    expect(command).toContain(`--seed ${String(seeds)}`);
  });
});
