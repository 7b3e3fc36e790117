// The zips: one for each function, the same bytes for the same code, and small because the SDK's schemas are shaken.
import { readFile, readdir } from "node:fs/promises";
import { unzipSync } from "fflate";
import { expect, test } from "vitest";
import { build } from "../../scripts/build.ts";

const zipOf = (name: string) => readFile(new URL(`../../dist/${name}.zip`, import.meta.url));

test("two builds give the same zips, one for each function", async () => {
  const { artifacts } = await build({ anew: true });
  const first = await Promise.all(artifacts.map(({ name }) => zipOf(name)));
  expect((await build({ anew: true })).artifacts).toEqual(artifacts);
  const second = await Promise.all(artifacts.map(({ name }) => zipOf(name)));
  expect(second.map((zip, index) => zip.equals(first[index] ?? zip.subarray(1)))).toEqual(artifacts.map(() => true));

  const files = await readdir(new URL("../../functions/", import.meta.url));
  expect(artifacts.map(({ name }) => `${name}.ts`)).toEqual(files.sort());
  expect(Object.keys(unzipSync(second[0] ?? new Uint8Array()))).toEqual([`dist/${artifacts[0]?.name}.js`]);
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
