// An operator's answer that speaks about the account: from now on, or for so many days; the entry that it writes, and what it says of it.

import { noteRefused } from "../asking/note-refused.ts";
import { prepare, type Prepared } from "../asking/standing-entry.ts";
import type { Connection } from "../connection.ts";
import type { Choice, ConnectionEvent } from "../events.ts";
import { BadInput, Refused } from "../faults.ts";
import { instant, milliseconds } from "../ids.ts";
import { optional } from "../optional.ts";
import { utc } from "../when.ts";
import { statusWords } from "../wording.ts";
import type { Operator, OperatorPorts } from "./operator.ts";

export interface Lasting {
  readonly choice: Choice;
  readonly account: boolean;
  readonly days?: number;
  readonly breakGlass: boolean;
  readonly reason?: string;
}

export function checkLasting({ choice, account, days, breakGlass }: Lasting): void {
  if (account && choice === "reject") throw new BadInput("account", true, "leave it out, or give days: a rejection may ask for quiet");
  if (account && breakGlass) throw new BadInput("account", true, "leave it out: past the approvers, one connection is let in");
  if (days !== undefined && choice === "approve") throw new BadInput("days", days, "leave it out, or give account: it has no end");
}

/** Nothing for an answer about one connection alone. The entry is written only together with the decision. */
export async function lastingEntry(
  ports: OperatorPorts,
  by: Operator,
  connection: Connection,
  wanted: Lasting,
): Promise<Prepared | undefined> {
  const { choice, account, days, reason } = wanted;
  if (!account && days === undefined) return undefined;
  const { endpoint, status } = connection;
  const instead = `drawbridge ${choice === "approve" ? "allow" : "deny"} ${connection.account} --service ${connection.service}`;
  if (status !== "asking")
    throw new Refused(
      "AlreadyDecided",
      `${endpoint} is ${statusWords[status]}: only an open question is answered for its account`,
      `say it with: ${instead}`,
    );
  const wish = {
    verdict: choice === "approve" ? "accept" : "reject",
    by,
    approver: { name: "an operator", arn: by.arn },
    source: { kind: "api" },
    ...optional("days", days),
    ...optional("reason", reason),
  } as const;
  const prepared = await prepare(ports, connection, wish, ports.clock());
  if (prepared !== undefined) return prepared;
  const why = "an entry for this account stands already, which an answer does not replace";
  await noteRefused(ports, { endpoint, choice, by, cause: "entry-stands", why, source: { kind: "api" } });
  throw new Refused("NotConfigured", `Nothing was decided: ${why}`, `change it with: ${instead}`);
}

/** What follows for the account, where the decision wrote its entry. */
export function lastingWords({ account }: Connection, event: ConnectionEvent, days: number | undefined): string {
  if (!("standing" in event) || event.standing === undefined) return "";
  if (event.type === "ConnectionApproved") return `; account ${account} is accepted at this service from now on`;
  const until = instant(milliseconds(event.at) + (days ?? 0) * 86_400_000);
  return `; account ${account} is rejected without a question until ${utc(until)}`;
}
