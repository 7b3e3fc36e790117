// Whether a request is Slack's: HMAC-SHA256 over its time and its raw body, in constant time, and of this very moment.
// https://docs.slack.dev/authentication/verifying-requests-from-slack

import { createHmac, timingSafeEqual } from "node:crypto";
import { milliseconds, type Instant } from "../ids.ts";

export interface Signed {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Older is a replay; newer is a clock that is wrong, or somebody who prepares one. */
const windowSeconds = 5 * 60;
/** How long a signature can be good: from the earliest to the latest moment at which its time is taken. */
export const goodSeconds = 2 * windowSeconds + 60;

/** The signature, as the claim that keeps it from being used again; or why the request is none of Slack's. */
export function signatureOf(
  secrets: readonly string[],
  { headers, body }: Signed,
  now: Instant,
): { readonly signature: string } | { readonly refused: "unsigned" | "not of this moment" | "forged" } {
  const time = headers["x-slack-request-timestamp"] ?? "";
  const signature = headers["x-slack-signature"] ?? "";
  if (!/^[1-9]\d{0,11}$/.test(time) || !/^v0=[0-9a-f]{64}$/.test(signature)) return { refused: "unsigned" };
  if (Math.abs(milliseconds(now) / 1000 - Number(time)) > windowSeconds) return { refused: "not of this moment" };
  const given = Buffer.from(signature.slice("v0=".length), "hex");
  const matches = secrets.filter((secret) => secret !== "").map((secret) => timingSafeEqual(mac(secret, time, body), given));
  return matches.includes(true) ? { signature: signature.slice("v0=".length) } : { refused: "forged" };
}

const mac = (secret: string, time: string, body: Buffer): Buffer =>
  createHmac("sha256", secret).update(`v0:${time}:`).update(body).digest();
