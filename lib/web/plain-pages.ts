// The pages that show no question: a link that is not ours, a link that is over, and what went wrong.

import { byCommand } from "../by-command.ts";
import { capital } from "../capital.ts";
import type { Instant } from "../ids.ts";
import { utc } from "../when.ts";
import { html, type Piece } from "./html.ts";
import type { Page } from "./layout.ts";
import { shown } from "./pieces.ts";

/** The same for every link we cannot vouch for, so that nothing can be learnt by trying. */
export const unknownPage: Page = plain(
  404,
  "Nothing here",
  "This link does not lead to a question",
  html`<p class="lede">It may be incomplete, or altered on the way.</p>
    <section>
      <h2>What to do</h2>
      <p>Open it again from the message itself, or copy the whole of it: it begins with https:// and has no spaces.</p>
      <p>Operators see every open question with <code>${byCommand("pending")}</code>.</p>
    </section>`,
);

export const expiredPage = (since: Instant): Page =>
  plain(
    410,
    "Link expired",
    "This link is over",
    html`<p class="lede">It was good until <time datetime="${since}">${utc(since)}</time>. Nothing was decided by that.</p>
      <section>
        <h2>What to do</h2>
        <p>
          If the question is still open, a new link comes with the next reminder. Or an operator can answer it:
          <code>${byCommand("pending")}</code> shows it, <code>approve</code> and <code>reject</code> decide it.
        </p>
      </section>`,
  );

export const problemPage = (status: number, message: string, remedy: string | undefined, requestId: string): Page =>
  plain(
    status,
    "Not done",
    status >= 500 ? "That did not work" : "That cannot be taken",
    html`<p class="lede">
        ${shown(message)}${status >= 500 ? " Nothing was decided, as far as this page knows." : " Nothing was decided."}
      </p>
      <section>
        <h2>What to do</h2>
        <p>${remedy === undefined ? "Open the link from the message again, and look where things stand." : shown(`${capital(remedy)}.`)}</p>
        <p class="small soft">Request <code>${requestId}</code></p>
      </section>`,
  );

function plain(status: number, state: string, heading: string, more: Piece): Page {
  return {
    status,
    title: heading,
    main: html`<p class="status note">${state}</p>
      <h1>${heading}</h1>
      ${more}`,
  };
}
