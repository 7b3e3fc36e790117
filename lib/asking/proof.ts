// How an approver proves on a page who they are: a code mailed to them, entered in the browser that asked for it, opens a session.

import { createHash } from "node:crypto";
import type { Approver } from "../approver.ts";
import { explainError, Fault } from "../faults.ts";
import { instant, milliseconds, type Instant } from "../ids.ts";
import type { Clock, Keys, NewId, People, Proofs, Slips } from "../ports.ts";
import { utc } from "../when.ts";
import { browserId } from "../web/browser.ts";
import { fromBase64Url, isSealed, seal } from "../web/seal.ts";

export interface ProofPorts {
  readonly clock: Clock;
  readonly newId: NewId;
  readonly keys: Keys;
  readonly slips: Slips;
  readonly proofs: Pick<Proofs, "claim" | "release">;
  readonly people: Pick<People, "approvers">;
}

export const codeMinutes = 10;
const codeTriesMax = 5;
export const sessionMinutes = 15;
export const codeDigits = 8;
/** Whoever has a link, and types what a person types, cannot flood a mailbox. */
const codesPerHour = 6;
/** Whoever only presses the button has one code mailed in so many seconds, wherever it is pressed, and takes none of those away. */
const unaskedSeconds = 24 * 60 * 60;

export interface CodeRequest {
  readonly approver: Pick<Approver, "name">;
  readonly browser: string;
  /** A person typed the confirmation. Robots get one code a day mailed without it. */
  readonly confirmed: boolean;
  readonly from: string;
}

export type CodeAsked =
  | { readonly kind: "sent" | "there"; readonly until: Instant }
  | { readonly kind: "confirm" }
  | { readonly kind: "too-many" };

export async function askForCode(ports: ProofPorts, request: CodeRequest): Promise<CodeAsked> {
  const { approver, browser, confirmed } = request;
  const waiting = confirmed ? undefined : await waitingCode(ports, approver.name, browser);
  if (waiting !== undefined) return { kind: "there", until: waiting.until };
  const claim = confirmed ? await ofThisHour(ports, approver.name) : await ofThisDay(ports, approver.name);
  if (claim === undefined) return { kind: confirmed ? "too-many" : "confirm" };
  const until = later(ports.clock(), codeMinutes);
  const code = digitsOf(ports.newId());
  const hash = seal(await ports.keys.link(), "code", content(approver.name, browser, code)).toString("base64url");
  const id = codeId(approver.name, browser);
  try {
    await ports.slips.put({ kind: "code", id, until, count: 0, data: { hash } });
    await ports.people.approvers(letter(request, code, until, ports.clock()));
  } catch (error) {
    // Nobody is told of a code that did not go out, and it is none of the hour's or the day's.
    await Promise.allSettled([ports.slips.remove("code", [id]), ports.proofs.release(...claim)]);
    throw new Fault("CodeNotMailed", "the approvals topic", explainError(error).message, true, error);
  }
  return { kind: "sent", until };
}

type Claim = Parameters<Proofs["release"]>;

async function ofThisDay({ proofs }: ProofPorts, name: string): Promise<Claim | undefined> {
  const claim: Claim = ["code-unasked", name];
  return (await proofs.claim(...claim, unaskedSeconds)) ? claim : undefined;
}

async function ofThisHour({ proofs, clock }: ProofPorts, name: string): Promise<Claim | undefined> {
  const hour = clock().slice(0, 13);
  for (let number = 1; number <= codesPerHour; number += 1) {
    const claim: Claim = ["code-hour", `${name}#${hour}#${String(number)}`];
    if (await proofs.claim(...claim, 60 * 60)) return claim;
  }
  return undefined;
}

export type CodeEntered =
  | { readonly kind: "session"; readonly session: Session; readonly value: string }
  | { readonly kind: "wrong"; readonly left: number }
  /** None was asked for in this browser, or its time or its tries are over. */
  | { readonly kind: "none" };

/** Each try is counted before it is looked at. A code of another browser is not tried at all. */
export async function enterCode(ports: ProofPorts, name: string, browser: string, entered: string): Promise<CodeEntered> {
  const id = codeId(name, browser);
  const tries = await ports.slips.count("code", id, codeTriesMax);
  const slip = tries === undefined ? undefined : await ports.slips.get("code", id);
  const hash = fromBase64Url(slip?.data["hash"] ?? "");
  if (tries === undefined || slip === undefined || hash === undefined) return { kind: "none" };
  const code = entered.replaceAll(/[\s-]/g, "");
  if (!isSealed(await ports.keys.link(), "code", content(name, browser, code), hash)) {
    const left = codeTriesMax - tries;
    return left > 0 ? { kind: "wrong", left } : { kind: "none" };
  }
  await ports.slips.remove("code", [id]);
  return openSession(ports, name);
}

export interface Session {
  readonly approver: string;
  readonly until: Instant;
}

/** The browser gets a new value: who knew its old one does not share the session. */
async function openSession({ slips, newId, clock }: ProofPorts, approver: string): Promise<CodeEntered> {
  const value = newId();
  const until = later(clock(), sessionMinutes);
  await slips.put({ kind: "session", id: browserId(value), until, data: { approver } });
  return { kind: "session", session: { approver, until }, value };
}

export async function sessionOf({ slips }: Pick<ProofPorts, "slips">, browser: string): Promise<Session | undefined> {
  const slip = await slips.get("session", browserId(browser));
  const approver = slip?.data["approver"];
  return slip === undefined || approver === undefined ? undefined : { approver, until: slip.until };
}

export const endSession = ({ slips }: Pick<ProofPorts, "slips">, browser: string): Promise<void> =>
  slips.remove("session", [browserId(browser)]);

/** The code that this browser may enter now. */
export async function waitingCode(
  { slips }: Pick<ProofPorts, "slips">,
  name: string,
  browser: string,
): Promise<{ readonly until: Instant } | undefined> {
  const slip = await slips.get("code", codeId(name, browser));
  return slip === undefined || (slip.count ?? 0) >= codeTriesMax ? undefined : { until: slip.until };
}

const codeId = (name: string, browser: string): string => `${name}#${browserId(browser)}`;
const content = (name: string, browser: string, code: string): Buffer => Buffer.from(`${name}\n${browserId(browser)}\n${code}`);
const later = (now: Instant, minutes: number): Instant => instant((Math.floor(milliseconds(now) / 1000) + minutes * 60) * 1000);

/** From 128 random bits. */
const digitsOf = (id: string): string =>
  String(createHash("sha256").update(id).digest().readBigUInt64BE() % 10n ** BigInt(codeDigits)).padStart(codeDigits, "0");

const letter = ({ approver, from }: CodeRequest, code: string, until: Instant, now: Instant) => ({
  subject: "Your Drawbridge code",
  text: [
    `Your code: ${code.slice(0, codeDigits / 2)} ${code.slice(codeDigits / 2)}`,
    "",
    `Enter it on the page where it was asked for, until ${utc(until)}. It works in that browser only, and shows that it is ${approver.name} who decides there.`,
    "",
    `It was asked for on ${utc(now)} from ${from}.`,
    "If that was not you, there is nothing to do: a mail scanner may have opened your link, and without this code it decides nothing. Give the code to nobody.",
  ].join("\n"),
  attributes: { type: "Code", approver: approver.name },
});
