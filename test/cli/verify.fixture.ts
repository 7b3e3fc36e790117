// The command verify against the walkthrough's two VPCs, from inside or outside, as either side; what fails always says what mends it.
import { afterEach, beforeEach, expect, vi } from "vitest";

import type { Finding } from "../../cli/verify/finding.ts";
import { CONSUMER, PROVIDER, twoVpcs, type TwoVpcs } from "../local/two-vpcs.fixture.ts";
import { typed, type Typed } from "./typed.ts";

/** What nobody but the reader can know. */
const UNKNOWN = /<(zone|group|role|target group|server|the zone of [\w.]+)>/g;

export function expectMend({ about, state, message, mend = "" }: Finding): void {
  if (state !== "failed") return;
  expect(mend, `${about}: ${message}`).toMatch(/\b(aws [a-z0-9-]+ [a-z-]+|drawbridge [a-z]+)/);
  expect(mend.replaceAll(UNKNOWN, "it"), `${about}: ${message}`).not.toMatch(/[<>]|undefined|\s\s|-- | $/);
}

export interface VerifyWorld {
  /** The two VPCs, with an endpoint that is not accepted yet. */
  readonly at: TwoVpcs;
  readonly endpoint: string;
  verify(accessKeyId: string, words?: readonly string[], inside?: boolean, env?: Record<string, string>): Promise<Typed>;
  asConsumer(...words: readonly string[]): Promise<readonly Finding[]>;
  asProvider(...words: readonly string[]): Promise<readonly Finding[]>;
}

/** Brings one up before each test of the file, and takes it down after it. */
export function verifyWorld(given: Parameters<typeof twoVpcs>[1] = {}, options: Parameters<typeof twoVpcs>[0] = {}): VerifyWorld {
  let world: TwoVpcs | undefined;
  beforeEach(async () => {
    world = await twoVpcs(options, given);
    vi.stubEnv("AWS_ENDPOINT_URL", world.local.aws);
    vi.stubEnv("AWS_REGION", world.local.region);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "any");
    vi.stubEnv("AWS_SESSION_TOKEN", undefined);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await world?.local.close();
    world = undefined;
  });
  const at = (): TwoVpcs => {
    if (world === undefined) throw new Error("there is no world outside of a test");
    return world;
  };
  const endpoint = (): string => at().consumer["EndpointId"] ?? "";
  /** As somebody with this key, from inside VPC-B unless told otherwise. */
  const verify: VerifyWorld["verify"] = async (accessKeyId, words = [], inside = true, env = {}) => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", accessKeyId);
    const entry = inside ? await at().local.dataPath.enter("vpc-b") : undefined;
    const proxy = entry === undefined ? {} : { ALL_PROXY: `socks5h://127.0.0.1:${String(entry.port)}` };
    return typed(["verify", endpoint(), ...words], { env: { ...proxy, ...env } });
  };
  return {
    get at() {
      return at();
    },
    get endpoint() {
      return endpoint();
    },
    verify,
    asConsumer: (...words) => linesOf(verify(CONSUMER, [...words, "--json"])),
    asProvider: (...words) => linesOf(verify(PROVIDER, [...words, "--json"], false)),
  };
}

export async function linesOf(shown: Promise<Typed>): Promise<readonly Finding[]> {
  const { out } = await shown;
  const { findings } = JSON.parse(out) as { findings: readonly Finding[] };
  for (const finding of findings) expectMend(finding);
  return findings;
}

export const failing = (all: readonly Finding[]): readonly string[] =>
  all.filter(({ state }) => state === "failed").map(({ about }) => about);
export const line = (all: readonly Finding[], about: string): Finding | undefined => all.find((one) => one.about === about);
