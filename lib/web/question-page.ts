// The page of an open question: who asks, why it asks, and the form that decides.

import type { OpenView } from "../asking/answer.ts";
import type { Complaint } from "../asking/complaints.ts";
import { reasonCharactersMax, type Form } from "../asking/form.ts";
import { capital } from "../capital.ts";
import { visible } from "../harmless.ts";
import { plain, whyAsked } from "../plain-words.ts";
import { ago, utc } from "../when.ts";
import { described, invalid, told, wrong } from "./field.ts";
import { explanation } from "./explanation.ts";
import { html, type Markup } from "./html.ts";
import type { Page } from "./layout.ts";
import { earlier } from "./earlier.ts";
import { caller, digits, facts, shown } from "./pieces.ts";
import { signedIn, signInCard } from "./sign-in.ts";

export function questionPage(view: OpenView): Page {
  const { connection, profile, now, complaints } = view;
  const { question } = connection;
  const heading = `${caller(profile)} asks to connect`;
  return {
    status: statusOf(complaints),
    title: `${complaints.length > 0 ? "Not decided yet: " : ""}${heading}`,
    wide: true,
    main: html`<p class="status ${complaints.length > 0 ? "note" : hasAgreed(view) ? "yes" : ""}">${statusWords(view)}</p>
      <h1>${heading}</h1>
      <p class="lede">
        To <span class="id">${connection.service}</span>. You were asked <time datetime="${question.at}">${ago(question.at, now)}</time>, on
        ${utc(question.at)}.
      </p>
      <p class="jump"><a href="#decide">${view.access.kind === "barred" ? "Who decides" : "Decide"}</a></p>
      <div class="sides ${view.access.kind === "link" ? "confirms" : ""}">
        <div>
          <section aria-labelledby="who">
            <h2 id="who">Who asks</h2>
            ${facts(profile, connection, now)}
          </section>
          <section aria-labelledby="why">
            <h2 id="why">Why it asks</h2>
            <p>${shown(whyAsked(question.because))}</p>
            ${explanation(view.judgement)}
          </section>
          ${agreement(view)}
          <section aria-labelledby="earlier">
            <h2 id="earlier">Other connections of this account</h2>
            ${earlier(view.earlier, connection.service, now)}
          </section>
        </div>
        ${card(view)}
      </div>`,
  };
}

function statusWords(view: OpenView): string {
  const { access } = view;
  if (view.complaints.length > 0) return "Not decided yet";
  if (hasAgreed(view)) return "Your agreement is recorded: others have to agree as well";
  switch (access.kind) {
    case "barred":
      return "Waiting for somebody else's decision";
    case "session":
      return "You are signed in: decide now";
    case "code":
      return access.until === undefined ? "Waiting for your decision" : "A code is on its way";
    case "link":
      return "Waiting for your decision";
  }
}

/** Who agrees so far, where several have to. */
function agreement({ asking, agreed, now }: OpenView): Markup | undefined {
  if (asking.quorum <= 1) return undefined;
  return html`<section aria-labelledby="agreed">
    <h2 id="agreed">${agreed.length} of ${asking.quorum} agree</h2>
    ${
      agreed.length === 0
        ? html`<p class="soft">Nobody yet. ${asking.quorum} of ${asking.approvers.length} approvers have to.</p>`
        : html`<ul class="plain">
            ${agreed.map(({ name, at }) => html`<li><strong>${name}</strong> <span class="soft">${ago(at, now)}</span></li>`)}
          </ul>`
    }
  </section>`;
}

/** What the form lacks is the sender's to mend; what the list or another answer stands against is a conflict. */
function statusOf(complaints: readonly Complaint[]): number {
  if (complaints.length === 0) return 200;
  return complaints.some(({ about }) => about === "answer") ? 409 : 422;
}

function card(view: OpenView): Markup {
  const { access, guard, note, complaints, now } = view;
  if (access.kind === "code") return signInCard({ access, guard, note, complaints, now });
  if (access.kind === "barred")
    return html`<section class="card" id="decide" tabindex="-1" aria-labelledby="decision">
      <h2 id="decision">Not yours to decide</h2>
      <p>${shown(access.why)}</p>
    </section>`;
  return form(view, access);
}

