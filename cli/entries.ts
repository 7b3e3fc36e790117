// The commands about the allow-list: allow, ask, deny, remove, list.

import { hasExpired, type Entry } from "../lib/allow-list.ts";
import { differences } from "../lib/differences.ts";
import type { Verdict } from "../lib/events.ts";
import { unsaid } from "../lib/grounds.ts";
import type { Instant } from "../lib/ids.ts";
import type { ListedEntries, Put, RemovedEntry, ShownEntry } from "../lib/operator/entries.ts";
import { principalWords } from "../lib/operator/principals.ts";
import { unreadableProblem } from "../lib/operator/unreadable-entry.ts";
import { saidOf } from "../lib/said-entry.ts";
import { askingSaid, conditionWords, entryWords } from "../lib/entry-words.ts";
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
  timeGiven,
  timeWithin,
  who,
} from "./entry-options.ts";
import { Failure, wrongUsage } from "./failure.ts";
import { letsMoreIn } from "./lets-more-in.ts";
import { disconnecting, followWords, foreseen, noneTouched } from "./outlook.ts";
import { paged, tellMore } from "./pages.ts";
import { problemLines } from "./problem-lines.ts";
import { harmless, minute, moment, prose } from "./render.ts";
import { table } from "./table.ts";
import type { Look } from "./terminal.ts";

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
    call.result(put, () => putWords(put, call.terminal));
  },
});

/** Writes the entry that the call's operand and options make, after showing what follows from it; `look` may throw, or have it confirmed. */
export async function putGiven(
  call: Call,
  command: Pick<Command, "name" | "operands">,
  verdict: Verdict,
  { besides, look }: { readonly besides?: object; readonly look?: (wouldBe: Put) => string | undefined } = {},
): Promise<Put> {
  const [given = ""] = operandsOf(call, command, 1);
  const principal = principalGiven(given);
  const body = bodyOf(call, verdict, principal);
  if (principal === "any" && verdict !== "ask")
    await confirm(
      call,
      `${verdict === "accept" ? "Accept" : "Reject"} everybody at ${body.service === "*" ? "every service" : body.service}?`,
    );
  return foreseen(
    call,
    (how) => call.api.put<Put>("/entries", { ...body, ...besides, ...how }),
    (wouldBe) => {
      const seen = look?.(wouldBe);
      return (call.given.flag("replace") ? undefined : letsMoreIn(wouldBe)) ?? seen;
    },
  );
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

export function putWords({ entry, changed, before, outlook, problems }: Put, look: Look): string {
  const words = entryWords(entry);
  if (!changed) return prose(`Nothing changed, it says so already: ${words}`, look);
  const follows = outlook === undefined ? noneTouched : followWords(outlook);
  return [
    ...(before === undefined
      ? [prose(`Added: ${words}`, look)]
      : [
          prose(`Changed: ${words}`, look, 9),
          prose(`Before:  ${entryWords(before)}`, look, 9),
          prose(`Differs: ${differences(before, entry)}`, look, 9),
        ]),
    ...(follows === noneTouched ? [] : [prose(`What follows: ${follows}.`, look)]),
    ...problemLines(problems, look),
  ].join("\n");
}

const allow = writing("allow", "accept", acceptOptions, {
  summary: "let a consumer in",
  more: "Writing the same entry again changes nothing. Who they are (name, label, VPC, contact, purpose, ticket, tags) stays unless it is given; a condition that is not given again is dropped after a yes. A reject entry that applies, at any level, wins over it. What follows for connections that wait is shown.",
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
  more: "Connections of theirs that stand are cut, at once unless --disconnect says otherwise; which, is shown before. More than five are confirmed by typing their number. Who they are stays unless it is given.",
  examples: [
    `drawbridge deny 444444444444 --service '*' --reason "contract ended"`,
    `drawbridge deny 444444444444 --service ${service} --disconnect 7d --yes`,
  ],
});

const remove: Command = {
  name: "remove",
  operands: who,
  summary: "remove an entry; who it let in is kept, or cut if you say so",
  more: "AWS keeps connected whom an entry let in, and so does Drawbridge, unless --disconnect or the service's own setting says otherwise. What another entry accepts is never cut. Who stays connected though nothing lets them in any more is shown.",
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
    const { entry, unreadable } = await call.api.get<ShownEntry>(path);
    if (entry === undefined && unreadable === undefined) throw noneThere(given);
    call.terminal.err(harmless(entry === undefined ? `This entry cannot be read: ${unreadable ?? ""}` : entryWords(entry)));
    const done = await foreseen(
      call,
      (how) =>
        call.api.delete<RemovedEntry>(path, {
          reason: call.given.text("reason"),
          disconnect,
          ...Object.fromEntries(Object.entries(how).map(([name, value]) => [name, String(value)])),
          version: call.given.text("if-version") ?? entry?.version.toString(),
        }),
      ({ outlook }) => `Remove this entry? What follows: ${outlook === undefined ? noneTouched : followWords(outlook)}.`,
    );
    call.result(done, () => removedWords(done));
  },
};

