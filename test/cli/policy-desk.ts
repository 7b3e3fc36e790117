// An operator who writes policy files and applies them over the signed API.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import type { Desk } from "../operator/desk.ts";
import { secretAccessKey, served } from "./signed-server.ts";
import { typed, type Setting, type Typed } from "./typed.ts";

export interface PolicyDesk {
  readonly run: (words: readonly string[], setting?: Setting) => Promise<Typed>;
  /** Writes the file and applies it. */
  readonly apply: (text: string, ...more: readonly string[]) => Promise<Typed>;
  readonly close: () => Promise<void>;
}

export async function policyDesk(at: Desk): Promise<PolicyDesk> {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "111111111111");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", secretAccessKey);
  const server = await served(at);
  const place = await mkdtemp(join(tmpdir(), "policy-"));
  const run = (words: readonly string[], setting: Setting = {}): Promise<Typed> => typed(words, { api: server.url, ...setting });
  return {
    run,
    async apply(text, ...more) {
      const file = join(place, "policy.yml");
      await writeFile(file, text);
      const told = await run(["apply", file, ...more]);
      return { ...told, err: told.err.replaceAll(file, "policy.yml"), out: told.out.replaceAll(file, "policy.yml") };
    },
    async close() {
      vi.unstubAllEnvs();
      await server.close();
      await rm(place, { recursive: true });
    },
  };
}
