// Which browser it is: one cookie that no script reads and no other site sends. Its value is a secret of that browser.

import { createHash } from "node:crypto";
import type { NewId } from "../ports.ts";

export interface Browser {
  readonly value: string;
  /** It came without a cookie, and is given one. */
  readonly isNew: boolean;
}

const day = 24 * 60 * 60;
const form = /^[\w-]{4,64}$/;

export function browserOf(cookies: Readonly<Record<string, string>>, publicUrl: string, newId: NewId): Browser {
  const value = cookies[nameOf(publicUrl)];
  return value !== undefined && form.test(value) ? { value, isNew: false } : { value: newId(), isNew: true };
}

export const setCookie = (publicUrl: string, value: string): string =>
  `${nameOf(publicUrl)}=${value}; Path=/; Max-Age=${String(day)}; HttpOnly; SameSite=Lax${isSecure(publicUrl) ? "; Secure" : ""}`;

/** What is kept of a browser: whoever reads the table cannot act as it. */
export const browserId = (value: string): string => createHash("sha256").update(`drawbridge browser\n${value}`).digest("base64url");

/** `__Host-`: only this very host can set it, over https. Local AWS has no https. */
const nameOf = (publicUrl: string): string => (isSecure(publicUrl) ? "__Host-drawbridge" : "drawbridge");
const isSecure = (publicUrl: string): boolean => publicUrl.startsWith("https:");
