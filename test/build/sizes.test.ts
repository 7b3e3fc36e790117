// Each bundle beside a usual one of the same code: at most 0.4 of its bytes.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { usualBundle } from "../../scripts/bench/usual.ts";
import { shaken } from "../../scripts/build/shaken.ts";
import { volume } from "../volume.ts";

const { absWorkingDir } = shaken;
const everyFunction = readdirSync(join(absWorkingDir, "functions"))
  .map((file) => `functions/${file}`)
  .toSorted();
const entryPoints = everyFunction.slice(0, volume(2, everyFunction.length));

async function bytes(options: typeof shaken | typeof usualBundle): Promise<readonly number[]> {
  const { outputFiles } = await build({ ...options, absWorkingDir, entryPoints, outdir: "dist", write: false });
  return outputFiles.map(({ contents }) => contents.length);
}

test("no function's bundle has more than 0.4 of a usual bundle's bytes", async () => {
  const [ours, theirs] = await Promise.all([bytes(shaken), bytes(usualBundle)]);
  expect(ours.length).toBe(entryPoints.length);
  const large = entryPoints.filter((_, index) => (ours[index] ?? Infinity) > 0.4 * (theirs[index] ?? 0));
  expect(large).toEqual([]);
});
