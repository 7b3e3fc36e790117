// The hidden field of a form: only a page that we showed for this link, within the hour, can be sent in.

import { instant, milliseconds, type Instant } from "../ids.ts";
import { fromBase64Url, isSealed, seal } from "./seal.ts";

const guardMinutes = 60;

export function guard(keys: readonly string[], token: string, now: Instant): string {
  const until = Math.floor(milliseconds(now) / 1000) + guardMinutes * 60;
  return `${String(until)}.${seal(keys, "form", content(token, until)).toString("base64url")}`;
}

export function isGuarded(keys: readonly string[], token: string, field: string, now: Instant): boolean {
  const [, seconds, text] = /^([1-9]\d{0,11})\.([\w-]{43})$/.exec(field) ?? [];
  const given = text === undefined ? undefined : fromBase64Url(text);
  if (seconds === undefined || given === undefined) return false;
  const until = Number(seconds);
  return isSealed(keys, "form", content(token, until), given) && now < instant(until * 1000);
}

const content = (token: string, until: number): Buffer => Buffer.from(`${String(until)}\n${token}`);
