// How a bundle is made that holds only what it uses.
import { fileURLToPath } from "node:url";
import type { BuildOptions } from "esbuild";
import { edited, type Edit } from "./edits.ts";
import { endpoints } from "./endpoints.ts";
import { neverCalled } from "./never-called.ts";
import { onLambda } from "./on-lambda.ts";
import { pages } from "./pages.ts";
import { shapes } from "./shapes.ts";
import { signing } from "./signing.ts";

export const edits: readonly Edit[] = [...shapes, ...onLambda, ...endpoints, ...signing, ...neverCalled];

export const shaken = {
  absWorkingDir: fileURLToPath(new URL("../..", import.meta.url)),
  bundle: true,
  minify: true,
  platform: "node",
  target: "node24",
  format: "cjs",
  // The SDK's ES modules can be shaken, its CommonJS cannot.
  mainFields: ["module", "main"],
  // A regular expression that nobody uses may go: to make one does nothing else.
  pure: ["RegExp"],
  legalComments: "none",
  logLevel: "warning",
  plugins: [edited(edits), pages],
} satisfies BuildOptions;
