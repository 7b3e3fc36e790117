// The framework's own deployment must not put empty values in the place of what drawbridge.config.yml says.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

type Hooks = Readonly<Record<string, () => unknown>>;
const BuildPlugin = createRequire(import.meta.url)("../../infra/build-plugin.cjs") as new (serverless: object) => { readonly hooks: Hooks };

test("where a configuration is, only npm run deploy deploys", ({ onTestFinished }) => {
  const serviceDir = mkdtempSync(join(tmpdir(), "plugin-"));
  onTestFinished(() => rmSync(serviceDir, { recursive: true, force: true }));
  const { hooks } = new BuildPlugin({ serviceDir, classes: { Error } });
  const deploy = hooks["before:deploy:deploy"] ?? (() => undefined);
  expect(deploy).not.toThrow();
  writeFileSync(join(serviceDir, "drawbridge.config.yml"), "stages: {}");
  expect(deploy).toThrow("deploy with npm run deploy");
});
