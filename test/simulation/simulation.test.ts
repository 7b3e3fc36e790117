// A few hundred lives with every kind of fault, the lives that once went wrong, and proof that the harness notices.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { stretch, traceHash } from "./campaign.ts";
import { callFaults, callsOf, singly } from "./exhaustive.ts";
import { allFaultKinds, faultKinds } from "./faults.ts";
import { invariants } from "./invariant-names.ts";
import { draw, live } from "./life.ts";
import { hunt } from "./mutant-hunt.ts";
import { changedText, mutants, planted } from "./mutants.ts";
import { everyOrder } from "./orders.ts";
import { scenarios, type Scenario } from "./scenarios.ts";
import { pinned } from "./pinned-seeds.ts";
import { outcomes } from "./probes.ts";
import { shrink } from "./shrink.ts";
import { shrugged } from "./survivors.ts";
import * as system from "./system.ts";
import type { System } from "./world.ts";

// Seconds when the machine is idle.

describe("many lives", () => {
  test("nothing is violated in 200 seeds, and every kind of fault was injected", async () => {
    const tally = await stretch(1, 200, system);
    expect(tally.failures).toEqual([]);
    expect(allFaultKinds.filter((kind) => (tally.faults[kind] ?? 0) === 0)).toEqual([]);
  });

  test.each(pinned)("$found", async ({ setup }) => {
    expect((await live({ ...setup, faultsMax: Infinity }, system)).violation).toBeUndefined();
  });

  test("with all notifications lost everything still ends right", async () => {
    let lost = 0;
    for (let seed = 1; seed <= 30; seed += 1) {
      const { violation, faults } = await live(draw(seed, { rates: { blackout: 1 } }), system);
      expect(violation).toBeUndefined();
      lost += faults.blackout ?? 0;
    }
    expect(lost).toBeGreaterThan(100);
  });
});

describe("small cases", () => {
  test.each(Object.keys(scenarios) as Scenario[])("%s: a fault at every call ends right", async (scenario) => {
    // All of them: simulation.long.ts.
    const all = (await callsOf(scenario)) * callFaults.length;
    const { cases, converged, failed } = await singly(scenario, system, Math.floor(all / 61));
    expect(failed).toEqual([]);
    expect(converged).toBe(cases);
    expect(cases).toBeGreaterThan(60);
  });

  test("two approvers, a reject entry and a delete, in every order that can matter", async () => {
    const { different, violations, ends } = await everyOrder({ look: false });
    expect(violations).toEqual([]);
    expect(different).toBeGreaterThan(20);
    expect(Object.keys(ends).length).toBe(2);
  });
});

describe("the harness itself", () => {
  test("the same seed gives the same trace, byte for byte", async () => {
    for (const seed of [1, 2, 3]) {
      const hash = traceHash(await live(draw(seed), system, true));
      expect(traceHash(await live(draw(seed), system, true))).toBe(hash);
    }
  });

  test("every planted fault can still be planted", () => {
    expect(mutants.map((mutant) => changedText(mutant)).length).toBeGreaterThanOrEqual(30);
    expect(Object.keys(shrugged).filter((name) => !mutants.some((mutant) => mutant.name === name))).toEqual([]);
  });

  test.each(["an approver need not name the question", "the sweep does not wake admit", "events are not chained"])(
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
    const seed = await firstToFail(broken);
    const { lived, command } = await shrink(draw(seed), broken);
    expect(lived.violation).toBeDefined();
    expect(Object.keys(lived.setup.rates).length).toBeLessThan(Object.keys(draw(seed).rates).length);
    expect((await live(lived.setup, broken)).violation).toEqual(lived.violation);
    expect(command).toContain(`--seed ${String(seed)}`);
  });
});

/** A life with faults to leave out. */
async function firstToFail(broken: System): Promise<number> {
  for (let seed = 1; seed <= 400; seed += 1)
    if (Object.keys(draw(seed).rates).length > 0 && (await live(draw(seed), broken)).violation !== undefined) return seed;
  throw new Error("no seed shows it");
}

describe("docs/reliability.md", () => {
  const page = readFileSync(new URL("../../docs/reliability.md", import.meta.url), "utf8");

  test.each([
    ["fault", Object.entries(faultKinds)],
    ["invariant", Object.entries(invariants)],
    ["outcome", Object.entries(outcomes)],
  ] as const)("tells every %s as the code does", (_, entries) => {
    for (const [name, meaning] of entries) {
      expect(page).toContain(name);
      expect(page).toContain(meaning);
    }
  });

  test("names every bug that is pinned", () => {
    for (const { found } of pinned) expect(page).toContain(found);
  });
});
