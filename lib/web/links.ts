// The link in a message: a locator, signed, expiring, and bound to one question and one approver. It decides nothing by itself.

import { isEndpointId, instant, milliseconds, type EndpointId, type Instant } from "../ids.ts";
import { fromBase64Url, isSealed, seal, sealBytes } from "./seal.ts";

export interface Link {
  readonly question: string;
  readonly endpoint: EndpointId;
  /** Who was asked. */
  readonly approver: string;
  /** To the second. */
  readonly expires: Instant;
}

/** The link to all open questions of one approver. */
export interface ListLink {
  readonly approver: string;
  readonly expires: Instant;
}

export type ReadLink = { readonly state: "valid" | "expired"; readonly link: Link } | undefined;

const linkDays = 7;
const version = 1;
const kind = "ask";
const listKind = "list";
const tokenCharactersMax = 1024;

export const linkExpiry = (now: Instant, days: number = linkDays): Instant =>
  instant(Math.floor(milliseconds(now) / 1000 + days * 24 * 60 * 60) * 1000);

export const linkUrl = (publicUrl: string, token: string): string => `${publicUrl}/a/${token}`;
export const listUrl = (publicUrl: string, token: string): string => `${publicUrl}/q/${token}`;

export const linkToken = (keys: readonly string[], { question, endpoint, approver, expires }: Link): string =>
  sealed(keys, [version, kind, question, endpoint, approver, secondsOf(expires)]);

export const listToken = (keys: readonly string[], { approver, expires }: ListLink): string =>
  sealed(keys, [version, listKind, approver, secondsOf(expires)]);

function sealed(keys: readonly string[], payload: readonly unknown[]): string {
  const content = Buffer.from(JSON.stringify(payload));
  return Buffer.concat([content, seal(keys, "link", content)]).toString("base64url");
}

const secondsOf = (expires: Instant): number => Math.floor(milliseconds(expires) / 1000);

/** Nothing for any token that was not made here: why is nobody's business. */
export function readLink(keys: readonly string[], token: string, now: Instant): ReadLink {
  const content = opened(keys, token);
  const link = content && parsed(content);
  return link === undefined ? undefined : { state: now < link.expires ? "valid" : "expired", link };
}

export function readListLink(
  keys: readonly string[],
  token: string,
  now: Instant,
): { readonly state: "valid" | "expired"; readonly link: ListLink } | undefined {
  const content = opened(keys, token);
  const [given, what, approver, seconds] = content === undefined ? [] : (JSON.parse(content.toString("utf8")) as readonly unknown[]);
  if (given !== version || what !== listKind || typeof approver !== "string" || typeof seconds !== "number") return undefined;
  const link = { approver, expires: instant(seconds * 1000) };
  return { state: now < link.expires ? "valid" : "expired", link };
}

function opened(keys: readonly string[], token: string): Buffer | undefined {
  if (token.length > tokenCharactersMax) return undefined;
  const bytes = fromBase64Url(token);
  if (bytes === undefined || bytes.length <= sealBytes) return undefined;
  const content = bytes.subarray(0, -sealBytes);
  return isSealed(keys, "link", content, bytes.subarray(-sealBytes)) ? content : undefined;
}

/** The seal holds, but another version of Drawbridge may have written it. */
function parsed(content: Buffer): Link | undefined {
  const payload = JSON.parse(content.toString("utf8")) as readonly unknown[];
  const [given, what, question, endpoint, approver, seconds] = payload;
  if (given !== version || what !== kind) return undefined;
  if (typeof question !== "string" || typeof approver !== "string") return undefined;
  if (typeof endpoint !== "string" || !isEndpointId(endpoint)) return undefined;
  if (typeof seconds !== "number") return undefined;
  return { question, endpoint, approver, expires: instant(seconds * 1000) };
}
