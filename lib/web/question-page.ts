// The page of an open question: who asks, why it asks, and the form that decides.

import { reasonCharactersMax, type Complaint, type OpenView } from "../asking/answer.ts";
import { askedBecause } from "../notices.ts";
import { visible } from "../harmless.ts";
import { ago, utc } from "../when.ts";
import { html, type Markup } from "./html.ts";
import type { Page } from "./layout.ts";
import { caller, digits, facts, log, shown } from "./pieces.ts";

export function questionPage(view: OpenView): Page {
  const { connection, profile, now, complaints } = view;
  const { question } = connection;
  const heading = `${caller(profile)} asks to connect`;
  return {
    status: statusOf(complaints),
    title: `${complaints.length > 0 ? "Not decided yet: " : ""}${heading}`,
    wide: true,
    main: html`<p class="status ${complaints.length > 0 ? "note" : ""}">
        ${complaints.length > 0 ? "Not decided yet" : "Waiting for your decision"}
      </p>
      <h1>${heading}</h1>
      <p class="lede">
        To <span class="id">${connection.service}</span>. You were asked <time datetime="${question.at}">${ago(question.at, now)}</time>, on
        ${utc(question.at)}.
      </p>
      <div class="sides">
        <div>
          <section aria-labelledby="who">
            <h2 id="who">Who asks</h2>
            ${facts(profile, connection, now)}
          </section>
          <section aria-labelledby="why">
            <h2 id="why">Why it asks</h2>
            <p>${askedBecause(question.because)}</p>
            <p class="rule small">Rule <code>${question.because.rule}</code>: ${shown(question.because.detail)}</p>
          </section>
          <section aria-labelledby="earlier">
            <h2 id="earlier">Earlier decisions about this account</h2>
            ${earlier(view)}
          </section>
        </div>
        ${form(view)}
      </div>`,
  };
}

/** What the form lacks is the sender's to mend; what the list or another answer stands against is a conflict. */
function statusOf(complaints: readonly Complaint[]): number {
  if (complaints.length === 0) return 200;
  return complaints.some(({ about }) => about === "answer") ? 409 : 422;
}

const earlier = ({ earlier: events, now }: OpenView): Markup =>
  events.length === 0
    ? html`<p class="soft">None. Nothing was accepted or rejected for this account before.</p>`
    : log(
        events,
        now,
        ({ subject, service }) =>
          html`<p class="soft small">
            <span class="id">${subject.replace(/^connection#/, "")}</span> at <span class="id">${service}</span>
          </p>`,
      );

function form(view: OpenView): Markup {
  const { profile, complaints, entered, guard, judgement } = view;
  const barred = judgement.verdict === "reject" && !complaints.some(({ about }) => about === "answer");
  return html`<section class="card" aria-labelledby="decide">
    <h2 id="decide">Your decision</h2>
    ${complaints.length > 0 ? told(complaints) : undefined}
    ${barred ? html`<div class="told"><p>A reject entry applies now (${shown(judgement.because.detail)}). Approving will be refused.</p></div>` : undefined}
    <form method="post" accept-charset="utf-8" autocomplete="off">
      <input type="hidden" name="guard" value="${guard}" />
      <fieldset>
        <legend class="unseen">Approve or reject</legend>
        ${wrong(complaints, "choice")}
        ${choice("approve", "Approve", "AWS accepts the endpoint, and it can send traffic to the service.", entered.choice)}
        ${choice("reject", "Reject", "AWS rejects the endpoint. To ask again, a new one has to be made.", entered.choice)}
      </fieldset>
      <div class="field">
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
      </div>
      <div class="field">
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
      </div>
      <button type="submit">Record this decision</button>
    </form>
  </section>`;
}

const choice = (value: "approve" | "reject", label: string, meaning: string, entered: string | undefined): Markup =>
  html`<label class="choice ${value === "approve" ? "yes" : "no"}">
    <input type="radio" name="choice" value="${value}" required ${entered === value ? html`checked` : undefined} />
    <span><strong>${label}</strong><small>${meaning}</small></span>
  </label>`;

/** First thing in the form, and where the page opens: on a telephone the form is far down. */
const told = (complaints: readonly Complaint[]): Markup =>
  html`<div class="told" role="alert" tabindex="-1" autofocus>
    <h3>Nothing was decided</h3>
    ${
      complaints.length === 1
        ? html`<p>${complaints[0]?.text}</p>`
        : html`<ul>
            ${complaints.map(({ text }) => html`<li>${text}</li>`)}
          </ul>`
    }
  </div>`;

const complaintAbout = (complaints: readonly Complaint[], field: Complaint["about"]): Complaint | undefined =>
  complaints.find(({ about }) => about === field);

const wrong = (complaints: readonly Complaint[], field: Complaint["about"]): Markup | undefined => {
  const complaint = complaintAbout(complaints, field);
  return complaint === undefined ? undefined : html`<p class="wrong" id="${field}-wrong">${complaint.text}</p>`;
};
const described = (complaints: readonly Complaint[], field: Complaint["about"]): string =>
  complaintAbout(complaints, field) === undefined ? "" : ` ${field}-wrong`;
const invalid = (complaints: readonly Complaint[], field: Complaint["about"]): Markup | undefined =>
  complaintAbout(complaints, field) === undefined ? undefined : html`aria-invalid="true"`;
