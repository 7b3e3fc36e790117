// The commands about the allow-list: allow, ask, deny, remove, list.

import type { Entry } from "../lib/allow-list.ts";
import { disconnectWords } from "../lib/disconnect.ts";
import { askingSaid, conditionWords, entryWords } from "../lib/entry-words.ts";
import type { Verdict } from "../lib/events.ts";
import type { Put, RemovedEntry, ShownEntry } from "../lib/operator/entries.ts";
import { saidOf } from "../lib/operator/policy.ts";
import { principalWords } from "../lib/operator/principals.ts";
import { personWords } from "../lib/wording.ts";
import { pathOf } from "./client.ts";
import { operandsOf, paging, type Call, type Command, type Options } from "./command.ts";
import { confirm } from "./confirm.ts";
import {
  acceptOptions,
  askOptions,
  at,
  bodyOf,
  changing,
  denyOptions,
  endGiven,
  principalGiven,
  serviceGiven,
  who,
} from "./entry-options.ts";
import { Failure, wrongUsage } from "./failure.ts";
import { disconnecting, followWords, foreseen } from "./outlook.ts";
import { paged, tellMore } from "./pages.ts";
import { harmless, minute } from "./render.ts";
import { table } from "./table.ts";

const service = "vpce-svc-0123456789abcdef0";

const writing = (
  name: string,
  verdict: Verdict,
  options: Options,
  { summary, more, examples }: Pick<Command, "summary" | "examples"> & { readonly more: string },
): Command => ({
  name,
  operands: who,
  summary,
  more,
  options,
  examples,
  async run(call) {
    const put = await putGiven(call, this, verdict);
    call.result(put, () => putWords(put));
  },
});

/** Writes the entry that the call's operand and options make, after showing what follows from it. */
export async function putGiven(call: Call, command: Pick<Command, "name" | "operands">, verdict: Verdict): Promise<Put> {
  const [given = ""] = operandsOf(call, command, 1);
  const principal = principalGiven(given);
  const body = bodyOf(call, verdict, principal);
  if (principal === "any" && verdict !== "ask")
    await confirm(
      call,
      `${verdict === "accept" ? "Accept" : "Reject"} everybody at ${body.service === "*" ? "every service" : body.service}?`,
    );
  return foreseen(call, (how) => call.api.put<Put>("/entries", { ...body, ...how }));
}
/** What would cut connections is refused first; then somebody is asked, and it is sent again. */
export async function withConfirmation<T>(call: Call, send: (confirmed: boolean) => Promise<T>): Promise<T> {
  try {
    return await send(call.given.flag("yes"));
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== "ConfirmationNeeded" || call.given.flag("yes")) throw error;
    await confirm(call, `${harmless(error.message)}. Go on?`);
    return send(true);
  }
}

export function putWords({ entry, changed, before, outlook }: Put): string {
  const words = harmless(entryWords(entry));
  if (!changed) return `Nothing changed, it says so already: ${words}`;
  const follows =
    outlook === undefined || followWords(outlook) === "no connection is touched" ? "" : `\nWhat follows: ${followWords(outlook)}.`;
  return `${before === undefined ? `Added: ${words}` : `Changed: ${words}\nBefore:  ${harmless(entryWords(before))}`}${follows}`;
}

const allow = writing("allow", "accept", acceptOptions, {
  summary: "let a consumer in",
  more: "Writing the same entry again changes nothing. A reject entry that applies, at any level, wins over it. What follows for connections that wait is shown.",
  examples: [
    `drawbridge allow 222222222222 --service ${service} --name acme`,
    `drawbridge allow 222222222222 --service ${service} --region eu-west-1 --expires 2026-12-31 --on-expiry 24h --ticket NET-42`,
    `drawbridge allow 222222222222 --service ${service} --at-most 3 --tag team=payments --contact ops@acme.example`,
    `drawbridge allow vpce-0123456789abcdef0 --service '*' --name acme-test`,
    `drawbridge allow ou-ab12-cdefgh34 --service ${service}`,
  ],
});
const ask = writing("ask", "ask", askOptions, {
  summary: "ask approvers about a consumer",
  more: "Everybody without an entry is asked about anyway; this overrules a wider entry that accepts.",
  examples: [
    `drawbridge ask 333333333333 --service ${service} --name newcomer`,
    `drawbridge ask 333333333333 --service ${service} --approver ann --approver ben --quorum 2`,
  ],
});
const deny = writing("deny", "reject", denyOptions, {
  summary: "keep a consumer out",
  more: "Connections of theirs that stand are cut, at once unless --disconnect says otherwise; which, is shown before. More than five are confirmed by typing their number.",
  examples: [
    `drawbridge deny 444444444444 --service '*' --reason "contract ended"`,
    `drawbridge deny 444444444444 --service ${service} --disconnect 7d --yes`,
  ],
});

