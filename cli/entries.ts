// The commands about the allow-list: allow, ask, deny, remove, list.

import type { Entry } from "../lib/allow-list.ts";
import { disconnectWords } from "../lib/disconnect.ts";
import type { Verdict } from "../lib/events.ts";
import { BadInput } from "../lib/faults.ts";
import { disconnectGiven } from "../lib/operator/disconnect-given.ts";
import type { Put, RemovedEntry, ShownEntry } from "../lib/operator/entries.ts";
import { principalOf, principalWords } from "../lib/operator/principals.ts";
import { conditionWords, entryWords, personWords } from "../lib/wording.ts";
import { pathOf } from "./client.ts";
import { operandsOf, paging, yes, type Call, type Command, type Options } from "./command.ts";
import { confirm } from "./confirm.ts";
import { Failure, wrongUsage } from "./failure.ts";
import { disconnecting, followWords, foreseen } from "./outlook.ts";
import { paged, tellMore } from "./pages.ts";
import { harmless, moment, table } from "./render.ts";

const service = "vpce-svc-0123456789abcdef0";
export const who = "<account|endpoint|ou|org|any>";
export const at: Options = { service: { value: "ID|*", help: "the service, or '*' for every service" } };
export const changing: Options = {
  reason: { value: "TEXT", help: "why it is changed, for the log" },
  "if-version": {
    value: "N",
    help: "only if the entry is at this version; 0: only if there is none",
  },
  ...yes,
};
const conditionOptions: Options = {
  region: { value: "REGION", several: true, help: "only from this Region (may be repeated)" },
  "ip-type": {
    value: "TYPE",
    several: true,
    help: "only ipv4, dualstack or ipv6 (may be repeated)",
  },
  "not-before": {
    value: "TIME",
    help: "speaks from then on, as in 2026-12-01 or 2026-12-01T18:00:00Z",
  },
  expires: { value: "TIME", help: "speaks until then" },
};
const whoTheyAre: Options = {
  name: { value: "NAME", help: "who they are; the DNS label is made from it" },
  label: { value: "LABEL", help: "the DNS label, where the name will not do" },
  contact: { value: "TEXT", help: "whom to talk to" },
  purpose: { value: "TEXT", help: "what it is for" },
  ticket: { value: "TEXT", help: "where it was asked for" },
  tag: { value: "NAME=TEXT", several: true, help: "anything else worth keeping (may be repeated)" },
};
const whomToAsk: Options = {
  approver: { value: "NAME", several: true, help: "whom to ask, instead of the service's approvers (may be repeated)" },
  quorum: { value: "N", help: "how many of them must agree" },
};
export const acceptOptions: Options = {
  ...at,
  ...whoTheyAre,
  ...conditionOptions,
  "at-most": { value: "N", help: "at most so many connections at a time; people are asked about more" },
  "on-expiry": { value: "WHEN", help: "now, 24h, 7d or keep: what becomes of its connections when it expires" },
  ...whomToAsk,
  ...changing,
};

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

function bodyOf({ given }: Call, verdict: Verdict, principal: string): { readonly service: string } & Readonly<Record<string, unknown>> {
  const conditions = {
    regions: given.texts("region"),
    ipAddressTypes: given.texts("ip-type"),
    notBefore: given.text("not-before"),
    expires: given.text("expires"),
    atMost: given.text("at-most"),
  };
  const asking = { approvers: given.texts("approver"), quorum: given.text("quorum") };
  const said = Object.fromEntries(["name", "label", "contact", "purpose", "ticket", "reason"].map((field) => [field, given.text(field)]));
  return {
    ...said,
    service: serviceGiven(given),
    principal,
    verdict,
    conditions,
    labels: tagsGiven(given),
    asking: asking.approvers === undefined && asking.quorum === undefined ? undefined : asking,
    onExpiry: endGiven(given, "on-expiry"),
    disconnect: endGiven(given, "disconnect"),
    version: given.text("if-version"),
  };
}

function tagsGiven(given: Call["given"]): Record<string, string> | undefined {
  const tags = given.texts("tag");
  if (tags === undefined) return undefined;
  return Object.fromEntries(
    tags.map((tag) => {
      const [, name = "", text = ""] = /^([^=]+)=(.+)$/.exec(tag) ?? [];
      if (name === "") throw wrongUsage(`--tag ${tag} is not a name and a text`, "give --tag team=payments");
      return [name, text];
    }),
  );
}

/** What becomes of connections, read here already, so that a slip needs no network to be told. */
export function endGiven(given: Call["given"], option: string): string | undefined {
  const text = given.text(option);
  if (text !== undefined) readHere(`--${option}`, () => disconnectGiven(text));
  return text;
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
  const follows = outlook === undefined || followWords(outlook) === "no connection is touched" ? "" : `\nWhat follows: ${followWords(outlook)}.`;
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
const askOptions: Options = {
  ...at,
  ...whoTheyAre,
  ...conditionOptions,
  ...whomToAsk,
  ...disconnecting("what becomes of connections that an entry let in before (keep unless told)"),
  ...changing,
};
const ask = writing("ask", "ask", askOptions, {
  summary: "ask approvers about a consumer",
  more: "Everybody without an entry is asked about anyway; this overrules a wider entry that accepts.",
  examples: [
    `drawbridge ask 333333333333 --service ${service} --name newcomer`,
    `drawbridge ask 333333333333 --service ${service} --approver ann --approver ben --quorum 2`,
  ],
});
const denyOptions: Options = {
  ...at,
  ...whoTheyAre,
  ...conditionOptions,
  ...disconnecting("what becomes of connections that stand (now unless told, or as the service says)"),
  ...changing,
};
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
    const { version, author: _author, at: _at, conditions, ...said } = entry;
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
      { head: "SERVICE" },
      { head: "WHO" },
      { head: "VERDICT" },
      { head: "NAME", breaks: true },
      { head: "CONDITIONS", breaks: true },
      { head: "VERSION" },
      { head: "WRITTEN (UTC)", breaks: true },
    ],
    entries.map((entry) => [
      entry.service,
      principalWords(entry.principal),
      { text: entry.verdict, style: verdictStyles[entry.verdict] },
      entry.name ?? "",
      conditionWords(entry),
      String(entry.version),
      `${moment(entry.at)} by ${personWords(entry.author)}`,
    ]),
    terminal,
  );

const verdictStyles = { accept: "green", ask: "yellow", reject: "red" } as const;

/** Read here already, so that a slip of the keyboard needs no network to be told. */
export const principalGiven = (given: string): string => readHere("", () => principalWords(principalOf(given)));

function readHere<T>(option: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof BadInput) throw wrongUsage(option === "" ? error.message : error.message.replace(/^[^:]+/, option));
    throw error;
  }
}

export function serviceGiven(given: Call["given"]): string {
  const wanted = given.text("service");
  if (wanted === undefined) throw wrongUsage("--service is missing", "name the service, or give --service '*' for every service");
  return wanted;
}

export const entryCommands: readonly Command[] = [allow, ask, deny, remove, renew, list];
