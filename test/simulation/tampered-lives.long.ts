// Hundreds of simulated lives, every event of each altered in every way.

import { expect, test } from "vitest";
import * as system from "./system.ts";
import { tamperWith } from "./tampered-lives.ts";

test("300 lives", { timeout: 3_600_000 }, async () => {
  let tried = 0;
  for (let seed = 1000; seed < 1300; seed += 1) {
    const tampered = await tamperWith(seed, system);
    expect(tampered, `seed ${String(seed)}`).toMatchObject({ incomplete: [], missed: [] });
    expect(tampered.violation, `seed ${String(seed)}`).toBeUndefined();
    tried += tampered.tried;
  }
  expect(tried).toBeGreaterThan(50_000);
});
