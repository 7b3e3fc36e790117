// What takes minutes: every planted fault hunted down, every two faults together, a listing of many pages, more lives.

import { describe, expect, test } from "vitest";
import { stretch } from "./campaign.ts";
import { inPairs, pairsOf, singly } from "./exhaustive.ts";
import { draw, live } from "./life.ts";
import { hunt } from "./mutant-hunt.ts";
import { mutants } from "./mutants.ts";
import { everyOrder } from "./orders.ts";
import { manyConnect, scenarios, type Scenario } from "./scenarios.ts";
import { shrugged } from "./survivors.ts";
import * as system from "./system.ts";

const hour = 3_600_000;

test("nothing is violated in 20,000 seeds", { timeout: hour }, async () => {
  expect((await stretch(1_000_000, 20_000, system)).failures).toEqual([]);
});

test("with all notifications lost, each sweep of 2,100 connections asks for three pages", async () => {
  const setup = draw(1, {
    rates: { blackout: 1 },
    minutes: 4,
    services: 1,
    consumers: 0,
    latency: 20,
    pageSize: 1000,
    endpointsPerCall: 100,
    crowd: 0,
    without: [],
    scenario: (world) => manyConnect(world, 2100),
  });
  const { violation, pagesOfSweeps, connections } = await live(setup, system);
  expect(violation).toBeUndefined();
  expect(connections).toBe(2100);
  expect(pagesOfSweeps.slice(1).every((pages) => pages === 3)).toBe(true);
});

test.each(Object.keys(scenarios) as Scenario[])("every fault at every call: %s", async (scenario) => {
  const { cases, converged, failed } = await singly(scenario);
  expect(failed).toEqual([]);
  expect(converged).toBe(cases);
  expect(cases).toBeGreaterThan(500);
});

describe("every two faults at every two calls", () => {
  test.each(Object.keys(scenarios) as Scenario[])("%s", { timeout: 2 * hour }, async (scenario) => {
    for (const part of pairsOf(scenario)) {
      const { cases, converged, failed } = await inPairs(part);
      expect(failed).toEqual([]);
      expect(converged).toBe(cases);
      expect(cases).toBeGreaterThan(5000);
    }
  });
});

test("two approvers, a reject entry, a delete and a look, in every order that can matter", { timeout: hour }, async () => {
  const { different, violations, ends } = await everyOrder({ look: true });
  expect(violations).toEqual([]);
  expect(different).toBeGreaterThan(400);
  expect(Object.keys(ends).length).toBeGreaterThan(2);
});

test("two approvers, a reject entry, a delete, a look and a run of admit, in 100,000 orders that differ", { timeout: hour }, async () => {
  expect((await everyOrder({ look: true, admit: true }, system, 100_000)).violations).toEqual([]);
});

describe("every planted fault is noticed", () => {
  // Seeds to kill are in docs/reliability.md; the rarest takes some ten thousand.
  test.each(mutants.filter(({ name }) => shrugged[name] === undefined))("$name", { timeout: hour }, async (mutant) => {
    expect((await hunt(mutant, 25_000)).invariant).toBeDefined();
  });
});
