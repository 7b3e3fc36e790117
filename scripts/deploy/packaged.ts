// What is deployed: the packaged template for a stage, and the folder with its zips.
import { fileURLToPath } from "node:url";

import manifest from "../../package.json" with { type: "json" };
import { ensurePackaged } from "../package.ts";
import { readTemplate, type Template } from "../template.ts";
import type { Stage } from "./config.ts";

export interface Packaged {
  readonly version: string;
  readonly template: Template;
  /** The folder of the functions' zips. */
  readonly zips: string;
}
export type PackagedFor = (stage: Stage) => Promise<Packaged>;

export async function packagedNow({ stage, region }: Stage): Promise<Packaged> {
  // The defaults of serverless.yml are left out, so that what is packaged already serves.
  const args = [...(stage === "dev" ? [] : ["--stage", stage]), ...(region === "eu-west-1" ? [] : ["--region", region])];
  await ensurePackaged(args);
  return { version: manifest.version, template: await readTemplate(), zips: fileURLToPath(new URL("../../dist", import.meta.url)) };
}
