// The fences between the parts hold: the linter finds what a domain file, a function or the command must not do.
import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

const forbidden = {
  "lib/imports-node.ts": 'import { readFileSync } from "node:fs";\nexport const it = readFileSync;\n',
  "lib/imports-the-sdk.ts": 'import { EC2Client } from "@aws-sdk/client-ec2";\nexport const it = EC2Client;\n',
  "lib/imports-an-adapter.ts": 'import { it } from "./aws/rows.ts";\nexport const that = it;\n',
  "lib/reads-the-clock.ts": "export const it = () => Date.now();\n",
  "lib/throws-dice.ts": "export const it = () => Math.random();\n",
  "lib/reads-the-environment.ts": 'export const it = () => process.env["STAGE"];\n',
  "lib/waits.ts": "export const it = async (that: Promise<number>) => await that;\n",
  "lib/imports-who-asks.ts": 'import { it } from "./asking/answer.ts";\nexport const that = it;\n',
  "lib/imports-slack.ts": 'import { it } from "./slack/message.ts";\nexport const that = it;\n',
  "lib/imports-operators.ts": 'import { it } from "./operator/entries.ts";\nexport const that = it;\n',
  "lib/imports-the-pages.ts": 'import { it } from "./web/html.ts";\nexport const that = it;\n',
  "lib/audit/imports-lambda.ts": 'import { it } from "../lambda/log.ts";\nexport const that = it;\n',
  "lib/conditions/imports-the-loop.ts": 'import { it } from "../loop/run.ts";\nexport const that = it;\n',
  "lib/aws/imports-local.ts": 'import type { It } from "../../local/service.ts";\nexport type That = It;\n',
  "lib/loop/imports-the-sdk.ts": 'import { EC2Client } from "@aws-sdk/client-ec2";\nexport const it = EC2Client;\n',
  "lib/loop/imports-an-adapter.ts": 'import { it } from "../aws/rows.ts";\nexport const that = it;\n',
  "lib/operator/imports-lambda.ts": 'import { it } from "../lambda/log.ts";\nexport const that = it;\n',
  "lib/asking/imports-an-adapter.ts": 'import { it } from "../aws/rows.ts";\nexport const that = it;\n',
  "lib/slack/imports-the-sdk.ts": 'import { EC2Client } from "@aws-sdk/client-ec2";\nexport const it = EC2Client;\n',
  "lib/web/imports-local.ts": 'import type { It } from "../../local/service.ts";\nexport type That = It;\n',
  "lib/lambda/imports-the-sdk.ts": 'import { EC2Client } from "@aws-sdk/client-ec2";\nexport const it = EC2Client;\n',
  "functions/imports-a-test.ts": 'import { it } from "../test/given.ts";\nexport const that = it;\n',
  "cli/imports-local.ts": 'import { it } from "../local/aws.ts";\nexport const that = it;\n',
};

const fine = {
  "lib/imports-its-kind.ts": 'import { it } from "./decide.ts";\nexport const that = it;\n',
  "lib/operator/imports-who-asks.ts": 'import { it } from "../asking/answer.ts";\nexport const that = it;\n',
  "lib/aws/imports-the-sdk.ts": 'import { EC2Client } from "@aws-sdk/client-ec2";\nexport const it = EC2Client;\n',
  "functions/imports-lib.ts": 'import { it } from "../lib/loop/run.ts";\nexport const that = it;\n',
  "cli/imports-lib.ts": 'import { it } from "../lib/ids.ts";\nexport const that = it;\n',
};

let found: ReadonlySet<string>;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "drawbridge-fences-"));
  await copyFile(join(root, ".oxlintrc.json"), join(folder, ".oxlintrc.json"));
  for (const [file, text] of Object.entries({ ...forbidden, ...fine })) {
    await mkdir(join(folder, dirname(file)), { recursive: true });
    await writeFile(join(folder, file), text);
  }
  found = await filesWithErrors(folder);
});

afterAll(() => rm(folder, { recursive: true }));

test.each(Object.keys(forbidden))("%s is found", (file) => {
  expect(found).toContain(file);
});

test.each(Object.keys(fine))("%s is fine", (file) => {
  expect(found).not.toContain(file);
});

async function filesWithErrors(cwd: string): Promise<ReadonlySet<string>> {
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, [join(root, "node_modules/oxlint/bin/oxlint"), "--format=json"], { cwd }, (_, stdout) => resolve(stdout));
  });
  const { diagnostics } = JSON.parse(output) as {
    diagnostics: { filename: string; severity: string }[];
  };
  return new Set(diagnostics.filter(({ severity }) => severity === "error").map(({ filename }) => filename));
}
