// A function's zip, unzipped into a folder of its own.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { unzipSync } from "fflate";

/** Unzips into `root`; refuses entries that would land outside of it. */
export function unpack(zip: string, root: string): void {
  unpackBytes(zip, readFileSync(zip), root);
}

export function unpackBytes(zip: string, content: Uint8Array, root: string): void {
  for (const [name, bytes] of Object.entries(unzipSync(content))) {
    if (name.endsWith("/")) continue;
    const file = resolve(root, name);
    if (!file.startsWith(root + sep)) throw new Error(`${zip} holds ${name}, which is outside of the package.`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
}

/** A template's inline code (`ZipFile`) as Lambda lays it out. */
export function writeInline(code: string, root: string): void {
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, "index.js"), code);
}
