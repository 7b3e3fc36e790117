// The blocks of docs/deploy.md that a test runs: fences marked `walk=<name>`, in the order of the page.
import { readFile } from "node:fs/promises";

export interface Block {
  readonly name: string;
  readonly language: string;
  readonly text: string;
  readonly lines: readonly string[];
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
