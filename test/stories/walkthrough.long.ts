// The walkthrough as `npm run walkthrough` plays it.
import { expect, test } from "vitest";

import { WELCOME } from "../local/two-vpcs.fixture.ts";
import { run } from "./script-run.ts";

test("it is told to its end: refused before acceptance, welcome by both names after it, every check green", async () => {
  const { code, out, err } = await run(["scripts/walkthrough.ts"]);
  expect(err).toBe("");
  expect(code).toBe(0);
  expect(out).toMatch(/failed +acceptance: pendingAcceptance/);
  expect(out.split("\n").filter((line) => line.trim() === WELCOME.trim())).toHaveLength(2);
  expect(out).toMatch(/ok +drawbridge: connected/);
  expect(out).not.toContain("not available yet");
  expect(out).toMatch(/\nAs told, in [\d.]+ s\.\n$/);
});
