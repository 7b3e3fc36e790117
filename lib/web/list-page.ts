// The page of all open questions of one approver.

import type { ListView } from "../asking/list.ts";
import { oneLine } from "../harmless.ts";
import { whyAsked } from "../plain-words.ts";
import { ago, utc } from "../when.ts";
import { html, type Markup } from "./html.ts";
import type { Page } from "./layout.ts";
import { digits, shown } from "./pieces.ts";
import { signedIn, signInCard } from "./sign-in.ts";

export function listPage(view: ListView): Page {
  const { questions, access, guard, complaints, note, now } = view;
  const count = questions.length;
  const heading = count === 0 ? "No question is open" : `${String(count)} ${count === 1 ? "question waits" : "questions wait"} for you`;
  return {
    status: complaints.length === 0 ? 200 : 422,
    title: heading,
    wide: true,
    main: html`<p class="status">${count === 0 ? "Nothing to decide" : "Waiting for your decision"}</p>
      <h1>${heading}</h1>
      <p class="lede">
        ${count === 0 ? "Whatever you were asked is settled meanwhile." : "Each opens with its facts. What you decide there is about that one alone."}
      </p>
      ${access.kind === "code" && count > 0 ? html`<p class="jump"><a href="#decide">Show that it is you</a></p>` : undefined}
      <div class="${access.kind === "code" ? "sides" : "whole"}">
        <div>
          ${access.kind === "session" ? signedIn(access, guard) : undefined}
          ${access.kind === "barred" ? html`<p class="told">${access.why}</p>` : undefined}
          ${
            count === 0
              ? undefined
              : html`<ol class="questions">
                  ${questions.map((one) => question(one, view))}
                </ol>`
          }
          ${view.complete ? undefined : html`<p class="small soft">There are more; they come into this list when these are settled.</p>`}
        </div>
        ${access.kind === "code" && count > 0 ? signInCard({ access, guard, note, complaints, now }) : undefined}
      </div>`,
  };
}

const question = ({ connection, name, token, agreed }: ListView["questions"][number], { now }: ListView): Markup =>
  html`<li>
    <a href="/a/${token}">
      <strong>${name === undefined ? html`Account ${digits(connection.account)}` : oneLine(name, 60)}</strong>
      ${name === undefined ? undefined : html`<span class="soft">Account ${digits(connection.account)}</span>`}
      <span class="soft small">${shown(whyAsked(connection.question.because))}</span>
      <span class="soft small"
        ><span class="id">${connection.endpoint}</span> to <span class="id">${connection.service}</span>, asked
        <time datetime="${connection.question.at}" title="${utc(connection.question.at)}">${ago(connection.question.at, now)}</time></span
      >
      ${agreed ? html`<span class="small mark">You agreed; others have to as well</span>` : undefined}
    </a>
  </li>`;
