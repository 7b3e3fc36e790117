// How a bundle of evidence is made: everything but the log itself, which is there already, and the hashes of all of it.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Checkpoint } from "../lib/audit/checkpoint.ts";
import type { Period } from "../lib/audit/coverage.ts";
import { instant } from "../lib/ids.ts";
import { bundleFiles, hashOf, type Manifest } from "./bundle.ts";
import { stepsToVerify } from "./verify-steps.ts";

export interface Made {
  readonly period: Period;
  readonly by: string;
  readonly events: number;
  readonly checkpoints: readonly Checkpoint[];
  /** PEM by ARN. */
  readonly keys: ReadonlyMap<string, string>;
}

export async function sealBundle(folder: string, { period, by, events, checkpoints, keys }: Made): Promise<Manifest> {
  const texts: Record<string, string> = {
    [bundleFiles.checkpoints]: checkpoints.map((one) => `${JSON.stringify(one)}\n`).join(""),
    [bundleFiles.keys]: `${JSON.stringify(Object.fromEntries(keys), null, 2)}\n`,
    ...Object.fromEntries([...keys].map(([arn, pem]) => [keyFile(arn), pem])),
    [bundleFiles.steps]: stepsToVerify([...keys].map(([arn, pem]) => ({ arn, pem, file: keyFile(arn) }))),
    [bundleFiles.program]: await readFile(new URL(bundleFiles.program, import.meta.url), "utf8"),
  };
  for (const [name, text] of Object.entries(texts)) await writeFile(join(folder, name), text);
  const names = [bundleFiles.log, ...Object.keys(texts)];
  const files = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await hashOf(join(folder, name))] as const)));
  const manifest: Manifest = { format: 2, made: instant(Date.now()), by, ...period, events, checkpoints: checkpoints.length, files };
  await writeFile(join(folder, bundleFiles.manifest), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}

const keyFile = (arn: string): string => `key-${arn.split("/").at(-1) ?? "1"}.pem`;
