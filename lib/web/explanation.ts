// What the allow-list says of a consumer now, as a page shows it: every entry that matches, and why it does or does not decide.

import type { Judgement } from "../allow-list.ts";
import { capital } from "../capital.ts";
import { explain, type ExplainedEntry } from "../explain.ts";
import { plain } from "../plain-words.ts";
import { utc } from "../when.ts";
import { personWords, verdictWords } from "../wording.ts";
import { html, type Markup } from "./html.ts";
import { shown } from "./pieces.ts";

export function explanation(judgement: Judgement): Markup | undefined {
  const { verdict, entries } = explain(judgement);
  if (entries.length === 0) return undefined;
  return html`<details class="small">
    <summary>What the allow-list says now</summary>
    <p>By itself: ${verdictWords[verdict]}.</p>
    <ul class="plain">
      ${entries.map(line)}
    </ul>
  </details>`;
}

const line = ({ entry, words, author, at, decides, why, conditions }: ExplainedEntry): Markup =>
  html`<li>
    <strong>${decides ? "Decides" : "Does not decide"}</strong>: ${shown(plain(words))}
    <p class="soft">
      ${capital(why)}.${conditions.map(({ condition, result, saw }) => html`<br />${capital(condition)}: ${shown(saw)} (${result})`)}
      ${
        author === undefined || at === undefined
          ? undefined
          : html`<br />${entry === undefined ? "Written" : `Version ${String(entry.version)}, written`} by ${shown(personWords(author))},
              <time datetime="${at}">${utc(at)}</time>`
      }
    </p>
  </li>`;
