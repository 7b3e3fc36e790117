// Every kind of harm at every one of 10,000 events.

import { expect, test } from "vitest";
import { everyPlace } from "./every-place.ts";
import { harms } from "./tampering.ts";

test.each(harms)("somebody $name, at every one of 10,000 events", (harm) => {
  const { tried, missed } = everyPlace({ count: 10_000, chains: 400, every: 900 }, harm, 100);
  expect(tried).toBeGreaterThanOrEqual(9600);
  expect(missed).toEqual([]);
});
