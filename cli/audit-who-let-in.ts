// The command audit who-let-in: of one account, each connection, who let it in, by which rule, and whether it is still in.

import { accessOf, authorOf, type Access, type EntryAuthor } from "../lib/audit/reports.ts";
import type { EntryRef } from "../lib/events.ts";
import { isAccountId } from "../lib/ids.ts";
import type { ShownEntry } from "../lib/operator/entries.ts";
import type { Told } from "../lib/operator/history.ts";
import { keyWords } from "../lib/operator/principals.ts";
import { actorWords } from "../lib/wording.ts";
import { events } from "./audit-stream.ts";
import { pathOf } from "./client.ts";
import { operandsOf, type Call, type Command } from "./command.ts";
import { Failure, wrongUsage } from "./failure.ts";
import { details, moment } from "./render.ts";
import { groundsOf, incompleteWords } from "./reports.ts";
import { toldLives } from "./told-lives.ts";

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
    const all = (await toldLives(call, events(call, { account }), { whole: true })).map(accessOf);
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
  const author = authorOf(await historyOf(api, entry), entry);
  return author === undefined ? {} : { author };
}

/** Nothing of an entry that the log has no history of, or that cannot be one: the connections are told all the same. */
async function historyOf(api: Call["api"], { service, principal }: EntryRef): Promise<readonly Told[]> {
  try {
    return (await api.get<ShownEntry>(pathOf("entries", service, principal.replace(/^(account|endpoint)#/, "")))).history;
  } catch (error) {
    if (error instanceof Failure && (error.exit === 2 || error.code === "NotFound")) return [];
    throw error;
  }
}

const heading = (account: string, connections: readonly Access[]): string => {
  const inside = connections.filter(({ stands }) => stands).length;
  const unsure = connections.filter(({ incomplete }) => incomplete === true).length;
  const sum = `Account ${account}: ${String(inside)} of ${String(connections.length)} connections ${inside === 1 ? "is" : "are"} in.`;
  return unsure === 0 ? sum : `${sum}\n${incompleteWords(unsure)}`;
};

const lines = (one: LetIn): (readonly [string, string])[] => [
  ["Connection", `${one.endpoint} at ${one.service}`],
  ...(one.incomplete === true ? [["History", "incomplete, or contradicting itself"] as const] : []),
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
