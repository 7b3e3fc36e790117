// What AWS leaves undocumented, one point at a time and none: the main story ends the same.

import { expect, test } from "vitest";
import { tellUnder, turned } from "./story.ts";

test("the main story, as local AWS has it", async () => {
  await expect(tellUnder({})).resolves.toBe("as it should end");
});

test.each(Object.entries(turned))("the main story, with %s: %s", async (name, value) => {
  await expect(tellUnder({ [name]: value })).resolves.toBe("as it should end");
});
