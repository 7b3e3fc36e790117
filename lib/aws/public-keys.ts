// The public halves of the keys that sign checkpoints, and whether a signature is theirs.

import { createHash, createPublicKey, createVerify, type KeyObject } from "node:crypto";
import { BadInput } from "../faults.ts";

export interface PublicKeys {
  /** `unknown key` when no key of this ARN was given. */
  readonly isSigned: (text: string, signature: string, key: string) => boolean | "unknown key";
}

/** Keys by their ARN, each as PEM. */
export function publicKeys(pems: ReadonlyMap<string, string>): PublicKeys {
  const keys = new Map([...pems].map(([arn, pem]) => [arn, keyOf(pem)]));
  return {
    isSigned: (text, signature, arn) => {
      const key = keys.get(arn);
      if (key === undefined) return "unknown key";
      return createVerify("sha256").update(text).verify({ key, dsaEncoding: "der" }, signature, "base64");
    },
  };
}

function keyOf(pem: string): KeyObject {
  try {
    const key = createPublicKey(pem);
    if (key.asymmetricKeyType === "ec" && key.asymmetricKeyDetails?.namedCurve === "prime256v1") return key;
  } catch {
    // Told below.
  }
  throw new BadInput("public key", pem, "give the PEM of the ECC P-256 key that signs the checkpoints");
}

/** What KMS gives, as a file holds it. */
export const pemOf = (der: Uint8Array): string =>
  `-----BEGIN PUBLIC KEY-----\n${Buffer.from(der)
    .toString("base64")
    .replaceAll(/.{64}(?=.)/g, "$&\n")}\n-----END PUBLIC KEY-----\n`;

/** What people compare: the SHA-256 of the key itself. */
export const fingerprint = (pem: string): string =>
  createHash("sha256")
    .update(keyOf(pem).export({ type: "spki", format: "der" }))
    .digest("hex")
    .replaceAll(/..(?=.)/g, "$&:");