const noneThere = (given: string): Failure =>
  new Failure(1, "NotFound", `There is no entry for ${given} any more`, "see which there are with: drawbridge list");

function removedWords({ entry, outlook }: RemovedEntry): string {
  const follows = outlook === undefined ? noneTouched : followWords(outlook);
  return [
    `Removed: ${entry === undefined ? "an entry that nobody could read" : harmless(entryWords(entry))}`,
    ...(follows === noneTouched ? [] : [`What follows: ${follows}.`]),
    ...(outlook === undefined || outlook.kept.length === 0
      ? []
      : ["Who is kept stays connected: drawbridge reject cuts one, drawbridge deny all of theirs."]),
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
    const until = timeGiven("--expires", expires);
    const { entry } = await call.api.get<ShownEntry>(pathOf("entries", serviceGiven(call.given), principalWords(principal)));
    if (entry === undefined) throw noneThere(given);
    const { conditions, ...said } = saidOf(entry);
    const { expires: ends } = conditions;
    if (ends === undefined)
      throw new Failure(1, "NeverExpires", `The entry for ${given} never expires: there is nothing to renew`, endIt[entry.verdict]);
    const body = {
      ...said,
      conditions: { ...conditions, expires },
      version: call.given.text("if-version") ?? entry.version,
      reason: call.given.text("reason") ?? unsaid.renew,
    };
    const put = await foreseen(
      call,
      (how) => call.api.put<Put>("/entries", { ...body, ...how }),
      () => (until < ends ? `That ends it earlier: at ${moment(until)}, not at ${moment(ends)}. Go on?` : undefined),
    );
    call.result(put, () => putWords(put, call.terminal));
  },
};

const endIt: Readonly<Record<Verdict, string>> = {
  accept: "to give it an end: drawbridge allow with --expires and its other conditions",
  ask: "to give it an end: drawbridge ask with --expires and its other conditions",
  reject: "to give it an end: drawbridge deny with --expires and its other conditions",
};

const list: Command = {
  name: "list",
  operands: "",
  summary: "the entries of the allow-list",
  options: {
    service: { value: "ID|*", help: "of this service only; '*' for those of every service" },
    "ends-within": { value: "TIME", help: "only those that expire within 48h or 30d, or have expired; 0d for these alone" },
    ...paging,
  },
  examples: ["drawbridge list", `drawbridge list --service ${service} --all --json`, "drawbridge list --ends-within 30d"],
  async run(call) {
    operandsOf(call, this, 0);
    const at = call.given.text("service");
    const within = call.given.text("ends-within");
    const page = await paged<Entry, ListedEntries>(call, "/entries", {
      service: at,
      endsBefore: within === undefined ? undefined : timeWithin("--ends-within", within, new Date()),
    });
    const empty = page.items.length === 0 ? await noneWords(call, at, within) : undefined;
    call.result(page, () => empty ?? entriesTable(page.items, call.terminal, page.at));
    for (const line of problemLines(page.unreadable?.map(unreadableProblem), call.terminal.aside)) call.terminal.err(line);
    tellMore(call, page);
  },
};

/** What no entry at all means: at one service, those of every service speak as well. */
async function noneWords({ api }: Pick<Call, "api">, at: string | undefined, within: string | undefined): Promise<string> {
  if (within !== undefined) return "No entry ends by then.";
  if (at === undefined) return "There are no entries: approvers are asked about everybody.";
  if (at === "*") return "There are no entries for every service: each service's own decide there.";
  const { items } = await api.get<ListedEntries>("/entries", { service: "*", limit: "1" });
  return items.length === 0
    ? "There are no entries: approvers are asked about everybody."
    : "There are no entries for this service alone; those for every service decide here too: drawbridge list --service '*'";
}

/** `at` is when the entries were read: what had ended by then is marked. */
export const entriesTable = (entries: readonly Entry[], terminal: Call["terminal"], at: Instant): string =>
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
      speaks(entry, at)
        ? { text: entry.verdict, style: verdictStyles[entry.verdict] }
        : { text: `${entry.verdict}, ${hasExpired(entry, at) ? "expired" : "not yet"}`, style: "dim" },
      entry.name ?? "",
      [conditionWords(entry), askingSaid(entry.asking)].filter((part) => part !== "").join(", "),
      String(entry.version),
      `${minute(entry.at)} by ${personWords(entry.author)}`,
    ]),
    terminal,
  );

const speaks = (entry: Entry, at: Instant): boolean => !hasExpired(entry, at) && (entry.conditions.notBefore ?? at) <= at;
const verdictStyles = { accept: "green", ask: "yellow", reject: "red" } as const;
export const entryCommands: readonly Command[] = [allow, ask, deny, remove, renew, list];