const remove: Command = {
  name: "remove",
  operands: who,
  summary: "remove an entry; who it let in is kept, or cut if you say so",
  more: "AWS keeps connected whom an entry let in, and so does Drawbridge, unless --disconnect or the service's own setting says otherwise. What another entry accepts is never cut.",
  options: {
    ...at,
    ...disconnecting("what becomes of the connections it let in (keep unless told, or as the service says)"),
    ...changing,
  },
  examples: [`drawbridge remove 222222222222 --service ${service}`, `drawbridge remove 222222222222 --service ${service} --disconnect 24h`],
  async run(call) {
    const [given = ""] = operandsOf(call, this, 1);
    const path = pathOf("entries", serviceGiven(call.given), principalWords(principalGiven(given)));
    const disconnect = endGiven(call.given, "disconnect");
    const { entry } = await call.api.get<ShownEntry>(path);
    if (entry === undefined)
      throw new Failure(1, "NotFound", `There is no entry for ${given} any more`, "see which there are with: drawbridge list");
    call.terminal.err(harmless(entryWords(entry)));
    const done = await foreseen(
      call,
      (how) =>
        call.api.delete<RemovedEntry>(path, {
          version: call.given.text("if-version") ?? String(entry.version),
          reason: call.given.text("reason"),
          disconnect,
          ...Object.fromEntries(Object.entries(how).map(([name, value]) => [name, String(value)])),
        }),
      ({ disconnect: end }) => `Remove this entry? Who it let in is ${end === "keep" ? "kept connected" : disconnectWords(end)}.`,
    );
    call.result(done, () => removedWords(done));
  },
};

function removedWords({ entry, disconnect, outlook }: RemovedEntry): string {
  const kept = disconnect === "keep" ? "Who it let in stays connected: drawbridge reject cuts one, drawbridge deny all." : undefined;
  const follows = outlook === undefined ? undefined : followWords(outlook);
  return [
    `Removed: ${harmless(entryWords(entry))}`,
    ...(follows === undefined || follows === "no connection is touched" ? [] : [`What follows: ${follows}.`]),
    ...(kept === undefined ? [] : [kept]),
  ].join("\n");
}

const renew: Command = {
  name: "renew",
  operands: who,
  summary: "let an entry speak for longer",
  more: "Everything else stays as it is. An entry that has expired speaks again, and a cut that was announced is off.",
  options: { ...at, expires: { value: "TIME", help: "until when it speaks now" }, ...changing },
  examples: [`drawbridge renew 222222222222 --service ${service} --expires 2027-12-31 --reason "contract extended"`],
  async run(call) {
    const [given = ""] = operandsOf(call, this, 1);
    const principal = principalGiven(given);
    const expires = call.given.text("expires");
    if (expires === undefined) throw wrongUsage("--expires is missing", "say until when, as in --expires 2027-12-31");
    const { entry } = await call.api.get<ShownEntry>(pathOf("entries", serviceGiven(call.given), principalWords(principal)));
    if (entry === undefined)
      throw new Failure(1, "NotFound", `There is no entry for ${given} any more`, "see which there are with: drawbridge list");
    const { version } = entry;
    const { conditions, ...said } = saidOf(entry);
    const body = {
      ...said,
      conditions: { ...conditions, expires },
      version: call.given.text("if-version") ?? version,
      reason: call.given.text("reason") ?? "renewed",
    };
    const put = await foreseen(call, (how) => call.api.put<Put>("/entries", { ...body, ...how }));
    call.result(put, () => putWords(put));
  },
};

const list: Command = {
  name: "list",
  operands: "",
  summary: "the entries of the allow-list",
  options: {
    service: { value: "ID|*", help: "of this service only; '*' for those of every service" },
    ...paging,
  },
  examples: ["drawbridge list", `drawbridge list --service ${service} --all --json`],
  async run(call) {
    operandsOf(call, this, 0);
    const page = await paged<Entry>(call, "/entries", { service: call.given.text("service") });
    call.result(page, () =>
      page.items.length === 0 ? "There are no entries: approvers are asked about everybody." : entriesTable(page.items, call.terminal),
    );
    tellMore(call, page);
  },
};

export const entriesTable = (entries: readonly Entry[], terminal: Call["terminal"]): string =>
  table(
    [
      { head: "SERVICE", shared: true },
      { head: "WHO" },
      { head: "VERDICT" },
      { head: "NAME", breaks: true },
      { head: "CONDITIONS", breaks: true },
      { head: "VERSION", right: true },
      { head: "WRITTEN (UTC)", breaks: true },
    ],
    entries.map((entry) => [
      entry.service,
      principalWords(entry.principal),
      { text: entry.verdict, style: verdictStyles[entry.verdict] },
      entry.name ?? "",
      [conditionWords(entry), askingSaid(entry.asking)].filter((part) => part !== "").join(", "),
      String(entry.version),
      `${minute(entry.at)} by ${personWords(entry.author)}`,
    ]),
    terminal,
  );

const verdictStyles = { accept: "green", ask: "yellow", reject: "red" } as const;
export const entryCommands: readonly Command[] = [allow, ask, deny, remove, renew, list];
