// How Drawbridge knows its own words again: HMAC-SHA256, by the newest key; all keys verify, in constant time.

import { createHmac, timingSafeEqual } from "node:crypto";
import { Fault } from "../faults.ts";

/** What a seal is for. One purpose's seal is worth nothing for another. */
export type Purpose = "link" | "form" | "code";

export const sealBytes = 32;

export function seal(keys: readonly string[], purpose: Purpose, content: Buffer): Buffer {
  const [newest] = usable(keys);
  return mac(newest, purpose, content);
}

export function isSealed(keys: readonly string[], purpose: Purpose, content: Buffer, given: Buffer): boolean {
  const matches = usable(keys).map((key) => given.length === sealBytes && timingSafeEqual(mac(key, purpose, content), given));
  return matches.includes(true);
}

/** Only the canonical text of the bytes is taken: no other alphabet, no padding, no stray bits at the end. */
export function fromBase64Url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes : undefined;
}

const mac = (key: string, purpose: Purpose, content: Buffer): Buffer =>
  createHmac("sha256", key).update(`drawbridge ${purpose} 1\n`).update(content).digest();

/** With an empty key anybody could sign. */
function usable(keys: readonly string[]): readonly [string, ...string[]] {
  const [newest, ...older] = keys;
  if (newest === undefined || keys.includes(""))
    throw new Fault("NoLinkKey", "the secret that signs links", "it has no key; put one", false);
  return [newest, ...older];
}
