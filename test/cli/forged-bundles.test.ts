// Verifying a bundle offline: nothing that somebody does to its files makes it pass for what it is not. By the command, and by the program in the bundle.

import { execFile } from "node:child_process";
import { createHash, createSign, generateKeyPairSync } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { VerifiedLog } from "../../cli/audit-verify.ts";
import { signedText, statementHash } from "../../lib/audit/checkpoint.ts";
import { fingerprint } from "../../lib/aws/public-keys.ts";
import { sha256 } from "../../lib/aws/sha256.ts";
import { keyArn, pem } from "../audit/sealed-log.ts";
import { bundleIn, end, forge, type Opened } from "./forged-bundle.ts";
import { checkpointOf, forgeries } from "./forgeries.ts";
import { volume } from "../volume.ts";
import { typed, type Typed } from "./typed.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "drawbridge-bundle-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const command = (...words: string[]): Promise<Typed> => typed(["audit", "verify", "--export", folder, ...words]);
const json = async (...words: string[]): Promise<VerifiedLog> => JSON.parse((await command(...words, "--json")).out) as VerifiedLog;
const python = async (...words: string[]): Promise<{ code: number; said: string }> =>
  promisify(execFile)("python3", [join(folder, "verify.py"), folder, ...words]).then(
    ({ stdout }) => ({ code: 0, said: stdout }),
    (error: { code: number; stdout: string; stderr: string }) => ({ code: error.code, said: error.stdout + error.stderr }),
  );
const hasPython = await promisify(execFile)("python3", ["--version"]).then(
  () => true,
  () => false,
);
const print = fingerprint(pem);

describe("a bundle as it was made", () => {
  test.each([
    ["of the whole log", undefined, 600],
    ["of a period", 200, 400],
    ["of a period up to its end", 300, 600],
  ])("%s is what was written, and says of which time and by how much", async (_, from, to) => {
    await bundleIn(folder, from, to);
    const { code, out } = await command("--fingerprint", print);
    expect(code).toBe(0);
    expect(out).toContain("The log is what was written.");
    expect(out).toMatch(/Period +from .* to 2026-11-23/);
    const verified = await json();
    expect(verified.sealed).toBe(verified.held);
    expect(out).toContain(`${String(verified.sealed)} of the ${String(verified.held)} that these checkpoints hold`);
    expect(verified.outside > 0).toBe(from !== undefined);
    expect(out).toContain(keyArn);
  });
  test.runIf(hasPython)("passes the program in it, which needs nothing but Python", async () => {
    for (const [from, to] of [
      [undefined, 600],
      [200, 400],
    ] as const) {
      await bundleIn(folder, from, to);
      const { code, said } = await python("--fingerprint", print);
      expect(said).toContain("The log is what was written.");
      expect(code).toBe(0);
      expect((await python("--fingerprint", "0".repeat(64))).code).toBe(1);
    }
  });
  test("that is of less than was asked for does not pass", async () => {
    await bundleIn(folder, 200, 400);
    expect(await json("--from", "2026-11-23T03:30:00Z", "--to", "2026-11-23T06:00:00Z")).toMatchObject({ intact: true });
    expect((await json("--from", "2026-11-23T03:00:00Z")).findings).toMatchObject([{ kind: "bundle" }]);
    expect((await json("--to", "2026-11-23T06:41:00Z")).findings).toMatchObject([{ kind: "bundle" }]);
  });
});

describe("a manifest that is none", () => {
  test.each([
    ["an empty object", "{}\n"],
    ["null", "null\n"],
    ["a list", "[]\n"],
    ["a text", '"manifest"\n'],
    ["no JSON", "{\n"],
  ])("%s is refused", async (_, text) => {
    await bundleIn(folder);
    await writeFile(join(folder, "manifest.json"), text);
    expect(await command()).toMatchObject({ code: 1, err: expect.stringContaining("manifest.json") as string });
  });
  test.each<[string, (manifest: Record<string, unknown>) => object]>([
    ["lacks its end", ({ to: _to, ...rest }) => rest],
    ["says a time that is none", (manifest) => ({ ...manifest, to: "2026-11-31" })],
    ["ends before it begins", (manifest) => ({ ...manifest, from: "2027-01-01T00:00:00.000Z" })],
    ["has a member that no manifest has", (manifest) => ({ ...manifest, trusted: true })],
    ["counts in words", (manifest) => ({ ...manifest, events: "600" })],
    ["is of another format", (manifest) => ({ ...manifest, format: 1 })],
  ])("one that %s is refused", async (_, change) => {
    const manifest = await bundleIn(folder);
    await writeFile(join(folder, "manifest.json"), `${JSON.stringify(change({ ...manifest }), null, 2)}\n`);
    expect(await command()).toMatchObject({ code: 1, err: expect.stringContaining("manifest.json") as string });
  });
  test("one that says a thing twice is refused", async () => {
    const manifest = await bundleIn(folder);
    await writeFile(
      join(folder, "manifest.json"),
      `${JSON.stringify(manifest, null, 2).replace("{", '{\n  "to": "2026-11-23T01:00:00.000Z",')}\n`,
    );
    expect(await command()).toMatchObject({ code: 1, err: expect.stringContaining("twice") as string });
  });
});

