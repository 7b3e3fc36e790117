// Runs a program to its end, and tells what it said: for stories that use Drawbridge as people do.

import { spawn } from "node:child_process";

export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** With no environment but this one, a PATH, and a terminal of 140 columns without colours. Rejects when it cannot be started. */
export function spawned([program = "", ...words]: readonly string[], env: Readonly<Record<string, string>>): Promise<Said> {
  const own = { PATH: process.env["PATH"] ?? "", NO_COLOR: "1", COLUMNS: "140" };
  const child = spawn(program, words, { env: { ...own, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 1, stdout, stderr }));
  });
}
