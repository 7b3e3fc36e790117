// The bench of names comes out the same each time, and right.

import { expect, test } from "vitest";
import { limits, playEach, playNames } from "../../scripts/bench/names.ts";

test.each(Object.entries(limits))("a hundred names under %s are one change, and right", async (_, limit) => {
  const named = await playNames(100, limit);
  expect(named).toMatchObject({ changes: 1, clashes: 0, right: true });
  expect(await playNames(100, limit)).toEqual(named);
  expect(await playEach(100, limit)).toMatchObject({ changes: 100, right: true });
});
