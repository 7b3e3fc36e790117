// How the text of a package is changed on its way into a bundle: by an edit that fails the build over any other text than its own.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Plugin } from "esbuild";

export interface Edit {
  /** A file of node_modules, with `/` between; `*` stands for what is different in the names of files that are alike. */
  readonly file: string;
  /**
   * Of the text that the edit was written for. An edit without one sees for itself whether it understands what it is given, and
   * throws when it does not.
   */
  readonly digest?: string;
  readonly json?: true;
  readonly text: (published: string, path: string) => string | Promise<string>;
}

/** One plugin for all edits, since esbuild asks only one about each file. */
export function edited(edits: readonly Edit[]): Plugin {
  return {
    name: "edits",
    setup(plugin) {
      plugin.onLoad({ filter: new RegExp(edits.map((edit) => formOf(edit).source).join("|")) }, async ({ path }) => {
        const matching = edits.filter((edit) => formOf(edit).test(path));
        const [edit] = matching;
        if (edit === undefined || matching.length > 1) throw new Error(`${String(matching.length)} edits are for ${path}; one has to be.`);
        const contents = await apply(edit, await readFile(path, "utf8"), path);
        return { contents, loader: edit.json === true ? "json" : "js", resolveDir: dirname(path) };
      });
    },
  };
}

export function apply(edit: Edit, published: string, path: string): string | Promise<string> {
  if (edit.digest !== undefined) expectDigest(published, edit.digest, path);
  return edit.text(published, path);
}

export function expectDigest(text: string, digest: string, path: string): void {
  const found = createHash("sha256").update(text).digest("hex").slice(0, 16);
  if (found !== digest)
    throw new Error(
      `${path} is not the text that scripts/build/ has an edit for: its digest is ${found}, not ${digest}. Read what changed in it, ` +
        "mend the edit if it has to be, and put the new digest there; test/build/ shows whether the bundles still do the same.",
    );
}

/** An edit of a file that no function's bundle reads any more leaves out nothing: the SDK has moved on, and so must the edit. */
export function expectAllUsed(edits: readonly Edit[], bundled: readonly string[]): void {
  const idle = edits.filter((edit) => !bundled.some((path) => formOf(edit).test(path)));
  if (idle.length > 0)
    throw new Error(`No bundle reads ${idle.map(({ file }) => file).join(", ")} any more: mend or remove the edits in scripts/build/.`);
}

/** The text with something else in place of what stands from one mark to before another, or to its end; each mark must stand in it once. */
export function replaced(text: string, from: string, to: string | undefined, instead: string): string {
  const marks = to === undefined ? [from] : [from, to];
  const [start, end = text.length] = marks.map((mark) => text.indexOf(mark));
  if (start === undefined || end < start || marks.some((mark) => text.split(mark).length !== 2))
    throw new Error(`Not once, or not in this order: ${marks.map((mark) => mark.trim()).join(" … ")}`);
  return text.slice(0, start) + instead + text.slice(end);
}

/** Code that refuses, for what no function does: should one begin to, it must not do it half. */
export const refusal = (what: string): string => `throw new Error(${JSON.stringify(`No function can ${what}: see scripts/build/`)});`;

function formOf({ file }: Edit): RegExp {
  const parts = file.split("/").map((part) =>
    part
      .split("*")
      .map((text) => text.replaceAll(/[.+^$()[\]{}|?\\]/g, String.raw`\$&`))
      .join(String.raw`[^\\/]+`),
  );
  return new RegExp(`(?:^|[\\\\/])node_modules[\\\\/]${parts.join(String.raw`[\\/]`)}$`);
}
