// The zone ends exactly as the rules say, whatever happened on the way.

import { expect, test } from "vitest";
import { liveNames } from "./name-lives.ts";

test.each([1])("200 consumers come and go, seed %i", { timeout: 240_000 }, async (seed) => {
  const { wrong, happened } = await liveNames(seed, 200, 300);
  expect(wrong).toEqual([]);
  for (const kind of [
    "come",
    "pending",
    "deleted",
    "reject",
    "zone moved",
    "released",
    "added again",
    "stranger",
    "drift",
    "death",
    "lost answer",
    "failed run",
  ])
    expect(happened[kind] ?? 0, kind).toBeGreaterThan(0);
});
