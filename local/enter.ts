// `npm run local`: lets a command run as if inside a VPC of the local AWS that is up, by proxy variables and without being root.
import { spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { constants as os, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

import type { VpcShown } from "./data-path/data-path.ts";
import { smallCurl } from "./small-curl.ts";

const USAGE = `Usage: npm run local -- <what>

  vpcs                                the VPCs of the local AWS that is up
  exec <vpc> [--as X] -- <command>    run a command as if inside a VPC; X is an instance there, by id or a part of its name
  nslookup <vpc> <name>               what a name stands for inside a VPC

A VPC is given by its id or by its tag Name: npm run local -- exec vpc-b -- curl http://payments.internal
Local AWS is looked for at AWS_ENDPOINT_URL, else at http://127.0.0.1:4566 (npm start).
`;

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const base = (process.env["AWS_ENDPOINT_URL"] || "http://127.0.0.1:4566").replace(/\/$/, "");

interface Entered {
  readonly id: string;
  readonly port: number;
  readonly vpc: VpcShown;
  readonly as: string;
  readonly address: string;
  readonly notes: readonly string[];
}

async function ask<T>(method: string, path: string): Promise<T> {
  let reply: Response;
  try {
    reply = await fetch(`${base}/_local/${path}`, { method });
  } catch {
    throw new Error(`No local AWS answers at ${base}: start one with npm start, or set AWS_ENDPOINT_URL.`);
  }
  const said = (await reply.json().catch(() => ({}))) as T & { error?: string };
  if (!reply.ok) throw new Error(said.error ?? `${base} is no local AWS (HTTP ${reply.status}).`);
  return said;
}

async function exec(vpc: string, as: string | undefined, command: readonly string[]): Promise<number> {
  const path = `vpcs/${encodeURIComponent(vpc)}/entries${as === undefined ? "" : `?as=${encodeURIComponent(as)}`}`;
  const entered = await ask<Entered>("POST", path);
  const folder = mkdtempSync(join(tmpdir(), "local-aws-"));
  try {
    // Curl asks a SOCKS proxy to resolve names and then fails as it would without a proxy; through HTTP it would get a page instead.
    writeFileSync(join(folder, ".curlrc"), `proxy = "socks5h://127.0.0.1:${entered.port}"\nnoproxy = "127.0.0.1,localhost"\n`);
    return await run(command, { ...process.env, ...proxyVariables(entered.port), CURL_HOME: folder });
  } finally {
    rmSync(folder, { recursive: true, force: true });
    const { notes } = await ask<Entered>("DELETE", `entries/${entered.id}`);
    for (const note of notes) say(`local AWS, ${entered.vpc.name ?? entered.vpc.id} as ${entered.as} (${entered.address}): ${note}`);
  }
}

function proxyVariables(port: number): Readonly<Record<string, string>> {
  const http = `http://127.0.0.1:${port}`;
  const all = `socks5h://127.0.0.1:${port}`;
  const none = "127.0.0.1,localhost";
  const lower = { http_proxy: http, https_proxy: http, all_proxy: all, no_proxy: none };
  const upper = { HTTP_PROXY: http, HTTPS_PROXY: http, ALL_PROXY: all, NO_PROXY: none };
  return { ...lower, ...upper, NODE_USE_ENV_PROXY: "1" };
}

/** The exit code of the command, or the shell's when it cannot be run or was ended by a signal. */
function run([program = "", ...words]: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const [file, args] = program === "curl" && !isOnPath("curl") ? [process.execPath, [ownCurl(), "curl", ...words]] : [program, words];
  return new Promise((resolve) => {
    const child = spawn(file, args, { env, stdio: "inherit" });
    const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => pass(signal));
    child.on("error", (error) => {
      say(`Cannot run ${program}: ${error.message}`);
      resolve(127);
    });
    child.on("close", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : os.signals[signal])));
  });
}

/** This file again, as the command that takes curl's place. */
function ownCurl(): string {
  say("curl is not on this machine: local AWS's own takes its place, which knows a URL and nothing else.");
  return fileURLToPath(import.meta.url);
}

function isOnPath(program: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

async function main(words: readonly string[]): Promise<number> {
  const [what, ...rest] = words;
  if (what === "curl") return smallCurl(rest);
  if (what === "vpcs" && rest.length === 0) {
    for (const { id, name, account, cidr } of await ask<VpcShown[]>("GET", "vpcs"))
      process.stdout.write(`${id}  ${(name ?? "-").padEnd(12)} ${account}  ${cidr}\n`);
    return 0;
  }
  const [vpc, ...more] = rest;
  if (what === "nslookup" && vpc !== undefined && more[0] !== undefined && more.length === 1) {
    const path = `vpcs/${encodeURIComponent(vpc)}/names?name=${encodeURIComponent(more[0])}`;
    const { addresses } = await ask<{ addresses: readonly string[] | null }>("GET", path);
    process.stdout.write(
      addresses === null ? `can't find ${more[0]}: NXDOMAIN\n` : addresses.map((one) => `${more[0] ?? ""}  ${one}\n`).join(""),
    );
    return addresses === null ? 1 : 0;
  }
  const dashes = more.indexOf("--");
  // npm takes the first `--` for itself, and some shells' habits drop the second: what follows the VPC is the command then.
  const [options, command] = dashes >= 0 ? [more.slice(0, dashes), more.slice(dashes + 1)] : [[], more];
  const isWhole = options.length === 0 || (options.length === 2 && options[0] === "--as");
  if (what === "exec" && vpc !== undefined && command.length > 0 && isWhole) return exec(vpc, options[1], command);
  const isHelp = what === undefined || what === "help" || what === "--help";
  (isHelp ? process.stdout : process.stderr).write(USAGE);
  return isHelp ? 0 : 2;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
