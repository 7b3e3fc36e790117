// Somebody with the command, at work in the tests' own process: the same calls over HTTP, without a start of Node for every look.

import { main } from "../../cli/main.ts";
import { nobody } from "../../cli/terminal.ts";
import type { LocalAws } from "../../local/aws.ts";
import type { Said } from "../../scripts/spawned.ts";

export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export type Operator = (...words: string[]) => Promise<Said>;

/** With the keys of an account, or those given. The command finds them where every program does, so all of one process have the same. */
export function operator(at: Pick<LocalAws, "aws" | "api" | "region">, who: string | Keys): Operator {
  const keys = typeof who === "string" ? { accessKeyId: who, secretAccessKey: "local" } : who;
  return async (...words) => {
    signAs(keys);
    // Some commands go to AWS itself.
    process.env["AWS_ENDPOINT_URL"] = at.aws;
    const out: string[] = [];
    const err: string[] = [];
    const code = await main(words, {
      ...nobody,
      env: { DRAWBRIDGE_API: at.api, AWS_REGION: at.region, AWS_ENDPOINT_URL: at.aws },
      width: 140,
      out: (text) => void out.push(text),
      err: (text) => void err.push(text),
    });
    return { code, stdout: out.join("\n"), stderr: err.join("\n") };
  };
}

/** Gives what the command prints; throws what it complains of. */
export function insisting(ask: Operator): (...words: string[]) => Promise<string> {
  return async (...words) => {
    const { code, stdout, stderr } = await ask(...words);
    if (code !== 0) throw new Error(`drawbridge ${words.join(" ")}: ${stderr}`);
    return stdout;
  };
}

export function signAs({ accessKeyId, secretAccessKey, sessionToken }: Keys): void {
  process.env["AWS_ACCESS_KEY_ID"] = accessKeyId;
  process.env["AWS_SECRET_ACCESS_KEY"] = secretAccessKey;
  if (sessionToken === undefined) delete process.env["AWS_SESSION_TOKEN"];
  else process.env["AWS_SESSION_TOKEN"] = sessionToken;
}

const LONGEST_MS = 120_000;

/** Looks again until there is something. It only gives up on what would never come. */
export async function until<T>(look: () => Promise<T | undefined | false> | T | undefined | false, everyMs = 100): Promise<T> {
  const end = Date.now() + LONGEST_MS;
  while (Date.now() < end) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  throw new Error(`Not within ${String(LONGEST_MS / 1000)} s: ${String(look)}`);
}
