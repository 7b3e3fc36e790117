// Writes what a command printed into its place in a page: between `<!-- name: begin -->` and `<!-- name: end -->`.

import { readFile, writeFile } from "node:fs/promises";

/** `page` from the project's root. Throws where the page has no such place. */
export async function putBlocks(page: string, blocks: Readonly<Record<string, string>>): Promise<void> {
  const file = new URL(`../${page}`, import.meta.url);
  let text = await readFile(file, "utf8");
  for (const [name, block] of Object.entries(blocks)) {
    const place = new RegExp(`(<!-- ${name}: begin -->\\n)[\\s\\S]*?(<!-- ${name}: end -->)`);
    if (!place.test(text)) throw new Error(`${page} has no place for the section ${name}`);
    text = text.replace(place, (_, begin: string, end: string) => `${begin}${block}\n${end}`);
  }
  await writeFile(file, text);
}
