// The frame of every page, and the headers that go with it: no script, nothing fetched, sent nowhere but back here.

import { html, Markup } from "./html.ts";
import { styles, stylesHash } from "./styles.ts";

export interface Page {
  readonly status: number;
  readonly title: string;
  readonly main: Markup;
  /** With a column beside the text, where there is room. */
  readonly wide?: boolean;
}

/** What a function replies. */
export interface Reply {
  readonly status: number;
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
}

/** The rest of what a browser is told stands with every reply of the API. */
const headers = {
  "content-security-policy": [
    "default-src 'none'",
    `style-src '${stylesHash}'`,
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
};

export const reply = (page: Page, more: Readonly<Record<string, string>> = {}, cookies: readonly string[] = []): Reply => ({
  status: page.status,
  html: document(page),
  headers: { ...headers, ...more },
  cookies,
});

/** Where a browser looks at what was done; within this site, by a GET. */
export const seeOther = (location: string, cookies: readonly string[] = []): Reply => ({
  status: 303,
  html: "",
  headers: { ...headers, location },
  cookies,
});

const document = ({ title, main, wide = false }: Page): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Drawbridge</title>
<style>${new Markup(styles)}</style>
</head>
<body${wide ? html` class="wide"` : undefined}>
<div class="page">
<header><p class="brand">Drawbridge</p></header>
<main>
${main}
</main>
<footer>Drawbridge decides who may connect to an AWS PrivateLink service. Opening this page changes nothing, and every decision is kept in a log.</footer>
</div>
</body>
</html>
`.text;
