// The public keys that a log is verified with: where each comes from, and whether it is the one that was written down.

import { readFile } from "node:fs/promises";
import { beside, type Finding } from "../lib/audit/finding.ts";
import type { Trust } from "../lib/audit/sealed.ts";
import { fingerprint, publicKeys } from "../lib/aws/public-keys.ts";
import { sha256 } from "../lib/aws/sha256.ts";
import { BadInput } from "../lib/faults.ts";
import type { Call } from "./command.ts";
import { Failure, wrongUsage } from "./failure.ts";

/** PEM by ARN, and where it is from, in words. */
export type Keys = ReadonlyMap<string, { readonly pem: string; readonly from: string }>;

/** What the caller knows from elsewhere, and believes more than anything that is read. */
export interface Believed {
  readonly pem?: string;
  readonly fingerprints: readonly string[];
}

export async function believedOf({ given }: Pick<Call, "given">): Promise<Believed> {
  const file = given.text("key");
  const fingerprints = (given.texts("fingerprint") ?? []).map(plainFingerprint);
  if (file === undefined) return { fingerprints };
  const pem = await readFile(file, "utf8").catch((error: unknown) => {
    throw wrongUsage(`--key ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  });
  try {
    fingerprint(pem);
  } catch (error) {
    if (error instanceof BadInput) throw wrongUsage(`--key ${file} holds no public key`, error.remedy);
    throw error;
  }
  return { pem, fingerprints };
}

/** As it is printed, or without the colons. */
function plainFingerprint(given: string): string {
  const plain = given.toLowerCase().replaceAll(":", "");
  if (/^[0-9a-f]{64}$/.test(plain)) return plain.replaceAll(/..(?=.)/g, "$&:");
  throw wrongUsage(`--fingerprint ${given} is no SHA-256`, "give its 64 hex digits, as drawbridge audit verify prints them");
}

/** One key for every checkpoint, where it is given. */
export const keysGiven = (arns: readonly string[], pem: string): Keys =>
  new Map(arns.map((arn) => [arn, { pem, from: "the key that you gave" }]));

export function trustOf(keys: Keys): Trust {
  const pems = new Map([...keys].map(([arn, { pem }]) => [arn, pem]));
  try {
    return { hash: sha256, ...publicKeys(pems) };
  } catch (error) {
    if (error instanceof BadInput) throw new Failure(1, "CannotRead", "One of the public keys is none", error.remedy);
    throw error;
  }
}

export const fingerprintsOf = (keys: Keys): Record<string, string> =>
  Object.fromEntries([...keys].map(([arn, { pem }]) => [arn, fingerprint(pem)]));

/** Keys that nobody wrote down. */
export const unbelieved = (keys: Keys, { fingerprints }: Believed): Finding[] =>
  fingerprints.length === 0
    ? []
    : Object.entries(fingerprintsOf(keys))
        .filter(([, print]) => !fingerprints.includes(print))
        .map(([arn, print]) => beside("key", `the key ${arn} has the fingerprint ${print}, which is none that you gave`));
