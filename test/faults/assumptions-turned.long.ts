// What AWS leaves undocumented, all turned at once: the main story ends the same. Each by itself: assumptions.long.ts.

import { expect, test } from "vitest";
import { tellUnder, turned } from "./story.ts";

test("the main story, with every open point of AWS the other way round", async () => {
  await expect(tellUnder(turned)).resolves.toBe("as it should end");
});
