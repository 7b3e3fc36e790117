// The commands about the allow-list: allow, ask, deny, remove, list.

import type { Entry } from "../lib/allow-list.ts";
import type { Verdict } from "../lib/events.ts";
import { BadInput } from "../lib/faults.ts";
import type { Put, ShownEntry } from "../lib/operator/entries.ts";
import { principalOf, principalWords } from "../lib/operator/principals.ts";
import { conditionWords, entryWords, personWords } from "../lib/wording.ts";
import { pathOf } from "./client.ts";
import { operandsOf, paging, yes, type Call, type Command, type Options } from "./command.ts";
import { confirm } from "./confirm.ts";
import { Failure, wrongUsage } from "./failure.ts";
import { paged, tellMore } from "./pages.ts";
import { harmless, moment, table } from "./render.ts";

const service = "vpce-svc-0123456789abcdef0";
const at: Options = { service: { value: "ID|*", help: "the service, or '*' for every service" } };
const entryOptions: Options = {
  ...at,
  name: { value: "NAME", help: "who they are; the DNS label is made from it" },
  label: { value: "LABEL", help: "the DNS label, where the name will not do" },
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
  contact: { value: "TEXT", help: "whom to talk to" },
  purpose: { value: "TEXT", help: "what it is for" },
  ticket: { value: "TEXT", help: "where it was asked for" },
  reason: { value: "TEXT", help: "why it is changed, for the log" },
  "if-version": {
    value: "N",
    help: "only if the entry is at this version; 0: only if there is none",
  },
  ...yes,
};

const writing = (name: string, verdict: Verdict, summary: string, more: string, examples: readonly string[]): Command => ({
  name,
  operands: "<account|endpoint|any>",
  summary,
  more,
  options: entryOptions,
  examples,
  async run(call) {
    const [given = ""] = operandsOf(call, this, 1);
    const principal = principalGiven(given);
    const body = bodyOf(call, verdict, principal);
    if (principal === "any" && verdict !== "ask")
      await confirm(
        call,
        `${verdict === "accept" ? "Accept" : "Reject"} everybody at ${body.service === "*" ? "every service" : body.service}?`,
      );
    const put = await withConfirmation(call, (confirmed) =>
      call.api.put<Put>("/entries", { ...body, ...(confirmed ? { confirm: true } : {}) }),
    );
    call.result(put, () => putWords(put));
  },
});

function bodyOf({ given }: Call, verdict: Verdict, principal: string): { readonly service: string } & Readonly<Record<string, unknown>> {
  const conditions = {
    regions: given.texts("region"),
    ipAddressTypes: given.texts("ip-type"),
    notBefore: given.text("not-before"),
    expires: given.text("expires"),
  };
  const said = Object.fromEntries(["name", "label", "contact", "purpose", "ticket", "reason"].map((field) => [field, given.text(field)]));
  return {
    ...said,
    service: serviceGiven(given),
    principal,
    verdict,
    conditions,
    version: given.text("if-version"),
  };
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

function putWords({ entry, changed, before }: Put): string {
  const words = harmless(entryWords(entry));
  if (!changed) return `Nothing changed, it says so already: ${words}`;
  return before === undefined ? `Added: ${words}` : `Changed: ${words}\nBefore:  ${harmless(entryWords(before))}`;
}

const allow = writing(
  "allow",
  "accept",
  "let a consumer in",
  "Writing the same entry again changes nothing. A reject entry that applies, at any level, wins over it.",
  [
    `drawbridge allow 222222222222 --service ${service} --name acme`,
    `drawbridge allow 222222222222 --service ${service} --region eu-west-1 --expires 2026-12-31 --ticket NET-42`,
    `drawbridge allow vpce-0123456789abcdef0 --service '*' --name acme-test`,
  ],
);
const ask = writing(
  "ask",
  "ask",
  "ask approvers about a consumer",
  "Everybody without an entry is asked about anyway; this overrules a wider entry that accepts.",
  [`drawbridge ask 333333333333 --service ${service} --name newcomer`],
);
const deny = writing("deny", "reject", "keep a consumer out", "Connections of theirs that stand are cut at once; which, is shown before.", [
  `drawbridge deny 444444444444 --service '*' --reason "contract ended"`,
]);

const remove: Command = {
  name: "remove",
  operands: "<account|endpoint|any>",
  summary: "remove an entry; who it let in stays connected",
  options: {
    ...at,
    reason: { value: "TEXT", help: "why, for the log" },
    "if-version": { value: "N", help: "only if the entry is at this version" },
    ...yes,
  },
  examples: [`drawbridge remove 222222222222 --service ${service}`],
  async run(call) {
    const [given = ""] = operandsOf(call, this, 1);
    const path = pathOf("entries", serviceGiven(call.given), principalWords(principalGiven(given)));
    const { entry } = await call.api.get<ShownEntry>(path);
    if (entry === undefined)
      throw new Failure(1, "NotFound", `There is no entry for ${given} any more`, "see which there are with: drawbridge list");
    call.terminal.err(harmless(entryWords(entry)));
    await confirm(call, "Remove this entry? Who it let in stays connected.");
    const done = await call.api.delete<{ entry: Entry }>(path, {
      version: call.given.text("if-version") ?? String(entry.version),
      reason: call.given.text("reason"),
    });
    call.result(done, () => `Removed: ${harmless(entryWords(done.entry))}`);
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
function principalGiven(given: string): string {
  try {
    return principalWords(principalOf(given));
  } catch (error) {
    if (error instanceof BadInput) throw wrongUsage(error.message);
    throw error;
  }
}

function serviceGiven(given: Call["given"]): string {
  const wanted = given.text("service");
  if (wanted === undefined) throw wrongUsage("--service is missing", "name the service, or give --service '*' for every service");
  return wanted;
}

export const entryCommands: readonly Command[] = [allow, ask, deny, remove, list];
