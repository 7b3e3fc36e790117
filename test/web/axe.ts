// What axe, the checker of accessibility, finds wrong on a page that a real browser shows.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** One line for each finding, empty when there is none. The page's own policy keeps scripts out; what the browser's driver evaluates is not held by it. */
export async function axeFindings(page: Page): Promise<string[]> {
  await page.evaluate(source);
  return page.evaluate<string[]>(
    `axe.run(document).then(({ violations }) => violations.flatMap(({ id, impact, nodes }) => nodes.map(({ html }) => id + " (" + impact + "): " + html.slice(0, 120))))`,
  );
}
