// The zone ends exactly as the rules say: many lives.

import { expect, test } from "vitest";
import { liveNames } from "./name-lives.ts";

test("200 consumers come and go, 200 seeds", { timeout: 1_200_000 }, async () => {
  for (let seed = 1000; seed < 1200; seed += 1) expect({ seed, ...(await liveNames(seed)) }).toMatchObject({ seed, wrong: [] });
});
