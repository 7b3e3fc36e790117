// Each edit of the SDK is for one text: over any other, or over none, the build fails and says what to look at.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { describe, expect, test } from "vitest";
import { apply, edited, expectAllUsed, replaced, type Edit } from "../../scripts/build/edits.ts";
import { endpoints } from "../../scripts/build/endpoints.ts";
import { edits, shaken } from "../../scripts/build/shaken.ts";
import { shapes } from "../../scripts/build/shapes.ts";

const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));

/** The files that an edit is for. */
function filesOf({ file }: Edit): readonly string[] {
  const [before = "", after] = file.split("*", 2);
  if (after === undefined) return [join(modules, file)];
  const folder = join(modules, before.slice(0, before.lastIndexOf("/")));
  const start = before.slice(before.lastIndexOf("/") + 1);
  return readdirSync(folder)
    .filter((name) => name.startsWith(start))
    .map((name) => join(folder, `${name}${after}`));
}
const aFileOf = (edit: Edit): string => filesOf(edit).find((path) => /client-(sns|[^c])|node_modules.(?!@aws-sdk.client)/.test(path)) ?? "";

describe.each(edits.map((edit) => [edit.file, edit] as const))("%s", (_, edit) => {
  test("the edit is for the SDK that is installed", async () => {
    const path = aFileOf(edit);
    const published = readFileSync(path, "utf8");
    const text = await apply(edit, published, path);
    expect(text).not.toBe(published);
  });

  test("and for no other", async () => {
    const path = aFileOf(edit);
    const published = readFileSync(path, "utf8");
    if (edit.digest !== undefined) {
      expect(() => apply(edit, `${published}\n`, path)).toThrow(/is not the text that scripts\/build\/ has an edit for.*its digest is/);
      return;
    }
    const strange = ["", "{}", published.replaceAll("registerError", "register").replaceAll('"version"', '"versions"')];
    for (const text of strange) await expect(async () => apply(edit, text, path)).rejects.toThrow(/schemas_0|no version|JSON/);
  });
});

test("a text that changed fails the build", async () => {
  const first = edits.find((edit) => edit.file.endsWith("SignatureV4.js"));
  const stale = edits.map((edit) => (edit === first ? { ...edit, digest: "0000000000000000" } : edit));
  const entry = {
    contents: `import { SignatureV4 } from "@smithy/signature-v4"; console.log(SignatureV4);`,
    resolveDir: shaken.absWorkingDir,
  };
  const building = (some: readonly Edit[]) => build({ ...shaken, logLevel: "silent", plugins: [edited(some)], stdin: entry, write: false });
  await expect(building(stale)).rejects.toThrow(/SignatureV4\.js is not the text that scripts\/build\/ has an edit for/);
  await expect(building(edits)).resolves.toMatchObject({ errors: [] });
  await expect(building([...edits, ...edits.filter((edit) => edit === first)])).rejects.toThrow(/2 edits are for/);
});

test("a file that no bundle reads any more fails the build", () => {
  const read = ["node_modules/@smithy/core/dist-es/a.js", "node_modules/@aws-sdk/client-sns/dist-es/b.js"];
  const edit = (file: string): Edit => ({ file, text: (text) => text });
  expect(() => expectAllUsed([edit("@smithy/core/dist-es/a.js"), edit("@aws-sdk/client-*/dist-es/b.js")], read)).not.toThrow();
  expect(() => expectAllUsed([edit("@smithy/core/dist-es/c.js")], read)).toThrow(/No bundle reads @smithy\/core\/dist-es\/c\.js any more/);
});

test("a mark that stands in the text twice, never, or in another order fails the build", () => {
  expect(replaced("a [b] c", "[", "]", "-")).toBe("a -] c");
  for (const [text, from, to] of [
    ["a [b c", "[", "]"],
    ["a [b] [c]", "[", "]"],
    ["a ]b[ c", "[", "]"],
  ] as const)
    expect(() => replaced(text, from, to, "")).toThrow(/Not once, or not in this order/);
});

test("a shape with a key that is no constant, and an error that cannot be read, fail the build", async () => {
  const [edit] = shapes;
  if (edit === undefined) throw new Error("no edit");
  const path = join(modules, "@aws-sdk/client-sns/dist-es/schemas/schemas_0.js");
  const published = readFileSync(path, "utf8");
  const changed = (from: string | RegExp, to: string): string => {
    const text = published.replace(from, to);
    expect(text).not.toBe(published);
    return text;
  };
  await expect(async () => apply(edit, changed("[_xN]: ", "[_unknown]: "), path)).rejects.toThrow(/_unknown/);
  await expect(async () => apply(edit, changed(/const _AEE = .*\n/, "\n"), path)).rejects.toThrow(/AuthorizationErrorException/);
  await expect(async () => apply(edit, changed("n0_registry.registerError(", "registry.registerError("), path)).rejects.toThrow(
    /not registered/,
  );
});

test("rules of a service that changed fail the build, though it is their reader that is edited", () => {
  const [edit] = endpoints;
  if (edit === undefined) throw new Error("no edit");
  const elsewhere = join(modules, "@aws-sdk/client-sns/dist-es/endpoint/endpointResolver.js");
  expect(() => edit.text("", elsewhere)).toThrow(/bdd\.js is not the text/);
});
