// The blocks of docs/deploy.md that a test runs: fences marked `walk=<name>`, in the order of the page.
import { readFile } from "node:fs/promises";

export interface Block {
  readonly name: string;
  readonly language: string;
  readonly text: string;
  readonly lines: readonly string[];
}

/** Every fence of the page, indented or not, by its name; without one, by its first line. */
export async function everyBlockOf(page: string): Promise<readonly string[]> {
  const text = await readFile(new URL(`../../${page}`, import.meta.url), "utf8");
  const fences = [...text.matchAll(/^ *```(.*)\n(.*)/gm)].filter((_, index) => index % 2 === 0);
  return fences.map(([, opening = "", first = ""]) => /^\w+ walk=(\w+)$/.exec(opening)?.[1] ?? first);
}

export async function blocksOf(page: string): Promise<readonly Block[]> {
  const text = await readFile(new URL(`../../${page}`, import.meta.url), "utf8");
  return [...text.matchAll(/^```(\w+) walk=(\w+)\n(.*?)^```$/gms)].map(([, language = "", name = "", body = ""]) => ({
    name,
    language,
    text: body,
    lines: body.split("\n").filter((line) => line.trim() !== ""),
  }));
}
