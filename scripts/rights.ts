// Prints docs/rights.md from the stories of test/rights; with --check it only says whether the page is stale.
import { readFile, writeFile } from "node:fs/promises";
import { rightsPage } from "../test/rights/page.ts";
import { prove } from "../test/rights/proof.ts";
import { ensurePackaged } from "./package.ts";

const path = "docs/rights.md";
await ensurePackaged();
const before = await readFile(path, "utf8").catch(() => "");
const { granted } = await prove();
const page = rightsPage(granted, before);
if (page === before) console.error(`${path} is up to date`);
else if (process.argv.includes("--check")) {
  console.error(`stale: ${path}; run node scripts/rights.ts and commit what it writes`);
  process.exitCode = 1;
} else {
  await writeFile(path, page);
  console.error(`written: ${path}`);
}
