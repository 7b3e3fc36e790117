// Everything that must hold before a change is done: `npm run check`. One line for each step, and what a failed one said.
import { spawn } from "node:child_process";
import { delimiter } from "node:path";
import { fileURLToPath } from "node:url";

interface Step {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

interface Outcome {
  readonly ok: boolean;
  readonly output: string;
}

const root = fileURLToPath(new URL("..", import.meta.url));

const steps: readonly Step[] = [
  { name: "types", command: ["tsc", "-p", "."] },
  { name: "lint", command: ["oxlint", "--type-aware"] },
  { name: "format", command: ["oxfmt", "--check"] },
  { name: "unused code", command: ["knip"] },
  { name: "template", command: ["node", "scripts/check-template.ts"] },
  { name: "docs", command: ["node", "scripts/docs.ts", "--check"] },
  { name: "tests", command: ["vitest", "run", "--project", "short"] },
];

const failed: string[] = [];
for (const { name, command } of steps) {
  const started = performance.now();
  const { ok, output } = await run(command);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${ok ? "ok    " : "FAILED"} ${name.padEnd(12)} ${seconds.padStart(5)} s  ${ok ? lastLine(output) : ""}`.trimEnd());
  if (!ok) {
    failed.push(name);
    console.log(output.trimEnd().replace(/^/gm, "    "));
  }
}

console.log(failed.length === 0 ? "All is well." : `Failed: ${failed.join(", ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;

/** The tools come from node_modules, and so does the Node that runs them. */
async function run([program, ...args]: Step["command"]): Promise<Outcome> {
  const path = `${root}/node_modules/.bin${delimiter}${process.env["PATH"] ?? ""}`;
  const child = spawn(program, args, {
    cwd: root,
    env: { ...process.env, PATH: path, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => said.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => said.push(chunk));
  const code = await new Promise<number | null>((resolve) => {
    child.once("error", (error) => {
      said.push(Buffer.from(error.message));
      resolve(1);
    });
    child.once("close", resolve);
  });
  return { ok: code === 0, output: Buffer.concat(said).toString() };
}

function lastLine(output: string): string {
  return output.trimEnd().split("\n").at(-1) ?? "";
}
