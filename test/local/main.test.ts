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
const READY_MS = 60_000;

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

/** The processes of its functions. */
function childrenOf(pid: number | undefined): readonly number[] {
  const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return all.map(Number).filter((candidate) => parentOf(candidate) === pid);
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[1]);
  } catch {
    return undefined;
  }
}

const gone = (pids: readonly number[]): true | undefined => (pids.every((pid) => parentOf(pid) === undefined) ? true : undefined);

describe.runIf(process.platform === "linux")("npm start", () => {
  it("is ready with its three addresses, and ends cleanly on SIGTERM", { timeout: 120_000 }, async () => {
    const { child, ended } = start("--empty", "--port", "0");
    const said = await ready(child);
    expect(Object.keys(said)).toEqual(["aws", "api", "inbox"]);
    expect(await (await fetch(`${said["inbox"] ?? ""}.json`)).json()).toEqual([]);
    const functions = await eventually(() => {
      const found = childrenOf(child.pid);
      return found.length > 0 ? found : undefined;
    }, "a process of a function");
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
    expect(await eventually(() => gone(functions), "the end of all functions")).toBe(true);
  });

  it("takes its functions with it when it is killed", { timeout: 120_000 }, async () => {
    const { child, ended } = start("--empty", "--port", "0");
    await ready(child);
    const functions = await eventually(() => {
      const found = childrenOf(child.pid);
      return found.length > 0 ? found : undefined;
    }, "a process of a function");
    child.kill("SIGKILL");
    await ended;
    expect(await eventually(() => gone(functions), "the end of all functions")).toBe(true);
  });

  it("ends with the npm that started it", { timeout: 120_000 }, async () => {
    const root = fileURLToPath(new URL("../..", import.meta.url));
    const npm = spawn("npm", ["start", "--", "--empty", "--port", "0"], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    started.push(npm);
    await ready(npm);
    const [main] = childrenOf(npm.pid);
    const functions = await eventually(() => {
      const found = childrenOf(main);
      return found.length > 0 ? found : undefined;
    }, "a process of a function");
    npm.kill("SIGTERM");
    expect(await eventually(() => gone([main ?? 0, ...functions]), "the end of all processes")).toBe(true);
  });

  it("names the port that is taken", { timeout: READY_MS }, async () => {
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
