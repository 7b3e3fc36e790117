// The command audit who-let-in: of one account, each connection, who let it in, by which rule, and whether it is still in.

import { livesUntil } from "../lib/audit/lives.ts";
import { accessOf, authorOf, type Access, type EntryAuthor } from "../lib/audit/reports.ts";
import type { EntryRef } from "../lib/events.ts";
import { isAccountId } from "../lib/ids.ts";
import type { ShownEntry } from "../lib/operator/entries.ts";
import { keyWords } from "../lib/operator/principals.ts";
import { actorWords } from "../lib/wording.ts";
import { events } from "./audit-stream.ts";
import { pathOf } from "./client.ts";
import { operandsOf, type Call, type Command } from "./command.ts";
import { wrongUsage } from "./failure.ts";
import { details, moment } from "./render.ts";
import { groundsOf } from "./reports.ts";

export interface LetIn extends Access {
  /** Who wrote the version of the entry that decided. */
  readonly author?: EntryAuthor;
}

export const whoLetIn: Command = {
  name: "audit who-let-in",
  operands: "<account>",
  summary: "who let an account in, when, by which rule, and whether it still is",
  options: {},
  examples: ["drawbridge audit who-let-in 222222222222"],
  async run(call) {
    const [account = ""] = operandsOf(call, this, 1);
    if (!isAccountId(account)) throw wrongUsage(`${account} is not an account`, "give its twelve digits");
    const lives = livesUntil();
    for await (const stored of events(call, { account })) lives.add(stored);
    const all = [...lives.all.values()].map(accessOf);
    const connections: LetIn[] = await Promise.all(all.map(async (access) => ({ ...access, ...(await authored(call, access.entry)) })));
    call.result({ account, connections }, () =>
      connections.length === 0
        ? `Account ${account} never had a connection.`
        : [heading(account, connections), ...connections.map((one) => details(lines(one), call.terminal))].join("\n\n"),
    );
  },
};

async function authored({ api }: Pick<Call, "api">, entry: EntryRef | undefined): Promise<{ author?: EntryAuthor }> {
  if (entry === undefined) return {};
  const { history } = await api.get<ShownEntry>(pathOf("entries", entry.service, entry.principal.replace(/^(account|endpoint)#/, "")));
  const author = authorOf(history, entry);
  return author === undefined ? {} : { author };
}

const heading = (account: string, connections: readonly Access[]): string => {
  const inside = connections.filter(({ stands }) => stands).length;
  return `Account ${account}: ${String(inside)} of ${String(connections.length)} connections ${inside === 1 ? "is" : "are"} in.`;
};

const lines = (one: LetIn): (readonly [string, string])[] => [
  ["Connection", `${one.endpoint} at ${one.service}`],
  [
    "Now",
    one.stands
      ? one.status
      : `${one.status}${one.ended === undefined ? "" : `, since ${moment(one.ended.at)}, by ${actorWords(one.ended.by)}: ${one.ended.because.detail}`}`,
  ],
  ["Let in", one.since === undefined || one.by === undefined ? "never" : `${moment(one.since)} by ${actorWords(one.by)}`],
  ...(one.because === undefined ? [] : [["Because", groundsOf(one)] as const]),
  ...(one.approvers === undefined ? [] : [["Approvers", one.approvers.join(", ")] as const]),
  ...(one.entry === undefined ? [] : [["Entry", `${keyWords(one.entry)}, version ${String(one.entry.version)}`] as const]),
  ...(one.author === undefined
    ? []
    : [["Written", `${moment(one.author.at)} by ${actorWords(one.author.by)}: ${one.author.because.detail}`] as const]),
];