function form(view: OpenView, access: Extract<OpenView["access"], { kind: "link" | "session" }>): Markup {
  const { complaints, guard, judgement } = view;
  const refused = judgement.verdict === "reject" && !complaints.some(({ about }) => about === "answer");
  return html`<section class="card" ${complaints.length > 0 ? undefined : html`id="decide" tabindex="-1"`} aria-labelledby="decision">
    <h2 id="decision">${hasAgreed(view) ? "You agreed" : "Your decision"}</h2>
    ${complaints.length > 0 ? told(complaints) : undefined}
    ${hasAgreed(view) ? html`<p>It is recorded, and counts once enough others agree. You can still reject.</p>` : undefined}
    ${access.kind === "session" ? signedIn(access, guard) : undefined}
    ${refused ? html`<div class="told"><p>${shown(capital(plain(judgement.because.detail)))} now. Approving will be refused.</p></div>` : undefined}
    <form method="post" action="#decide" accept-charset="utf-8" autocomplete="off">
      <input type="hidden" name="guard" value="${guard}" />
      ${choices(view, !hasAgreed(view))} ${reasonField(view)} ${access.kind === "link" ? confirmField(view) : undefined}
      <button type="submit">Record this decision</button>
    </form>
  </section>`;
}

/** This approver agreed, and to say so again would change nothing: there are not enough of them. */
const hasAgreed = ({ agreed, asking, access }: OpenView): boolean =>
  (access.kind === "session" || access.kind === "link") &&
  agreed.length < asking.quorum &&
  agreed.some(({ name }) => name === access.approver.name);

function choices({ connection, complaints, entered, offers, asking }: OpenView, approving: boolean): Markup {
  const many = asking.quorum > 1;
  return html`<fieldset>
    <legend class="unseen">Approve or reject</legend>
    ${wrong(complaints, "choice")}
    ${approving ? choice("approve", "yes", "Approve", many ? "You agree. AWS accepts the endpoint once enough of you do." : "AWS accepts the endpoint, and it can send traffic to the service.", entered.choice) : undefined}
    ${
      approving && offers.account
        ? choice(
            "approve-account",
            "yes",
            "Approve this account from now on",
            `Its endpoints at ${connection.service} are accepted without asking again. An entry is written in your name.`,
            entered.choice,
          )
        : undefined
    }
    ${choice("reject", "no", "Reject", "AWS rejects the endpoint. To ask again, a new one has to be made.", entered.choice)}
    ${offers.quiet ? quiet(complaints, entered) : undefined}
  </fieldset>`;
}

const quiet = (complaints: readonly Complaint[], entered: Form): Markup =>
  html`<div class="choice no">
    <label class="grow">
      <input type="radio" name="choice" value="reject-quiet" required ${entered.choice === "reject-quiet" ? html`checked` : undefined} />
      <span
        ><strong>Reject, and do not ask for a while</strong
        ><small>New endpoints of this account are rejected too, until then. What is connected stays.</small></span
      >
    </label>
    <span class="days">
      ${wrong(complaints, "days")}
      <label for="days">Days</label>
      <input
        type="text"
        id="days"
        name="days"
        inputmode="numeric"
        maxlength="3"
        value="${entered.days ?? "30"}"
        ${described(complaints, "days") === "" ? undefined : html`aria-describedby="days-wrong"`}
        ${invalid(complaints, "days")}
      />
    </span>
  </div>`;

const reasonField = ({ complaints, entered }: OpenView): Markup =>
  html`<div class="field">
    <label for="reason">Reason <span class="soft">(optional)</span></label>
    <p class="hint" id="reason-hint">Kept in the log, and told with the decision.</p>
    ${wrong(complaints, "reason")}
    <textarea
      id="reason"
      name="reason"
      rows="3"
      maxlength="${reasonCharactersMax}"
      aria-describedby="reason-hint${described(complaints, "reason")}"
      ${invalid(complaints, "reason")}
    >
${visible(entered.reason ?? "")}</textarea>
  </div>`;

const confirmField = ({ complaints, profile }: OpenView): Markup =>
  html`<div class="field">
    <label for="confirm">Last four digits of the account</label>
    <p class="hint" id="confirm-hint">To confirm that you mean account ${digits(profile.account)}.</p>
    ${wrong(complaints, "confirm")}
    <input
      class="four"
      type="text"
      id="confirm"
      name="confirm"
      inputmode="numeric"
      maxlength="4"
      pattern="[0-9]{4}"
      title="Four digits"
      autocomplete="off"
      required
      aria-describedby="confirm-hint${described(complaints, "confirm")}"
      ${invalid(complaints, "confirm")}
    />
  </div>`;

const choice = (value: string, tone: "yes" | "no", label: string, meaning: string, entered: string | undefined): Markup =>
  html`<label class="choice ${tone}">
    <input type="radio" name="choice" value="${value}" required ${entered === value ? html`checked` : undefined} />
    <span><strong>${label}</strong><small>${meaning}</small></span>
  </label>`;
