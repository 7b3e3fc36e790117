// Writes what CloudFormation needs to .serverless/, with no network and no AWS settings.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Build } from "./build.ts";

export interface Package {
  readonly build: Build;
  /** Path of the template, from the root of the project. */
  readonly template: string;
  readonly resources: number;
}

const root = new URL("..", import.meta.url);
const inputsFile = new URL(".serverless/inputs.sha256", root);
const noteAfterMs = 700;
export const templatePath = ".serverless/cloudformation-template-update-stack.json";

/** Builds and packages; the arguments go to the framework (`--stage`, `--region`, `--param`). */
export async function packageSystem(args: readonly string[] = []): Promise<Package> {
  const built = await build();
  const inputs = await digest(args);
  await serverless(["package", ...args]);
  await writeFile(inputsFile, inputs);
  return packageOf(built);
}

/**
 * Packages only when something has changed: for programs that bring the system up, such as `npm start`, the demo and a deployment.
 * `note` is told when it takes long.
 */
export async function ensurePackaged(args: readonly string[] = [], note: (line: string) => void = () => undefined): Promise<Package> {
  const slow = setTimeout(() => note("Packaging the functions and the template; this takes a while the first time."), noteAfterMs);
  try {
    return await packagedOnce(args);
  } finally {
    clearTimeout(slow);
  }
}

async function packagedOnce(args: readonly string[]): Promise<Package> {
  const built = await build();
  try {
    if ((await readFile(inputsFile, "utf8")) === (await digest(args))) return await packageOf(built);
  } catch {
    // never packaged, or cleaned up half-way
  }
  return packageSystem(args);
}

async function packageOf(built: Build): Promise<Package> {
  const template = JSON.parse(await readFile(new URL(templatePath, root), "utf8")) as {
    Resources: object;
  };
  return {
    build: built,
    template: templatePath,
    resources: Object.keys(template.Resources).length,
  };
}

/** What the template is made of. The functions' code isn't: the template only names their zips. */
async function digest(args: readonly string[]): Promise<string> {
  const infra = await readdir(new URL("infra/", root), { recursive: true, withFileTypes: true });
  const files = infra.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const named = ["serverless.yml", "package-lock.json", "scripts/package.ts"].map((file) => fileURLToPath(new URL(file, root)));
  const hash = createHash("sha256").update(JSON.stringify(args));
  for (const file of [...named, ...files].toSorted()) hash.update(`${file}\n`).update(await readFile(file));
  return hash.digest("hex");
}

async function serverless(args: readonly string[]): Promise<void> {
  const command = fileURLToPath(new URL("node_modules/serverless/bin/serverless.js", root));
  const child = spawn(process.execPath, [command, ...args], {
    cwd: root,
    env: environment(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => said.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => said.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(`serverless ${args.join(" ")} failed (${code}):\n${Buffer.concat(said).toString()}`);
}

/** Packaging must not depend on the account, Region or profile that happens to be set, nor leave a cache in the user's home. */
function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith("AWS_"));
  return {
    ...Object.fromEntries(own),
    SLS_SCHEMA_CACHE_BASE_DIR: fileURLToPath(new URL("node_modules/.cache", root)),
  };
}

if (import.meta.main) {
  const started = performance.now();
  try {
    const { build: built, template, resources } = await packageSystem(process.argv.slice(2));
    const bytes = built.artifacts.reduce((sum, artifact) => sum + artifact.zipBytes, 0);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(
      `Packaged ${built.artifacts.length} functions (${(bytes / 1e6).toFixed(1)} MB zipped) and ${resources} resources in ${seconds} s.`,
    );
    console.log(`The template is ${template}; deploy it with: npm run deploy`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
