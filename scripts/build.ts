// How the functions are packed: one minified bundle and one reproducible zip for each file in functions/.
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { build as esbuild } from "esbuild";
import { zipSync } from "fflate";
import { expectAllUsed } from "./build/edits.ts";
import { edits, shaken } from "./build/shaken.ts";

export interface Artifact {
  /** The function's name: `observe` for functions/observe.ts. */
  readonly name: string;
  readonly zip: string;
  readonly bundleBytes: number;
  readonly zipBytes: number;
}

export interface Build {
  readonly artifacts: readonly Artifact[];
  /** True when nothing had changed since the last build. */
  readonly reused: boolean;
}

/** What was built from what: written beside the zips, so that the next build can see that it has nothing to do. */
interface Manifest {
  readonly inputs: Readonly<Record<string, string>>;
  readonly artifacts: readonly Artifact[];
  readonly zips: Readonly<Record<string, string>>;
}

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");
const manifestFile = join(dist, "manifest.json");

/** Builds dist/<name>.zip for every function. Unchanged inputs are recognised by their content, unless `anew` is asked for. */
export async function build({ anew = false } = {}): Promise<Build> {
  const names = await functionNames();
  const kept = anew ? undefined : await upToDate(names);
  if (kept) return { artifacts: kept, reused: true };

  const result = await esbuild({
    ...shaken,
    entryPoints: names.map((name) => `functions/${name}.ts`),
    outdir: "dist",
    write: false,
    metafile: true,
  });
  expectAllUsed(edits, Object.keys(result.metafile.inputs));

  await mkdir(dist, { recursive: true });
  const zips: Record<string, string> = {};
  const artifacts = await Promise.all(
    result.outputFiles.map(async (file): Promise<Artifact> => {
      const name = relative(dist, file.path).replace(/\.js$/, "");
      const zip = zipOf(`dist/${name}.js`, file.contents);
      await Promise.all([replaceFile(join(dist, `${name}.js`), file.contents), replaceFile(join(dist, `${name}.zip`), zip)]);
      zips[name] = digest(zip);
      return {
        name,
        zip: `dist/${name}.zip`,
        bundleBytes: file.contents.length,
        zipBytes: zip.length,
      };
    }),
  );
  artifacts.sort((a, b) => a.name.localeCompare(b.name));
  await removeStrangers(names);
  const manifest: Manifest = {
    inputs: await digests(await inputsOf(Object.keys(result.metafile.inputs))),
    artifacts,
    zips,
  };
  await replaceFile(manifestFile, JSON.stringify(manifest, null, 2));
  return { artifacts, reused: false };
}

async function functionNames(): Promise<string[]> {
  const files = await readdir(join(root, "functions"));
  return files
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.slice(0, -".ts".length))
    .toSorted();
}

/** One file, a fixed date, no host in the header: the same code gives the same bytes, so an unchanged function isn't deployed again. */
function zipOf(path: string, contents: Uint8Array): Uint8Array {
  return zipSync({ [path]: [contents, { mtime: new Date(1980, 0, 1), os: 3, attrs: 0o644 << 16 }] }, { level: 9 });
}

/** Others may be reading (a running local AWS, a second build): they see the old file or the new one, never half of it. */
async function replaceFile(path: string, contents: Uint8Array | string): Promise<void> {
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, contents);
  await rename(draft, path);
}

async function removeStrangers(names: readonly string[]): Promise<void> {
  const ours = new Set(names.flatMap((name) => [`${name}.js`, `${name}.zip`]));
  const strangers = (await readdir(dist)).filter((file) => /\.(js|zip)$/.test(file) && !ours.has(file));
  await Promise.all(strangers.map((file) => rm(join(dist, file))));
}

/** Packages are pinned by the lockfile, so it stands for all of node_modules. */
async function inputsOf(bundled: readonly string[]): Promise<string[]> {
  const own = bundled.filter((file) => !file.split(sep).join("/").includes("node_modules/"));
  const ways = (await readdir(join(root, "scripts/build"))).map((file) => `scripts/build/${file}`);
  return [...own, "package-lock.json", "package.json", "scripts/build.ts", ...ways].toSorted();
}

async function digests(files: readonly string[]): Promise<Record<string, string>> {
  const pairs = await Promise.all(files.map(async (file) => [file, digest(await readFile(join(root, file)))] as const));
  return Object.fromEntries(pairs);
}

async function upToDate(names: readonly string[]): Promise<readonly Artifact[] | undefined> {
  try {
    const manifest = JSON.parse(await readFile(manifestFile, "utf8")) as Manifest;
    const inputs = await digests(Object.keys(manifest.inputs));
    const zips = await Promise.all(names.map(async (name) => digest(await readFile(join(dist, `${name}.zip`))) === manifest.zips[name]));
    const same = Object.entries(inputs).every(([file, now]) => manifest.inputs[file] === now);
    return same && zips.every(Boolean) && manifest.artifacts.length === names.length ? manifest.artifacts : undefined;
  } catch {
    return undefined; // never built, or something it was built from is gone
  }
}

function digest(contents: Uint8Array): string {
  return createHash("sha256").update(contents).digest("hex");
}

if (import.meta.main) {
  const started = performance.now();
  const { artifacts, reused } = await build();
  for (const { zip, bundleBytes, zipBytes } of artifacts) {
    console.log(`${zip.padEnd(18)} ${kilobytes(bundleBytes)} bundled ${kilobytes(zipBytes)} zipped`);
  }
  console.log(`${artifacts.length} functions ${reused ? "unchanged" : "built"} in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(0).padStart(5)} kB`;
}
