// What several pages show: a consumer's facts, an account number, a time, and events of the log.

import type { Connection } from "../connection.ts";
import { capital } from "../capital.ts";
import { oneLine } from "../harmless.ts";
import type { AccountId, Instant } from "../ids.ts";
import type { StoredOfConnection } from "../ledger.ts";
import type { Profile } from "../notices.ts";
import { inWordsOfConnection } from "../in-words.ts";
import { plainly } from "../plain-words.ts";
import { ago, utc } from "../when.ts";
import { html, type Markup, type Piece } from "./html.ts";

/** What a person or an entry wrote is shown up to this length. */
const shownMax = 600;
export const shown = (text: string): string => oneLine(text, shownMax);

/** What the consumer is called at the top of a page. */
export const caller = ({ account, name }: Profile): string => (name === undefined ? `Account ${account}` : oneLine(name, 60));

/** Twelve digits in threes of four, the last four marked: they confirm an answer. Copied, they are twelve digits. */
export const digits = (account: AccountId): Markup =>
  html`<span class="digits">${account.match(/\d{4}/g)?.map((four) => html`<span>${four}</span>`)}</span>`;

const time = (at: Instant, now: Instant): Markup => html`<time datetime="${at}">${utc(at)}, ${ago(at, now)}</time>`;

export function facts(profile: Profile, connection: Connection, now: Instant): Markup {
  const { account, name, contact, purpose, ticket } = profile;
  const { endpoint, service, serviceName, region, ipAddressType, createdAt } = profile;
  return html`<dl>
    ${row("Account", digits(account))}
    ${row("Registered as", name === undefined ? html`<span class="soft">Not on the allow-list by name</span>` : shown(name))}
    ${contact === undefined ? undefined : row("Contact", shown(contact))}
    ${purpose === undefined ? undefined : row("Purpose", shown(purpose))} ${ticket === undefined ? undefined : row("Ticket", shown(ticket))}
    ${row("Endpoint", html`<span class="id">${endpoint}</span>${ipAddressType === undefined ? undefined : html`<span class="soft">${ipAddressType}</span>`}`)}
    ${row("Service", html`<span class="id">${service}</span>${serviceName === undefined ? undefined : html`<span class="soft small">${serviceName}</span>`}`)}
    ${row("Region", region ?? html`<span class="soft">AWS does not say</span>`)}
    ${row("Endpoint made", time(createdAt ?? connection.seenAt, now))}
  </dl>`;
}

const row = (label: string, value: Piece): Markup =>
  html`<div>
    <dt>${label}</dt>
    <dd>${value}</dd>
  </div>`;

export interface Line {
  readonly at: Instant;
  readonly words: string;
  /** What it is about, where lines are about several things. */
  readonly about?: Piece;
}

export const lines = (all: readonly Line[], now: Instant): Markup =>
  html`<ol class="log">
    ${all.map(
      ({ at, words, about }) =>
        html`<li>
          ${time(at, now)}
          <p>${shown(capital(words))}</p>
          ${about}
        </li>`,
    )}
  </ol>`;

/** Events of the log as a list. */
export const log = (events: readonly StoredOfConnection[], now: Instant): Markup =>
  lines(
    events.map(({ event }) => ({ at: event.at, words: inWordsOfConnection(plainly(event)) })),
    now,
  );
