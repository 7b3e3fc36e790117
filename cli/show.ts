// The command show: whatever the id stands for, with its whole story.

import type { Entry } from "../lib/allow-list.ts";
import type { Connection } from "../lib/connection.ts";
import { valueWords } from "../lib/differences.ts";
import { disconnectWords } from "../lib/disconnect.ts";
import { explainLogged, explanationLines } from "../lib/explain.ts";
import { isAccountId, isEndpointId, isServiceId } from "../lib/ids.ts";
import { isEvent } from "../lib/ledger.ts";
import type { Told } from "../lib/operator/history.ts";
import type { ShownConnection } from "../lib/operator/connections.ts";
import type { ListedEntries, ShownEntry } from "../lib/operator/entries.ts";
import { unreadableProblem } from "../lib/operator/unreadable-entry.ts";
import { pathOf } from "./client.ts";
import { operandsOf, type Call, type Command } from "./command.ts";
import { connectionsTable } from "./connections.ts";
import { entriesTable } from "./entries.ts";
import { wrongUsage } from "./failure.ts";
import { problemLines } from "./problem-lines.ts";
import { details, moment, painted, prose } from "./render.ts";
import { showService } from "./services.ts";
import { story } from "./story.ts";

const show: Command = {
  name: "show",
  operands: "<endpoint|service|account|any>",
  summary: "a connection, service, account or entry, with its whole story",
  more: "With --service, an account, an endpoint or any stands for its entry at that service.",
  options: { service: { value: "ID|*", help: "show the entry at this service" } },
  examples: ["drawbridge show vpce-0123456789abcdef0", "drawbridge show 222222222222", "drawbridge show 222222222222 --service '*' --json"],
  async run(call) {
    const [id = ""] = operandsOf(call, this, 1);
    const service = call.given.text("service");
    if (service !== undefined) return showEntry(call, service, id);
    if (isServiceId(id)) return showService(call, id);
    if (isEndpointId(id)) return showConnection(call, id);
    if (isAccountId(id) || id === "any") return showAccount(call, id);
    throw wrongUsage(`${id} is not an id that Drawbridge knows`, "give vpce-…, vpce-svc-…, an account's twelve digits, or any");
  },
};

async function showConnection(call: Call, endpoint: string): Promise<void> {
  const shown = await call.api.get<ShownConnection>(pathOf("connections", endpoint), {
    aws: "true",
  });
  call.result(shown, () =>
    [
      connectionDetails(shown, call.terminal),
      "",
      story(shown.history, call.terminal),
      ...whyLines(shown.history, call.terminal),
      ...(shown.complete ? [] : [`There is more: drawbridge audit --connection ${endpoint} --all`]),
    ].join("\n"),
  );
}

/** What the newest verdict of the list rested on, as the log has it: every entry that matched, and what each condition saw. */
function whyLines(history: readonly Told[], terminal: Call["terminal"]): string[] {
  const last = history.findLast((row) => isEvent(row) && explainLogged(row.event) !== undefined);
  const explanation = last !== undefined && isEvent(last) ? explainLogged(last.event) : undefined;
  if (last === undefined || explanation === undefined || !isEvent(last)) return [];
  const [, ...lines] = explanationLines(explanation);
  const head = `What the list's verdict of ${moment(last.event.at)} rested on:`;
  return ["", painted(head, "bold", terminal), ...lines.map((line) => prose(line, terminal, 11))];
}

function connectionDetails({ connection, words, aws }: ShownConnection, terminal: Call["terminal"]): string {
  const { endpoint, account, service, region, ipAddressType, createdAt, names, trouble, revocation } = connection;
  const name = names.map(({ fqdn, made }) => `${fqdn}${made ? "" : " (being made)"}`).join(", ");
  return details(
    [
      ["Connection", endpoint],
      ["Consumer", account],
      ["Service", service],
      ["Status", words],
      ["At AWS", aws === undefined ? "not asked" : aws === "not listed" ? aws : aws.state],
      ["From", [region ?? "Region not known", ipAddressType ?? "address type not known"].join(", ")],
      ["Created", createdAt === undefined ? "not known" : moment(createdAt)],
      ["Name", name === "" ? "-" : name],
      ...(revocation === undefined
        ? []
        : [["To be cut", `at ${moment(revocation.due)}; drawbridge explain ${endpoint} says why`] as const]),
      ...(trouble === undefined
        ? []
        : [
            [
              "Trouble",
              `AWS refused to ${trouble.effect}, ${String(trouble.count)} times since ${moment(trouble.first)}: ${trouble.code}: ${trouble.message}`,
            ] as const,
          ]),
    ],
    terminal,
  );
}

async function showEntry(call: Call, service: string, principal: string): Promise<void> {
  const shown = await call.api.get<ShownEntry>(pathOf("entries", service, principal));
  const { terminal } = call;
  call.result(shown, () => {
    const { entry } = shown;
    const more = entry === undefined ? [] : saidBesides(entry);
    return [
      prose(
        shown.words ?? (shown.unreadable === undefined ? "The entry has been removed." : `It cannot be read: ${shown.unreadable}`),
        terminal,
        2,
      ),
      ...(more.length === 0 ? [] : [details(more, terminal)]),
      "",
      story(shown.history, terminal),
    ].join("\n");
  });
}

/** What the entry says beside its verdict, its conditions and how people are asked. */
function saidBesides({
  name,
  label,
  vpc,
  contact,
  purpose,
  ticket,
  labels = {},
  onExpiry,
  disconnect,
}: Entry): (readonly [string, string])[] {
  const end = (words: string, said: Entry["disconnect"]): Record<string, string | undefined> => ({
    [words]: said === undefined ? undefined : disconnectWords(said),
  });
  const told = {
    name,
    label,
    VPC: vpc === undefined ? undefined : `${vpc.id} in ${vpc.region}`,
    contact,
    purpose,
    ticket,
    tags: Object.keys(labels).length === 0 ? undefined : valueWords(labels),
    ...end("when it expires, its connections are", onExpiry),
    ...end("connections that stood when it came are", disconnect),
  };
  return Object.entries(told).flatMap(([field, value]) => (value === undefined ? [] : [[field, value] as const]));
}

/** What the list says of them, and what they are connected to. */
async function showAccount(call: Call, account: string): Promise<void> {
  const { api, terminal } = call;
  const [entries, connections] = await Promise.all([
    api.get<ListedEntries>("/entries", { principal: account }),
    account === "any" ? { items: [] } : api.get<{ items: Connection[]; cursor?: string }>("/connections", { account }),
  ]);
  const titled = (title: string, text: string): string => `${painted(title, "bold", terminal)}\n${text}`;
  for (const line of problemLines(entries.unreadable?.map(unreadableProblem), terminal.aside)) terminal.err(line);
  call.result({ account, entries: entries.items, connections: connections.items }, () =>
    [
      titled("Entries", entries.items.length === 0 ? `none for ${account} itself` : entriesTable(entries.items, terminal, entries.at)),
      ...(account === "any"
        ? []
        : [titled("Connections", connections.items.length === 0 ? "none" : connectionsTable(connections.items, terminal))]),
    ].join("\n\n"),
  );
}

export const showCommands: readonly Command[] = [show];
