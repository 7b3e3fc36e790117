// The faults we plant in our own code: each a text found exactly once in one file, and what stands there instead.

import { readFileSync } from "node:fs";
import { build, type Plugin } from "esbuild";
import { mutantsOfAsking } from "./mutants-of-asking.ts";
import { mutantsOfBesides } from "./mutants-of-besides.ts";
import { mutantsOfCare } from "./mutants-of-care.ts";
import { mutantsOfPolicy } from "./mutants-of-policy.ts";
import { mutantsOfTheCore } from "./mutants-of-the-core.ts";
import { mutantsOfTheLoop } from "./mutants-of-the-loop.ts";
import { mutantsOfTheProof } from "./mutants-of-the-proof.ts";
import type { Mutant } from "./mutant.ts";
import type { System } from "./world.ts";

const root = new URL("../../", import.meta.url);

export const mutants: readonly Mutant[] = [
  ...mutantsOfTheCore,
  ...mutantsOfPolicy,
  ...mutantsOfAsking,
  ...mutantsOfBesides,
  ...mutantsOfCare,
  ...mutantsOfTheLoop,
  ...mutantsOfTheProof.map((mutant) => ({ ...mutant, lives: { sealed: true } })),
];

/** The file with the fault in it. Throws when the text is not there exactly once: then the mutant must be written anew. */
export function changedText(mutant: Mutant): { readonly path: string; readonly text: string } {
  const path = new URL(mutant.file, root).pathname;
  let text = readFileSync(path, "utf8");
  for (const [find, replace] of mutant.edits) {
    const parts = text.split(find);
    if (parts.length !== 2)
      throw new Error(
        `${mutant.file} holds ${JSON.stringify(find)} ${String(parts.length - 1)} times, not once: the mutant "${mutant.name}" cannot be planted`,
      );
    text = parts.join(replace);
  }
  return { path, text };
}

/** The system with one fault planted. */
export async function planted(mutant: Mutant): Promise<System> {
  const { path, text } = changedText(mutant);
  const plant: Plugin = {
    name: "plant",
    setup: (builder) => builder.onLoad({ filter: /\.ts$/ }, (args) => (args.path === path ? { contents: text, loader: "ts" } : undefined)),
  };
  const built = await build({
    entryPoints: [new URL("system.ts", import.meta.url).pathname],
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node24",
    plugins: [plant],
    logLevel: "silent",
  });
  const code = built.outputFiles[0]?.text ?? "";
  return (await import(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`)) as System;
}
