// An operator who types whole command lines over the signed API, at a desk with one service in care.
import { afterEach, beforeEach, expect, vi } from "vitest";
import { inCare, service, type Desk } from "../operator/desk.ts";
import { secretAccessKey, served, type SignedServer } from "./signed-server.ts";
import { typed, type Setting, type Typed } from "./typed.ts";

export interface Typist {
  readonly at: Desk;
  /** One line; what stands in quotes is one word. */
  readonly run: (line: string, setting?: Setting) => Promise<Typed>;
  /** So many connections of 222222222222, let in by its entry. */
  readonly connected: (count: number) => Promise<void>;
  /** The line is wrong usage: one line says why, and nothing is written. */
  readonly expectRefused: (line: string, said: string) => Promise<void>;
}

/** Brings a desk up before each test of the file, and takes it down after it. */
export function typist(): Typist {
  let at: Desk;
  let server: SignedServer;

  beforeEach(async () => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", "111111111111");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", secretAccessKey);
    at = await inCare();
    server = await served(at);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await server.close();
  });

  const run = (line: string, setting: Setting = {}): Promise<Typed> =>
    typed(
      [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? ""),
      { api: server.url, ...setting },
    );
  return {
    get at() {
      return at;
    },
    run,
    async connected(count) {
      await run(`allow 222222222222 --service ${service} --name acme`);
      for (let number = 1; number <= count; number += 1) at.connect(number);
      await at.admit();
    },
    async expectRefused(line, said) {
      const before = at.types().length;
      const { code, err, out } = await run(line);
      expect({ code, out }).toEqual({ code: 2, out: "" });
      expect(err).toContain(said);
      expect(err.split("\n")).toHaveLength(2);
      expect(at.types()).toHaveLength(before);
    },
  };
}
