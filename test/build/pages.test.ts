// The pages as they are bundled say what their sources say, under a policy that allows their own style sheet.
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { withoutIndentation, withSmallSheet } from "../../scripts/build/pages.ts";
import { shaken } from "../../scripts/build/shaken.ts";
import * as source from "../asking/given.ts";
import type { Answered } from "../asking/given.ts";

/** Whatever space stands between words is one space to a browser; what is sealed into a form is anew each time. */
const read = ({ html }: Answered): string =>
  html
    .replace(/<style>.*<\/style>/s, "")
    .replaceAll(/name="guard" value="[^"]*"/g, "")
    .replaceAll(/\s+/g, " ");

const pagesOf = async ({ asked }: Pick<typeof source, "asked">): Promise<readonly Answered[]> => {
  const world = await asked();
  const open = await world.http("GET");
  const wrong = await world.answer({ choice: "approve", confirm: "0000", reason: "two\n  lines" });
  const settled = await world.answer({ choice: "approve", reason: "a reason" });
  return [open, wrong, settled, await world.http("GET", { token: "no-such-token" })];
};

test("read as their sources do, and are smaller", async () => {
  const folder = await mkdtemp(join(tmpdir(), "drawbridge-pages-"));
  try {
    const outfile = join(folder, "pages.cjs");
    await build({ ...shaken, entryPoints: ["test/asking/given.ts"], outfile });
    const bundled = await pagesOf(createRequire(import.meta.url)(outfile) as typeof source);
    const written = await pagesOf(source);
    expect(bundled.map(read)).toEqual(written.map(read));
    for (const [index, page] of bundled.entries()) {
      expect(page.status).toBe(written[index]?.status);
      expect(page.html.length).toBeLessThan((written[index]?.html.length ?? 0) - 1000);
      const [, sheet = ""] = /<style>(.*)<\/style>/s.exec(page.html) ?? [];
      const hash = createHash("sha256").update(sheet).digest("base64");
      expect(page.headers["content-security-policy"]).toContain(`'sha256-${hash}'`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("only the texts of html`…` lose their indentation", () => {
  const given = "const a = html`<p>\n    ${one(`\n  kept`)}\n  é</p>`;\nconst b = `\n  kept`;\n  const c = css`\n  kept`;\n";
  expect(withoutIndentation("a.ts", given)).toBe(
    "const a = html`<p>\n${one(`\n  kept`)}\né</p>`;\nconst b = `\n  kept`;\n  const c = css`\n  kept`;\n",
  );
});

test("what would not be the same to a browser, or is not where it was looked for, fails the build", async () => {
  expect(() => withoutIndentation("a.ts", "html`<pre>\n  a</pre>`")).toThrow(/<pre>/);
  await expect(withSmallSheet("export const styles = `a { b: ${c} }`;")).rejects.toThrow(/one sheet/);
  await expect(withSmallSheet("export const sheet = `a {}`;")).rejects.toThrow(/one sheet/);
});
