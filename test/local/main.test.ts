// `npm start` from outside: one ready line, a clean end, and no process left behind.
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";

import { eventually } from "./clients.fixture.ts";

const MAIN = fileURLToPath(new URL("../../local/main.ts", import.meta.url));

type Child = ChildProcessByStdio<null, Readable, Readable>;
const started: Child[] = [];

afterEach(() => {
  for (const child of started.splice(0)) if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
});

function start(...args: readonly string[]): { child: Child; said: string[]; ended: Promise<number | null> } {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  started.push(child);
  const said: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => said.push(line));
  return { child, said, ended: new Promise((resolve) => child.once("exit", (code) => resolve(code))) };
}

async function ready(child: Child): Promise<Readonly<Record<string, string>>> {
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith("ready ")) return JSON.parse(line.slice(6)) as Readonly<Record<string, string>>;
  }
  throw new Error("It ended without a ready line.");
}

/** Its children that live. */
function childrenOf(pid: number | undefined): readonly number[] {
  const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return all.map(Number).filter((candidate) => living(candidate)?.parent === pid);
}

/** undefined: it has ended. One that nobody has reaped yet still has its entry, in the state Z or X. */
function living(pid: number): { readonly parent: number; readonly started: string } | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    const [state = "X", parent = ""] = fields;
    // Its start tells it from a later process with the same id.
    return state === "Z" || state === "X" ? undefined : { parent: Number(parent), started: fields[19] ?? "" };
  } catch {
    return undefined;
  }
}

/** A process as it is now: `gone` says whether that one has ended. */
function watched(pid: number): { gone(): boolean } {
  const started = living(pid)?.started;
  return { gone: () => living(pid)?.started !== started || started === undefined };
}

/** The processes of its functions, once there are any. */
const functionsOf = (pid: number | undefined): Promise<readonly { gone(): boolean }[]> =>
  eventually(() => {
    const found = descendantsOf(pid).filter((one) => commandOf(one).includes("bootstrap.ts"));
    return found.length > 0 ? found.map(watched) : undefined;
  }, "a process of a function");

function descendantsOf(pid: number | undefined): readonly number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

const allGone = (all: readonly { gone(): boolean }[]): true | undefined => (all.every((one) => one.gone()) ? true : undefined);

describe.runIf(process.platform === "linux")("npm start", () => {
  it("is ready with its three addresses, and ends cleanly on SIGTERM", async () => {
    const { child, ended } = start("--empty", "--port", "0");
    const said = await ready(child);
    expect(Object.keys(said)).toEqual(["aws", "api", "inbox"]);
    expect(await (await fetch(`${said["inbox"] ?? ""}.json`)).json()).toEqual([]);
    const functions = await functionsOf(child.pid);
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
    expect(await eventually(() => allGone(functions), "the end of all functions")).toBe(true);
  });

  it("takes its functions with it when it is killed", async () => {
    const { child, ended } = start("--empty", "--port", "0");
    await ready(child);
    const functions = await functionsOf(child.pid);
    child.kill("SIGKILL");
    await ended;
    expect(await eventually(() => allGone(functions), "the end of all functions")).toBe(true);
  });

  it("ends with the npm that started it", async () => {
    const root = fileURLToPath(new URL("../..", import.meta.url));
    const npm = spawn("npm", ["start", "--", "--empty", "--port", "0"], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    started.push(npm);
    await ready(npm);
    await functionsOf(npm.pid);
    // With a shell between them or without.
    const all = descendantsOf(npm.pid).map(watched);
    npm.kill("SIGTERM");
    expect(await eventually(() => allGone(all), "the end of all processes")).toBe(true);
  });

  it("names the port that is taken", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    const { said, ended } = start("--empty", "--port", String(port));
    expect(await ended).toBe(1);
    expect(said.join("\n")).toContain(`Port ${port} (local AWS) is taken`);
    other.close();
  });

  it.each([["--prot"], ["--port", "high"], ["--port", "70000"], ["extra"]])("explains itself after %s %s", async (...args) => {
    const { said, ended } = start(...args);
    expect(await ended).toBe(2);
    expect(said.join("\n")).toContain("Usage: npm start");
  });
});
