// How an approver proves on a page who they are: a code by mail, entered here, for a quarter of an hour.

import type { Access } from "../asking/access.ts";
import type { OpenView } from "../asking/answer.ts";
import type { Complaint } from "../asking/complaints.ts";
import { codeWord } from "../asking/form.ts";
import { codeDigits, codeMinutes, sessionMinutes } from "../asking/proof.ts";
import type { Instant } from "../ids.ts";
import { utc } from "../when.ts";
import { described, invalid, told, wrong } from "./field.ts";
import { html, type Markup } from "./html.ts";

interface SignIn {
  readonly access: Extract<Access, { kind: "code" }>;
  readonly guard: string;
  readonly note: OpenView["note"];
  readonly complaints: readonly Complaint[];
  readonly now: Instant;
}

/** The card in the place of the decision, until somebody has shown who they are. */
export function signInCard({ access, guard, note, complaints }: SignIn): Markup {
  const { approver, until } = access;
  // What is wrong with the code is said beside it alone.
  const others = until === undefined ? complaints : complaints.filter(({ about }) => about !== "code");
  // The form that enters a code points to its field, which is gone when no code waits any more.
  const at = until === undefined && complaints.some(({ about }) => about === "code") ? "code" : "decide";
  const alerted = note !== undefined || (others.length > 0 && at === "decide");
  return html`<section class="card" ${alerted ? undefined : html`id="decide" tabindex="-1"`} aria-labelledby="sign-in">
    <h2 id="sign-in">${until === undefined ? html`Decide as ${approver.name}` : html`Enter your code`}</h2>
    ${others.length > 0 ? told(others, at) : undefined}
    ${until === undefined ? request(access, guard, note) : entry(access, until, guard, note, complaints)}
  </section>`;
}

function request({ approver }: SignIn["access"], guard: string, note: SignIn["note"]): Markup {
  if (approver.email === undefined)
    return html`<p>Drawbridge has no mail address for ${approver.name}. Answer in Slack, or with the command.</p>`;
  if (note === "code-too-many") return tooMany();
  const again = note === "code-confirm";
  return html`<p>
      To decide, show that it is you: a code goes to <span class="id">${masked(approver.email)}</span>. With it you can answer all your
      questions for ${sessionMinutes} minutes.
    </p>
    <form method="post" action="#decide" accept-charset="utf-8" autocomplete="off">
      <input type="hidden" name="guard" value="${guard}" />
      ${again ? confirmation() : undefined}
      <button type="submit" name="do" value="code">Mail me a code</button>
    </form>`;
}

const tooMany = (): Markup =>
  html`<div class="told" id="decide" role="alert" tabindex="-1">
    <h3>No more codes for now</h3>
    <p>Six have been mailed within the hour. Use the newest one in the browser that asked for it, or wait for the next hour.</p>
  </div>`;

/** Robots press every button: the first code of a day costs a press, each further one a word. */
const confirmation = (): Markup =>
  html`<div class="told" id="decide" role="alert" tabindex="-1">
      <h3>A code has been mailed within the last day</h3>
      <p>
        By you, or by a mail scanner that pressed this button. It works only in the browser that asked. For another one, type the word
        below.
      </p>
    </div>
    <div class="field">
      <label for="confirm">Type <strong>${codeWord}</strong></label>
      <input type="text" id="confirm" name="confirm" maxlength="8" autocapitalize="none" autocomplete="off" required />
    </div>`;

function entry(
  { approver }: SignIn["access"],
  until: Instant,
  guard: string,
  note: SignIn["note"],
  complaints: readonly Complaint[],
): Markup {
  const where = approver.email === undefined ? "you" : masked(approver.email);
  return html`${note === "code-too-many" ? tooMany() : undefined}
    <p>
      It is on its way to <span class="id">${where}</span>, and good until <time datetime="${until}">${utc(until)}</time>, in this browser.
    </p>
    <form method="post" action="#code" accept-charset="utf-8" autocomplete="off">
      <input type="hidden" name="guard" value="${guard}" />
      <div class="field">
        <label for="code">Code from the mail</label>
        <p class="hint" id="code-hint">${codeDigits} digits.</p>
        ${wrong(complaints, "code")}
        <input
          class="code"
          type="text"
          id="code"
          name="code"
          inputmode="numeric"
          maxlength="12"
          pattern="[0-9 \\-]{${codeDigits},12}"
          title="${codeDigits} digits"
          autocomplete="one-time-code"
          required
          aria-describedby="code-hint${described(complaints, "code")}"
          ${invalid(complaints, "code")}
        />
      </div>
      <button type="submit" name="do" value="enter">Go on</button>
    </form>
    <form class="aside" method="post" action="#decide" accept-charset="utf-8" autocomplete="off">
      <input type="hidden" name="guard" value="${guard}" />
      <details>
        <summary>No mail after a minute?</summary>
        <p class="small soft">
          Look into the spam folder first. A new code takes the place of this one, and is good for ${codeMinutes} minutes again.
        </p>
        <div class="field">
          <label for="confirm">Type <strong>${codeWord}</strong></label>
          <input type="text" id="confirm" name="confirm" maxlength="8" autocapitalize="none" autocomplete="off" required />
        </div>
        <button class="quiet" type="submit" name="do" value="code">Mail me a new code</button>
      </details>
    </form>`;
}

/** Who is signed in, until when, and the way out. */
export const signedIn = ({ approver, until }: Extract<Access, { kind: "session" }>, guard: string): Markup =>
  html`<form class="who" method="post" action="#decide" accept-charset="utf-8" autocomplete="off">
    <input type="hidden" name="guard" value="${guard}" />
    <p class="small soft">
      You are <strong>${approver.name}</strong> until <time datetime="${until}">${utc(until).replace(/^.*, /, "")}</time>.
    </p>
    <button class="link" type="submit" name="do" value="leave">Sign out</button>
  </form>`;

/** `a•••@example.com`: enough to know which mailbox to open. */
function masked(email: string): string {
  const at = email.lastIndexOf("@");
  return `${email.slice(0, 1)}•••${email.slice(at)}`;
}
