// Two builds of the same code give the same bytes.
import { expect, test } from "vitest";
import { build } from "../../scripts/build.ts";
import { zipOf } from "./zip-of.ts";

test("two builds give the same zips", async () => {
  const { artifacts } = await build({ anew: true });
  const first = await Promise.all(artifacts.map(({ name }) => zipOf(name)));
  expect((await build({ anew: true })).artifacts).toEqual(artifacts);
  const second = await Promise.all(artifacts.map(({ name }) => zipOf(name)));
  expect(second.map((zip, index) => zip.equals(first[index] ?? zip.subarray(1)))).toEqual(artifacts.map(() => true));
  expect((await build()).reused).toBe(true);
});