/** The program in the bundle is asked about each of them in `npm run test:long`, and about one in so many here. */
const eachFor = volume(4, 1);
const asked = forgeries.map((forgery, index) => ({ ...forgery, alsoBy: hasPython && index % eachFor === 0 }));
test.each(asked)("somebody who $name is found, by the program in the bundle too: $alsoBy", async ({ of, does, says, alsoBy }) => {
  await bundleIn(folder, ...(of ?? []));
  await forge(folder, does);
  const { code, out } = await command("--fingerprint", print);
  expect(out).toContain(says);
  expect(code).toBe(1);
  if (alsoBy) expect((await python("--fingerprint", print)).code).toBe(1);
});

describe("the files", () => {
  test("that are not those of the manifest are told", async () => {
    await bundleIn(folder);
    await writeFile(join(folder, "VERIFY.md"), "Trust me.\n");
    expect((await json()).findings).toMatchObject([{ kind: "bundle", text: "VERIFY.md is not the file that the manifest tells of" }]);
    await rm(join(folder, "verify.py"));
    expect((await json()).findings.map(({ text }) => text)).toContain("verify.py is missing");
  });
  test("must be as many as the manifest says, though nobody computes it anew", async () => {
    await bundleIn(folder);
    await writeFile(join(folder, "checkpoints.jsonl"), "");
    const found = (await json()).findings.map(({ text }) => text).join("\n");
    expect(found).toContain("checkpoints.jsonl is not the file that the manifest tells of");
    expect(found).toContain("holds 0 checkpoints, and the manifest says 15");
    expect(found).toContain("there is no checkpoint");
  });
  test("lead nowhere outside the folder", async () => {
    const manifest = await bundleIn(folder);
    const files = { ...manifest.files, "../secret": "0".repeat(64) };
    await writeFile(join(folder, "manifest.json"), `${JSON.stringify({ ...manifest, files }, null, 2)}\n`);
    expect((await json()).findings).toMatchObject([{ kind: "bundle", text: expect.stringContaining("outside the bundle") as string }]);
  });
});

describe("a bundle that somebody signed anew, all of it, with a key of their own", () => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const own = publicKey.export({ type: "spki", format: "pem" }) as string;
  const resign = (opened: Opened): void => {
    let previous = "";
    opened.checkpoints = opened.checkpoints.map((line) => {
      const one = checkpointOf(line);
      const statement = { ...one.statement, previous };
      previous = statementHash(statement, sha256);
      return JSON.stringify({
        statement,
        signature: createSign("sha256").update(signedText(statement)).sign(privateKey, "base64"),
        leaves: one.leaves,
      });
    });
    opened.keys = `${JSON.stringify({ [keyArn]: own }, null, 2)}\n`;
  };

  test("passes by itself, which is said; and not with the key, or the fingerprint, that was written down", async () => {
    await bundleIn(folder);
    await forge(folder, resign);
    const { code, out } = await command();
    expect(code).toBe(0);
    expect(out).toContain("the bundle's own: compare it with what you wrote down");
    expect((await json("--fingerprint", print)).findings).toMatchObject([{ kind: "key" }]);
    const key = join(folder, "written-down.pem");
    await writeFile(key, pem);
    expect((await json("--key", key)).findings[0]?.text).toContain("its signature is not that of its key");
  });
  test.each([
    ["--key nowhere.pem", "cannot be read"],
    ["--key VERIFY.md", "holds no public key"],
    ["--fingerprint abc", "is no SHA-256"],
    ["--bucket other", "exclude each other"],
  ])("%s is wrong usage", async (words, said) => {
    await bundleIn(folder);
    const [option = "", value = ""] = words.split(" ");
    const { code, err } = await command(option, value === "VERIFY.md" ? join(folder, value) : value);
    expect({ code, said: err.includes(said) }).toEqual({ code: 2, said: true });
  });
});

describe("VERIFY.md", () => {
  const openssl = (...words: string[]): Promise<string> => promisify(execFile)("openssl", words).then(({ stdout }) => stdout);
  test.runIf(hasPython)("can be followed to the letter: the key's fingerprint, and one signature", async () => {
    await bundleIn(folder);
    const steps = await readFile(join(folder, "VERIFY.md"), "utf8");
    expect(steps).toContain(print);
    const [, file = ""] = /openssl pkey -pubin -in (\S+) -outform DER/.exec(steps) ?? [];
    await openssl("pkey", "-pubin", "-in", join(folder, file), "-outform", "DER", "-out", join(folder, "key.der"));
    const digest = createHash("sha256")
      .update(await readFile(join(folder, "key.der")))
      .digest("hex");
    expect(digest.replaceAll(/..(?=.)/g, "$&:")).toBe(print);
    const signed = ["dgst", "-sha256", "-verify", file, "-signature", "signature.der", "statement.json"];
    expect(steps).toContain(`openssl ${signed.join(" ")}`);
    await promisify(execFile)("python3", ["verify.py", "--statement", "1"], { cwd: folder });
    expect((await promisify(execFile)("openssl", signed, { cwd: folder })).stdout).toContain("Verified OK");
  });
  test("says what an independent program has to know", async () => {
    await bundleIn(folder, 200, 400);
    const steps = (await readFile(join(folder, "VERIFY.md"), "utf8")).replaceAll(/\s+/g, " ");
    for (const said of [
      "UTF-16",
      "the empty text for the first",
      "forty minutes",
      "newer than the last checkpoint",
      "python3 verify.py",
      "npx drawbridge audit verify --export",
    ])
      expect(steps).toContain(said);
    expect(end).toBe("2026-11-23T10:00:00.000Z");
  });
});
