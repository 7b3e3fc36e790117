// The zone ends exactly as the rules say, whatever happened on the way.

import { expect, test } from "vitest";
import { liveNames } from "./name-lives.ts";

test.each([1])("80 consumers come and go, seed %i", async (seed) => {
  const { wrong, happened } = await liveNames(seed, 80, 120);
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
