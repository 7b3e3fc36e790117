// The log of a simulated life, sealed as it was lived: it verifies, and whoever alters any event of it is found and named.

import { expect, test } from "vitest";
import * as system from "./system.ts";
import { harms } from "../audit/tampering.ts";
import { tamperWith } from "./tampered-lives.ts";

test.each([1, 2, 3, 4, 5, 6, 7, 8])("the life of seed %i", async (seed) => {
  const { violation, events, connections, tried, incomplete, missed } = await tamperWith(seed, system);
  expect(violation).toBeUndefined();
  expect(connections).toBeGreaterThan(0);
  expect(incomplete).toEqual([]);
  expect(tried).toBe(events * harms.length);
  expect(missed).toEqual([]);
});
