// The one impurity of the domain that the linter has no rule for: a date made out of nothing.
import { readFile, readdir } from "node:fs/promises";
import { expect, test } from "vitest";

test.each(["lib/", "lib/conditions/"])("no file of %s asks what time it is", async (folder) => {
  const url = new URL(`../../${folder}`, import.meta.url);
  const files = (await readdir(url)).filter((file) => file.endsWith(".ts"));
  expect(files).not.toEqual([]);
  for (const file of files) expect(await readFile(new URL(file, url), "utf8"), file).not.toMatch(/new Date\(\s*\)|[^.\w]Date\(\s*\)/);
});
