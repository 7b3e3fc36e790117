// The help is complete, and the command starts quickly.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeEach, expect, test, vi } from "vitest";
import { commands } from "../../cli/main.ts";
import { typed } from "./typed.ts";

const file = fileURLToPath(new URL("../../cli/drawbridge.ts", import.meta.url));
const start = (...args: readonly string[]): Promise<{ code: number; out: string; err: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, [file, ...args], { env: { PATH: "" } }, (error, out, err) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, out, err }),
    );
  });

// What speaks to AWS itself must not get there from here.
beforeEach(() => {
  for (const name of ["AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL"]) vi.stubEnv(name, undefined);
  vi.stubEnv("AWS_CONFIG_FILE", "/dev/null");
  return () => vi.unstubAllEnvs();
});

test("the help of the whole names every command", async () => {
  const { code, out } = await typed(["--help"]);
  expect(code).toBe(0);
  const unbroken = out.replaceAll(/\n {20,}/g, " ");
  for (const { name, summary } of commands)
    expect(unbroken).toMatch(new RegExp(`^  ${name} +${summary.replaceAll(/[()[\]]/g, ".")}$`, "m"));
  expect(out).toMatchSnapshot();
});

test.each(commands.map(({ name }) => name))("%s has its own help, with examples that the command takes", async (name) => {
  const { code, out } = await typed([...name.split(" "), "--help"]);
  expect(code).toBe(0);
  expect(out).toBe((await typed(["help", ...name.split(" ")])).out);
  expect(out).toMatchSnapshot();
  for (const example of commands.find((command) => command.name === name)?.examples ?? []) {
    const words = [...(example.split(/ [|>] /)[0] ?? "").matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)]
      .map(([, single, double, plain]) => single ?? double ?? plain ?? "")
      .slice(1);
    const { err } = await typed(
      [...words, "--yes"].filter((word) => word !== "--yes" || "yes" in (commands.find((command) => command.name === name)?.options ?? {})),
    );
    expect(err, example).toMatch(/no API address is given|given twice|cannot be read|The Region is not known|is no folder/);
  }
  // What could not begin leaves nothing behind.
  for (const left of ["november.jsonl.part", "evidence-2026-01-01-2026-07-01"]) expect(existsSync(left)).toBe(false);
});

test.each([60, 80])(
  "no help is wider than %i columns, but for a word to copy, and a long example goes on as a shell reads it",
  async (width) => {
    for (const words of [[], ["services"], ...commands.map(({ name }) => name.split(" "))]) {
      const { out } = await typed(["help", ...words], { width });
      for (const line of out.split("\n").filter(({ length }) => length > width))
        expect(line).toMatch(/^ {2}(export \S+| {4}--link \S+|drawbridge services private-dns \S+ \\)$/);
      const { examples = [] } = commands.find(({ name }) => name === words.join(" ")) ?? {};
      for (const example of examples) expect(out.replaceAll(/ \\\n {6}/g, " ")).toContain(`  ${example}\n`);
    }
  },
);

test("services alone explains its commands", async () => {
  const { code, out } = await typed(["help", "services"]);
  expect(code).toBe(0);
  expect(out.match(/^ {2}services \w+/gm)).toHaveLength(7);
});

test("as a program: version, exit codes, nothing on stdout that is not asked for", async () => {
  expect(await start("--version")).toMatchObject({ code: 0, out: "0.1.0\n", err: "" });
  expect(await start("nonsense")).toMatchObject({
    code: 2,
    out: "",
    err: "drawbridge: there is no command nonsense; see drawbridge help\n",
  });
  expect(await start("list", "--json")).toMatchObject({ code: 2, out: expect.stringMatching(/^\{"error":.*\}\n$/) });
});

/** Tells on stderr, when the command ends, which packages it loaded. */
const watch = `
  import { registerHooks } from "node:module";
  const packages = [];
  registerHooks({ resolve(name, context, next) { const found = next(name, context); if (found.url.includes("node_modules")) packages.push(name); return found; } });
  process.on("exit", () => process.stderr.write(JSON.stringify(packages)));
`;

test("it starts without loading any package", async () => {
  const told = await new Promise<string>((resolve) => {
    const preload = `data:text/javascript,${encodeURIComponent(watch)}`;
    execFile(process.execPath, ["--import", preload, file, "--help"], { env: { PATH: "" } }, (_error, _out, err) => resolve(err));
  });
  expect(JSON.parse(told)).toEqual([]);
});
