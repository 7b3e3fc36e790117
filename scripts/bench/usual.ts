// What our bundles are held against: what esbuild does for Node when it is told to bundle and to minify.
import type { BuildOptions } from "esbuild";

export const usualBundle = {
  bundle: true,
  minify: true,
  legalComments: "none",
  platform: "node",
  target: "node24",
  format: "cjs",
  logLevel: "error",
} satisfies BuildOptions;
