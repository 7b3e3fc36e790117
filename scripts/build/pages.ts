// The approval pages as they are sent: without the indentation of their sources, and with their style sheet minified.
import { readFile } from "node:fs/promises";
import { transform, type Plugin } from "esbuild";
import { parseSync } from "oxc-parser";

/**
 * Both are what a reader of the source needs and a browser does not: between two texts, a line's end is as good a space as a line's
 * end and an indentation. Where it would not be, in `<pre>`, nothing may be written.
 */
export const pages: Plugin = {
  name: "pages",
  setup(plugin) {
    plugin.onLoad({ filter: /[\\/]lib[\\/]web[\\/][\w-]+\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      return { contents: /[\\/]styles\.ts$/.test(path) ? await withSmallSheet(source) : withoutIndentation(path, source), loader: "ts" };
    });
  },
};

/** The sheet's hash in the page's policy is made of the sheet by the same file, so that it follows. */
export async function withSmallSheet(source: string): Promise<string> {
  const declared = /^export const styles = `([^`$\\]*)`;$/gm;
  const [sheet, ...others] = [...source.matchAll(declared)];
  if (sheet === undefined || others.length > 0)
    throw new Error("lib/web/styles.ts does not hold one sheet, as one text without anything put into it: see scripts/build/pages.ts.");
  const { code } = await transform(sheet[1] ?? "", { loader: "css", minify: true });
  return source.replace(declared, () => `export const styles = ${JSON.stringify(code.trim())};`);
}

export function withoutIndentation(path: string, source: string): string {
  const texts = templates(parseSync(path, source).program).toSorted((a, b) => b.start - a.start);
  return texts.reduce((done, { start, end }) => {
    const text = source.slice(start, end);
    if (text.includes("<pre")) throw new Error(`${path} has a <pre>, whose line ends scripts/build/pages.ts would change.`);
    return done.slice(0, start) + text.replaceAll(/\n +/g, "\n") + done.slice(end);
  }, source);
}

interface Place {
  readonly start: number;
  readonly end: number;
}

/** Where in the source the texts of html`…` stand. */
function templates(node: unknown): Place[] {
  if (typeof node !== "object" || node === null) return [];
  const { type, tag, quasi } = node as { type?: string; tag?: { name?: string }; quasi?: { quasis: readonly Place[] } };
  const own = type === "TaggedTemplateExpression" && tag?.name === "html" ? (quasi?.quasis ?? []) : [];
  return [...own, ...Object.values(node).flatMap(templates)];
}
