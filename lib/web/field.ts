// What a form says of a field that was not right: at its top, and beside the field.

import type { Complaint } from "../asking/complaints.ts";
import { html, type Markup } from "./html.ts";

/**
 * Where the form that was sent in pointed to, so that the page opens here and a screen reader begins here: on a telephone
 * the form is far down.
 */
export const told = (complaints: readonly Complaint[], at: "decide" | "code" = "decide"): Markup =>
  html`<div class="told" id="${at}" role="alert" tabindex="-1">
    <h3>Nothing was decided</h3>
    ${
      complaints.length === 1
        ? html`<p>${complaints[0]?.text}</p>`
        : html`<ul>
            ${complaints.map(({ text }) => html`<li>${text}</li>`)}
          </ul>`
    }
  </div>`;

const about = (complaints: readonly Complaint[], field: Complaint["about"]): Complaint | undefined =>
  complaints.find((one) => one.about === field);

export const wrong = (complaints: readonly Complaint[], field: Complaint["about"]): Markup | undefined => {
  const complaint = about(complaints, field);
  return complaint === undefined ? undefined : html`<p class="wrong" id="${field}-wrong">${complaint.text}</p>`;
};
export const described = (complaints: readonly Complaint[], field: Complaint["about"]): string =>
  about(complaints, field) === undefined ? "" : ` ${field}-wrong`;
export const invalid = (complaints: readonly Complaint[], field: Complaint["about"]): Markup | undefined =>
  about(complaints, field) === undefined ? undefined : html`aria-invalid="true"`;
