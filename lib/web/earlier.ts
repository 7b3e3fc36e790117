// What an approver sees of an account's other connections: how each stands, and who decided it.

import { byCommand } from "../by-command.ts";
import { decisionIn, since, type Earlier } from "../asking/earlier.ts";
import type { Connection } from "../connection.ts";
import { isGlassBroken } from "../doer.ts";
import type { Instant, ServiceId } from "../ids.ts";
import { plainly } from "../plain-words.ts";
import { decisionWords, statusWords } from "../wording.ts";
import { html, type Markup } from "./html.ts";
import { lines } from "./pieces.ts";

export function earlier({ items, more, complete }: Earlier, here: ServiceId, now: Instant): Markup {
  if (items.length === 0)
    return complete
      ? html`<p class="soft">None. Nothing was accepted or rejected for this account before.</p>`
      : html`<p class="soft">They cannot be read. Ask whoever operates Drawbridge before you decide.</p>`;
  const command = byCommand(`connections --account ${items[0]?.account ?? ""}`);
  return html`${lines(
    items.map((one) => ({ at: since(one), words: wordsOf(one), about: about(one, here) })),
    now,
  )}
  ${
    more === 0 && complete
      ? undefined
      : html`<p class="small soft">
          ${complete ? `And ${String(more)} more` : "There are more"}. All of them, with the command: <code>${command}</code>
        </p>`
  }`;
}

function wordsOf(connection: Connection): string {
  const decision = decisionIn(connection);
  if (decision !== undefined) return `${isGlassBroken(decision) ? "break-glass: " : ""}${decisionWords(plainly(decision))}`;
  if (connection.status === "adopted" || (connection.status === "closed" && connection.adopted === true))
    return "was connected before Drawbridge took the service into care";
  return connection.status === "asking" ? "asks as well" : "seen";
}

/** At which service is said where it is another than the one asked about. */
const about = ({ endpoint, service, status }: Connection, here: ServiceId): Markup =>
  html`<p class="soft small">
    Now ${statusWords[status]}:
    <span class="id">${endpoint}</span>${service === here ? undefined : html` at <span class="id">${service}</span>`}
  </p>`;
