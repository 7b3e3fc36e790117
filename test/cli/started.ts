// The command as a process of its own, as a shell starts it: with pipes that may be closed, and signals.

import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { secretAccessKey } from "./signed-server.ts";

const file = fileURLToPath(new URL("../../cli/drawbridge.ts", import.meta.url));

export interface Ended {
  /** Nothing when a signal ended it. */
  readonly code: number | undefined;
  readonly out: string;
  readonly err: string;
}
export interface Started {
  readonly signal: (name: "SIGINT" | "SIGTERM") => void;
  /** Waits until stderr holds the text. */
  readonly says: (text: string) => Promise<void>;
  readonly ended: Promise<Ended>;
}

const envOf = (api: string): Readonly<Record<string, string>> => ({
  PATH: process.env["PATH"] ?? "",
  DRAWBRIDGE_API: api,
  AWS_REGION: "eu-west-1",
  AWS_ACCESS_KEY_ID: "111111111111",
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
  XDG_CACHE_HOME: process.env["NODE_COMPILE_CACHE"] ?? "",
});

export const started = (words: readonly string[], api: string): Started =>
  watched(spawn(process.execPath, [file, ...words], { env: envOf(api), stdio: ["ignore", "pipe", "pipe"] }));

/** In a line of bash in which `drawbridge` is the command; what fails within a pipe fails the line. */
export const inShell = (line: string, api: string): Promise<Ended> => {
  const text = `drawbridge() { "$NODE" "$FILE" "$@"; }; ${line}`;
  const env = { ...envOf(api), NODE: process.execPath, FILE: file };
  return watched(spawn("bash", ["-o", "pipefail", "-c", text], { env, stdio: ["ignore", "pipe", "pipe"] })).ended;
};

function watched(child: ChildProcess): Started {
  const said = { out: "", err: "" };
  const waiting: { readonly text: string; readonly heard: () => void }[] = [];
  const tell = (): void => {
    for (const { text, heard } of waiting) if (said.err.includes(text)) heard();
  };
  child.stdout?.on("data", (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => {
    said.err += chunk.toString();
    tell();
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? undefined, ...said }));
  });
  return {
    signal: (name) => void child.kill(name),
    says: (text) =>
      Promise.race([
        new Promise<void>((heard) => {
          waiting.push({ text, heard });
          tell();
        }),
        ended.then(({ err }) => {
          if (!err.includes(text)) throw new Error(`it ended without saying ${text}: ${err}`);
        }),
      ]),
    ended,
  };
}
