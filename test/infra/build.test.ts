// The zips: one for each function, and small because the SDK's schemas are shaken. That two builds give the same bytes: `build.long.ts`.
import { readdir } from "node:fs/promises";
import { unzipSync } from "fflate";
import { expect, test } from "vitest";
import { build } from "../../scripts/build.ts";
import { zipOf } from "./zip-of.ts";

test("there is one zip for each function, with its bundle alone, and what is there is not built again", async () => {
  const { artifacts } = await build();
  const files = await readdir(new URL("../../functions/", import.meta.url));
  expect(artifacts.map(({ name }) => `${name}.ts`)).toEqual(files.sort());
  for (const { name } of artifacts) expect(Object.keys(unzipSync(await zipOf(name)))).toEqual([`dist/${name}.js`]);
  expect((await build()).reused).toBe(true);
});

test("no bundle holds the shapes of calls that we do not make", async () => {
  const { artifacts } = await build();
  for (const { name, bundleBytes } of artifacts) {
    const code = Buffer.from(unzipSync(await zipOf(name))[`dist/${name}.js`] ?? []).toString();
    expect(code, name).not.toContain("RunInstances");
    expect(bundleBytes, name).toBeLessThan(700_000);
  }
});
