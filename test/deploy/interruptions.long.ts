// Every step of a deployment, broken off after each of its calls to AWS and repeated, ends as if it had never been broken off.
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

import type { LocalAws } from "../../local/aws-options.ts";
import type { Packaged } from "../../scripts/deploy/packaged.ts";
import { play, steps } from "./interruptions.ts";
import { emptyAccount, thisVersion } from "./place.ts";

let local: LocalAws;
let packaged: Packaged;

beforeAll(async () => {
  [local, packaged] = await Promise.all([emptyAccount(), thisVersion()]);
});
afterAll(() => local.close());

const atOnce = 6;
/** So many calls ask who deploys and whether a trail is there, and change nothing. */
const asked = 3;

/** Undefined: the command came to its end before that call. */
async function brokenAt(step: string, stage: string, number: number, end: object): Promise<string | undefined> {
  const played = await play(step, stage, packaged, (index) => index === number);
  if (played.after === undefined) return undefined;
  return isDeepStrictEqual(played.end, end) ? "" : `${played.after}:\n${played.said}\n${JSON.stringify(played.end, null, 2)}`;
}

test.each(Object.keys(steps).map((step, index) => [step, String.fromCodePoint(97 + index)] as const))(
  "%s, broken off after each of its calls",
  async (step, letter) => {
    const { end } = await play(step, `${letter}whole`, packaged);
    const ends: (string | undefined)[] = [];
    while (!ends.includes(undefined)) {
      const numbers = Array.from({ length: atOnce }, (_, index) => asked + ends.length + index);
      const played = numbers.map((number) =>
        brokenAt(step, `${letter}${String(number)}`, number, end).catch((error: unknown) => `${String(number)}:\n${String(error)}`),
      );
      ends.push(...(await Promise.all(played)));
    }
    expect(ends.length).toBeGreaterThan(1);
    expect(ends.filter((wrong) => wrong !== undefined && wrong !== "").join("\n----\n")).toBe("");
  },
);
