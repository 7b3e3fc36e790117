// What the allow-list says of a consumer now, as a page shows it: every entry that matches, and why it does or does not decide.

import type { Judgement } from "../allow-list.ts";
import { explain, type ExplainedEntry } from "../explain.ts";
import { utc } from "../when.ts";
import { personWords } from "../wording.ts";
import { html, type Markup } from "./html.ts";
import { shown } from "./pieces.ts";

export function explanation(judgement: Judgement): Markup | undefined {
  const { headline, entries } = explain(judgement);
  if (entries.length === 0) return undefined;
  return html`<details class="small">
    <summary>What the allow-list says now: ${judgement.verdict}</summary>
    <p>${shown(headline)}</p>
    <ul class="plain">
      ${entries.map(line)}
    </ul>
  </details>`;
}

const line = ({ words, author, at, decides, why, conditions }: ExplainedEntry): Markup =>
  html`<li>
    <strong>${decides ? "Decides" : "Beaten"}</strong>: ${shown(words)}
    ${author === undefined || at === undefined ? undefined : html`<p class="soft">Written by ${shown(personWords(author))}, <time datetime="${at}">${utc(at)}</time></p>`}
    <p class="soft">${why}${conditions.map(({ condition, result, saw }) => html`<br />${condition}: ${shown(saw)} (${result})`)}</p>
  </li>`;
