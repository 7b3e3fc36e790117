// The command audit who-let-in: of one account, each connection, who let it in each time, by which rule, and whether it is still in.

import { accessOf, turnsOf, type Access, type Ended, type EntryAuthor, type LetIn } from "../lib/audit/reports.ts";
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
import { doerWords, groundsOf, incompleteWords } from "./reports.ts";
import { toldLives } from "./told-lives.ts";

/** The rule that let it in: who wrote that version of it, and what became of it since. */
interface Rule {
  readonly author?: EntryAuthor;
  readonly ruleSince?: readonly RuleChange[];
}
interface RuleChange extends EntryAuthor {
  /** None: it was removed. */
  readonly version?: number;
  readonly what: string;
}
type Shown = Omit<Access, "earlier"> & Rule & { readonly earlier: readonly (LetIn & Rule & { readonly ended?: Ended })[] };

export const whoLetIn: Command = {
  name: "audit who-let-in",
  operands: "<account>",
  summary: "who let an account in, when, by which rule, and whether it still is",
  more: "Each time that a connection was let in is told, with who wrote the rule and what became of it since. Where somebody accepted outside and CloudTrail named them, that is who.",
  options: {},
  examples: ["drawbridge audit who-let-in 222222222222"],
  async run(call) {
    const [account = ""] = operandsOf(call, this, 1);
    if (!isAccountId(account)) throw wrongUsage(`${account} is not an account`, "give its twelve digits");
    const all = (await toldLives(call, events(call, { account }), { whole: true })).map(accessOf);
    const rule = rules(call);
    const connections: Shown[] = await Promise.all(
      all.map(async ({ earlier, ...last }) => ({
        ...last,
        ...(await rule(last.entry)),
        earlier: await Promise.all(earlier.map(async (one) => ({ ...one, ...(await rule(one.entry)) }))),
      })),
    );
    call.result({ account, connections }, () =>
      connections.length === 0
        ? `Account ${account} never had a connection.`
        : [heading(account, connections), ...connections.map((one) => details(lines(one), call.terminal))].join("\n\n"),
    );
  },
};

/** Each entry's history is read once. */
function rules({ api }: Pick<Call, "api">): (entry: EntryRef | undefined) => Promise<Rule> {
  const read = new Map<string, Promise<readonly Told[]>>();
  return async (entry) => {
    if (entry === undefined) return {};
    const key = `${entry.service} ${entry.principal}`;
    const history = read.get(key) ?? historyOf(api, entry);
    read.set(key, history);
    const { author, since } = turnsOf(await history, entry);
    if (author === undefined) return {};
    return {
      author: { at: author.at, by: author.by, because: author.because },
      ...(since.length === 0 ? {} : { ruleSince: since.map(({ row, ...turn }) => ({ ...turn, what: row.sentence })) }),
    };
  };
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

const heading = (account: string, connections: readonly Shown[]): string => {
  const inside = connections.filter(({ stands }) => stands).length;
  const unsure = connections.filter(({ incomplete }) => incomplete === true).length;
  const sum = `Account ${account}: ${String(inside)} of ${String(connections.length)} connections ${inside === 1 ? "is" : "are"} in.`;
  return unsure === 0 ? sum : `${sum}\n${incompleteWords(unsure)}`;
};

type Line = readonly [string, string];

const lines = (one: Shown): Line[] => [
  ["Connection", `${one.endpoint} at ${one.service}`],
  ...(one.incomplete === true ? [["History", "incomplete, or contradicting itself"] as const] : []),
  ["Now", one.ended === undefined ? one.status : `${one.status}, ${endWords(one.ended)}`],
  ...letInLines("Let in", one),
  ...one.earlier
    .toReversed()
    .flatMap((before): Line[] => [
      ...letInLines("Before", before),
      ...(before.ended === undefined ? [] : [["Ended", endWords(before.ended)] as const]),
    ]),
];

const endWords = (ended: Ended): string => `since ${moment(ended.at)}, by ${doerWords(ended)}: ${ended.because.detail}`;

const letInLines = (name: string, one: LetIn & Rule): Line[] => [
  [name, one.since === undefined ? "never" : `${moment(one.since)} by ${doerWords(one)}`],
  ...(one.because === undefined ? [] : [["Because", groundsOf(one)] as const]),
  ...(one.approvers === undefined ? [] : [["Approvers", one.approvers.join(", ")] as const]),
  ...(one.entry === undefined ? [] : [["Entry", `${keyWords(one.entry)}, version ${String(one.entry.version)}`] as const]),
  ...(one.author === undefined
    ? []
    : [["Written", `${moment(one.author.at)} by ${actorWords(one.author.by)}: ${one.author.because.detail}`] as const]),
  ...(one.ruleSince ?? []).map(({ version, at, by, what }): Line => [
    "Rule since",
    `${version === undefined ? "removed" : `version ${String(version)}`}, ${moment(at)} by ${actorWords(by)}: ${what}`,
  ]),
];
