// The walkthrough as `npm run walkthrough` plays it, and a command inside a VPC as `npm run local` runs it.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

import { CONSUMER, twoVpcs, WELCOME } from "../local/two-vpcs.fixture.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function run(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const child = spawn(process.execPath, words, {
    cwd: root,
    env: { PATH: process.env["PATH"], NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, out, err })));
}

test("it is told to its end: refused before acceptance, welcome by both names after it, every check green", async () => {
  const { code, out, err } = await run(["scripts/walkthrough.ts"]);
  expect(err).toBe("");
  expect(code).toBe(0);
  expect(out).toMatch(/failed +acceptance: pendingAcceptance/);
  expect(out.split("\n").filter((line) => line.trim() === WELCOME.trim())).toHaveLength(2);
  expect(out).toMatch(/ok +drawbridge: connected/);
  expect(out).not.toContain("not available yet");
  expect(out).toMatch(/\nAs told, in [\d.]+ s\.\n$/);
});

test("a command inside a VPC ends as it would there, and says why when it fails", async () => {
  const world = await twoVpcs();
  const nowhere = mkdtempSync(join(tmpdir(), "no-curl-"));
  try {
    const env = { AWS_ENDPOINT_URL: world.local.aws };
    const enter = (...words: readonly string[]): Promise<Ended> => run(["local/enter.ts", ...words], env);
    const page = "fetch('http://payments.internal').then(async (r) => process.stdout.write(await r.text()), () => process.exit(9))";
    const early = await enter("exec", "vpc-b", "--", process.execPath, "-e", page);
    expect(early).toMatchObject({ code: 9, err: expect.stringContaining("payments.internal:80: name not found") });
    await world.accept();
    // Tools that know only http_proxy get through too, and the VPC may stand for itself without its second `--`.
    expect(await enter("exec", "vpc-b", process.execPath, "-e", page)).toEqual({ code: 0, out: WELCOME, err: "" });
    expect(await enter("nslookup", "vpc-b", "payments.internal")).toMatchObject({ code: 0, out: expect.stringContaining("10.1.0.") });
    expect((await enter("vpcs")).out).toContain(`vpc-b        ${CONSUMER}  10.1.0.0/16`);
    expect(await enter("exec", "vpc-c", "--", "true")).toMatchObject({ code: 1, err: expect.stringContaining("There are: vpc-a, vpc-b.") });
    expect(await enter("exec", "vpc-b")).toMatchObject({ code: 2 });
    // Where there is no curl, one that says so takes its place.
    const bare = await run(["local/enter.ts", "exec", "vpc-b", "--", "curl", "http://payments.internal"], { ...env, PATH: nowhere });
    expect(bare).toMatchObject({ code: 0, out: WELCOME, err: expect.stringContaining("curl is not on this machine") });
  } finally {
    rmSync(nowhere, { recursive: true });
    await world.local.close();
  }
});
