// The README of local AWS lists every assumption that can be turned.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

import { assumptionTexts } from "../../local/assumptions.ts";

it("lists each assumption with its text", () => {
  const readme = readFileSync(new URL("../../local/README.md", import.meta.url), "utf8");
  const missing = Object.entries(assumptionTexts).filter(([option, text]) => !readme.includes(`| \`${option}\` | ${text} |`));
  expect(missing).toEqual([]);
});
