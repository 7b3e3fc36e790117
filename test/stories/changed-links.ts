// A link and the form behind it, with every single bit changed: the text as it stands in the address, and what it says.

import { escaped, withOneBitChanged, type Request } from "./one-bit.ts";

export type Fields = Readonly<Record<string, string>>;
const headers = { "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin" };

/** What a person would send from this page to approve. */
export async function formFields(api: string, path: string, account: string): Promise<Fields> {
  const html = await (await fetch(new URL(path, api))).text();
  const guard = /name="guard" value="([^"]+)"/.exec(html)?.[1];
  if (guard === undefined) throw new Error(`${path} shows no form`);
  return { guard, choice: "approve", confirm: account.slice(-4) };
}

/** Looked at, and answered with a form that decides. */
export function* changedLinks(path: string, fields: Fields): Generator<Request> {
  const [, kind = "", token = ""] = path.split("/");
  const body = new URLSearchParams(fields).toString();
  for (const changed of changedTokens(token)) {
    yield { method: "GET", path: `/${kind}/${changed}` };
    yield { method: "POST", path: `/${kind}/${changed}`, headers, body };
  }
}

function* changedTokens(token: string): Generator<string> {
  for (const bytes of withOneBitChanged(Buffer.from(token, "ascii"))) {
    yield bytes.toString("latin1");
    if (escaped(bytes) !== bytes.toString("latin1")) yield escaped(bytes);
  }
  for (const bytes of withOneBitChanged(Buffer.from(token, "base64url"))) yield bytes.toString("base64url");
}

/** The link as it was, and the seal of its form changed. */
export function* changedForms(path: string, { guard = "", ...fields }: Fields): Generator<Request> {
  const rest = new URLSearchParams(fields).toString();
  for (const bytes of withOneBitChanged(Buffer.from(guard, "ascii")))
    yield { method: "POST", path, headers, body: `guard=${escaped(bytes)}&${rest}` };
}
