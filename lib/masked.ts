// Raw text as the log keeps it: secrets masked, then cut. Nothing in the log can be removed again, so it must not get there.

/** The longest raw text that the log keeps. */
export const rawMax = 2048;

const mask = "***";

/** What secrets look like: by their own form, or by the name before them. */
const forms: readonly (readonly [RegExp, string])[] = [
  // AWS's access keys, Slack's tokens and webhooks, signed tokens, private keys.
  [/\b(?:AKIA|ASIA)[A-Z0-9]{12,}/g, mask],
  [/\b(?:xox[abeprs]|xapp)-[A-Za-z0-9-]+/g, mask],
  [/(hooks\.slack\.com\/(?:services|workflows|triggers)\/)[^\s"\\]+/g, `$1${mask}`],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, mask],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, mask],
  // Of our own links the token.
  [/(\/[aq]\/)[\w.~-]{16,}/g, `$1${mask}`],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${mask}`],
  // A member of JSON, a parameter of a URL, a header: name, then value. Quotes may be escaped, as in JSON within JSON.
  [
    /((?:secret\w*|password|passwd|pwd|session_?token|security-?token|access_?token|api_?key|private_?key|signature|credential|authorization)\\?"?\s*[:=]\s*\\?"?)(?!\*\*\*)[^\s"\\&,;}]+/gi,
    `$1${mask}`,
  ],
];

export const masked = (text: string): string => forms.reduce((so, [form, instead]) => so.replaceAll(form, instead), text);

/** Masked before it is cut: a secret that is cut through would not be known any more. */
export const rawText = (text: string): string => masked(text.trim()).slice(0, rawMax);
