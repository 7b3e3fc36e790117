// What Slack sends us: taken only when it is Slack's own, of this moment and new; put on the queue, and acknowledged in time.

import type { Instant } from "../ids.ts";
import type { Clock, Proofs } from "../ports.ts";
import { readInteraction, responseUrlIn, writeAnswer } from "./interaction.ts";
import { onlyForYou } from "./message.ts";
import { responseUrlOf } from "./secret.ts";
import { goodSeconds, signatureOf, type Signed } from "./signature.ts";
import type { Post } from "./web-api.ts";

export interface ReceivePorts {
  readonly clock: Clock;
  readonly proofs: Pick<Proofs, "claim">;
  /** The present signing secret, and the one before it for a while; `fresh` reads them again. */
  readonly signingSecrets: (fresh: boolean) => Promise<readonly string[]>;
  /** Puts an answer on the queue; given up when the signal says so. */
  readonly put: (body: string, signal: AbortSignal) => Promise<void>;
  readonly post: Post;
  /** Ends by itself after so many milliseconds; an argument, so that a test need not wait. */
  readonly timeout: (milliseconds: number) => AbortSignal;
  readonly warn: (message: string, keys: Readonly<Record<string, unknown>>) => void;
}

export interface Received {
  readonly headers: Signed["headers"];
  /** The body's own bytes: what is parsed and written again has another signature. */
  readonly raw: Buffer;
  readonly sourceIp: string;
}

interface Reply {
  readonly status: number;
  readonly text?: string;
}

/** Slack waits for 3 seconds. A cold start takes a part of it, and so does telling a person that it went wrong. */
const recordMs = 1500;
const tellMs = 600;
const notRecorded = "Not recorded, try again: Drawbridge could not take your answer at this moment. Nothing was decided.";

export const slackRoutes = (ports: ReceivePorts): Readonly<Record<string, (request: Received) => Promise<Reply>>> => ({
  "POST /slack/interactions": (request) => receive(ports, request),
});

export async function receive(ports: ReceivePorts, request: Received): Promise<Reply> {
  const deadline = ports.timeout(recordMs);
  let verified = false;
  try {
    return await inTime(
      deadline,
      record(ports, request, deadline, () => (verified = true)),
    );
  } catch (error) {
    ports.warn("An answer from Slack could not be recorded", { reason: error instanceof Error ? error.message : String(error) });
    // Nobody is told anything on the word of a request that may not be Slack's.
    return verified && (await told(ports, request)) ? { status: 200 } : { status: 503, text: "not recorded, try again" };
  }
}

async function record(ports: ReceivePorts, request: Received, deadline: AbortSignal, verified: () => void): Promise<Reply> {
  const now = ports.clock();
  const found = await signed(ports, request, now);
  if ("refused" in found) return refusal(ports, request, found.refused);
  verified();
  const answer = readInteraction(request.raw.toString("utf8"), found.signature, now);
  // Claimed whatever it holds: the same request never counts twice.
  if (!(await ports.proofs.claim("slack-request", found.signature, goodSeconds))) return refusal(ports, request, "used before");
  if (answer === "nothing") return { status: 200 };
  deadline.throwIfAborted();
  await ports.put(writeAnswer(answer), deadline);
  return { status: 200 };
}

/** A secret that was rotated a moment ago is read again, before a request is taken for a forgery. */
async function signed({ signingSecrets }: ReceivePorts, { headers, raw }: Received, now: Instant): Promise<ReturnType<typeof signatureOf>> {
  const request = { headers, body: raw };
  const found = signatureOf(await signingSecrets(false), request, now);
  return "refused" in found && found.refused === "forged" ? signatureOf(await signingSecrets(true), request, now) : found;
}

function refusal({ warn }: ReceivePorts, { sourceIp }: Received, why: string): Reply {
  warn("A request that claims to be Slack's was refused", { why, sourceIp });
  return { status: 401, text: "refused" };
}

/** Slack shows a person an error sign when we answer with one; its own words are better. */
async function told({ post, warn }: ReceivePorts, { raw }: Received): Promise<boolean> {
  const url = responseUrlOf(responseUrlIn(raw.toString("utf8")));
  if (url === undefined) return false;
  try {
    const { status } = await post(url, onlyForYou(notRecorded), { timeoutMs: tellMs });
    return status === 200;
  } catch (error) {
    warn("The person could not be told either", { reason: error instanceof Error ? error.message : String(error) });
    return false;
  }
}

async function inTime<T>(deadline: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const end = (): void => reject(new Error("it took too long"));
  if (deadline.aborted) end();
  deadline.addEventListener("abort", end, { once: true });
  return Promise.race([work, promise]);
}
