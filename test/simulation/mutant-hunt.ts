// Plants each fault and counts the seeds until an invariant breaks; what no seed shows, the pinned lives and the small cases may.

import { singly } from "./exhaustive.ts";
import { draw, live } from "./life.ts";
import type { Mutant } from "./mutant.ts";
import { planted } from "./mutants.ts";
import { pinned } from "./pinned-seeds.ts";
import { scenarios, type Scenario } from "./scenarios.ts";

export interface Killed {
  readonly mutant: Mutant;
  /** Seeds lived until an invariant broke; absent when none did. */
  readonly seeds?: number;
  /** The pinned life or the small case that showed it, where no seed did. */
  readonly smallCase?: string;
  readonly invariant?: string;
}

export async function hunt(mutant: Mutant, seedsMax: number): Promise<Killed> {
  const system = await planted(mutant);
  for (let seed = 1; seed <= seedsMax; seed += 1) {
    const { violation } = await live(draw(seed, mutant.lives), system);
    if (violation !== undefined) return { mutant, seeds: seed, invariant: violation.invariant };
  }
  for (const { setup } of pinned.filter((one) => one.mutant === mutant.name)) {
    const { violation } = await live({ ...setup, faultsMax: Infinity }, system);
    if (violation !== undefined)
      return { mutant, smallCase: `its pinned life, seed ${String(setup.seed)}`, invariant: violation.invariant };
  }
  for (const scenario of Object.keys(scenarios) as Scenario[]) {
    const [failed] = (await singly(scenario, system)).failed;
    if (failed !== undefined) return { mutant, smallCase: `small case: ${scenario}, ${failed.script}`, invariant: failed.invariant };
  }
  return { mutant };
}
