// The commands about connections: connections, pending, approve, reject.

import type { Connection } from "../lib/connection.ts";
import type { Choice } from "../lib/events.ts";
import type { Answered } from "../lib/operator/answers.ts";
import type { Pending } from "../lib/operator/pending.ts";
import { statusWords } from "../lib/wording.ts";
import { pathOf } from "./client.ts";
import { operandsOf, paging, yes, type Call, type Command } from "./command.ts";
import { withConfirmation } from "./entries.ts";
import { wrongUsage } from "./failure.ts";
import { paged, tellMore } from "./pages.ts";
import { duration, harmless, minute, type Style } from "./render.ts";
import { table, type Cell } from "./table.ts";

const endpoint = "vpce-0123456789abcdef0";

const connections: Command = {
  name: "connections",
  operands: "",
  summary: "the connections, and how each stands",
  options: {
    service: { value: "ID", help: "at this service only" },
    account: { value: "ACCOUNT", help: "of this consumer only" },
    status: { value: "STATUS", help: `one of ${Object.keys(statusWords).join(", ")}` },
    ...paging,
  },
  examples: ["drawbridge connections --status connected", "drawbridge connections --account 222222222222 --json"],
  async run(call) {
    operandsOf(call, this, 0);
    const { given } = call;
    const page = await paged<Connection>(call, "/connections", {
      service: given.text("service"),
      account: given.text("account"),
      status: given.text("status"),
    });
    call.result(page, () => (page.items.length === 0 ? "There are none." : connectionsTable(page.items, call.terminal)));
    tellMore(call, page);
  },
};

export function connectionsTable(items: readonly Connection[], terminal: Call["terminal"]): string {
  const troubled = items.some(({ trouble }) => trouble !== undefined);
  return table(
    [
      { head: "ENDPOINT" },
      { head: "ACCOUNT" },
      { head: "SERVICE", shared: true },
      { head: "STATUS", breaks: true },
      { head: "REGION" },
      { head: "CHANGED (UTC)" },
      { head: "NAME", breaks: true },
      ...(troubled ? [{ head: "TROUBLE", breaks: true } as const] : []),
    ],
    items.map((connection) => [
      connection.endpoint,
      connection.account,
      connection.service,
      { text: statusWords[connection.status], style: statusStyle(connection) },
      connection.region ?? "-",
      minute(connection.changedAt),
      connection.names.map(({ fqdn }) => fqdn).join(" "),
      ...(troubled ? [connection.trouble === undefined ? "" : `AWS refuses: ${connection.trouble.code}`] : []),
    ]),
    terminal,
  );
}

function statusStyle({ status, trouble }: Connection): Style {
  if (trouble !== undefined || status === "denied" || status === "rejected") return "red";
  if (status === "connected" || status === "adopted") return "green";
  return status === "closed" ? "dim" : "yellow";
}

const pending: Command = {
  name: "pending",
  operands: "",
  summary: "the questions that wait for an approver",
  options: { service: { value: "ID", help: "at this service only" }, ...paging },
  examples: ["drawbridge pending", "drawbridge pending --json | jq -r '.items[].connection.endpoint'"],
  async run(call) {
    operandsOf(call, this, 0);
    const page = await paged<Pending>(call, "/pending", { service: call.given.text("service") });
    call.result(page, () => (page.items.length === 0 ? "No question is open." : pendingTable(page.items, call.terminal)));
    tellMore(call, page);
  },
};

const pendingTable = (items: readonly Pending[], terminal: Call["terminal"]): string =>
  table(
    [
      { head: "ENDPOINT" },
      { head: "ACCOUNT" },
      { head: "NAME", breaks: true },
      { head: "SERVICE", shared: true },
      { head: "OPEN FOR" },
      { head: "ASKED", breaks: true },
      { head: "AGREED", breaks: true },
      { head: "REGION" },
      { head: "IP" },
      { head: "WHY", breaks: true },
    ],
    items.map(({ connection, because, openSeconds, name, asked, barred, quorum, agreed }) => [
      connection.endpoint,
      connection.account,
      name ?? "-",
      connection.service,
      openSeconds > 86_400 ? { text: duration(openSeconds), style: "red" } : duration(openSeconds),
      askedWords(asked, barred),
      [`${String(agreed.length)} of ${String(quorum)}`, ...agreed].join(" "),
      connection.region ?? "-",
      connection.ipAddressType ?? "-",
      because.detail,
    ]),
    terminal,
  );

/** `ann ben, not zoe`: whose answer would not count is asked in vain; why is in `--json`. */
function askedWords(asked: Pending["asked"], barred: Pending["barred"]): Cell {
  if (asked.length === 0) return "whoever has the link";
  const out = barred.map(({ name }) => name);
  const text = asked.filter((name) => !out.includes(name)).join(" ") || "nobody";
  return out.length === 0 ? text : { text: `${text}, not ${out.join(" ")}`, style: out.length === asked.length ? "red" : "yellow" };
}

const answering = (name: Choice, summary: string, more: string, examples: readonly string[]): Command => ({
  name,
  operands: "<endpoint>",
  summary,
  more,
  options: {
    reason: { value: "TEXT", help: "why, for the log and for those who are told" },
    ...(name === "reject"
      ? { days: { value: "N", help: "and ask nobody about the account for so many days" }, ...yes }
      : {
          account: { help: "accept the account from now on, by an entry, where the service has --account-answers" },
          "break-glass": { help: "decide alone, past the approvers; needs --reason, and everybody is told" },
        }),
  },
  examples,
  async run(call) {
    const [which = ""] = operandsOf(call, this, 1);
    const reason = call.given.text("reason");
    const breakGlass = call.given.flag("break-glass");
    if (breakGlass && reason === undefined) throw wrongUsage("--break-glass needs a reason", 'say why: --reason "..."');
    const answered = await withConfirmation(call, (confirmed) =>
      call.api.post<Answered>(pathOf("connections", which, name), {
        reason,
        days: call.given.text("days"),
        ...(call.given.flag("account") ? { account: true } : {}),
        ...(breakGlass ? { breakGlass: true } : {}),
        ...(confirmed ? { confirm: true } : {}),
      }),
    );
    call.result(answered, () => harmless(`${answered.connection.endpoint} of ${answered.connection.account}: ${answered.sentence}`));
  },
});

const approve = answering(
  "approve",
  "accept a connection that waits",
  "Where several approvers have to agree, this is the agreement of the one with your IAM identity. A reject entry that applies stands above it.",
  [
    `drawbridge approve ${endpoint} --reason "known partner"`,
    `drawbridge approve ${endpoint} --account --reason "known partner"`,
    `drawbridge approve ${endpoint} --break-glass --reason "payments are down, nobody answers"`,
  ],
);
const reject = answering(
  "reject",
  "reject a connection, or cut one that is accepted",
  "Only a new endpoint can follow. Cutting a connection that is accepted is asked about first.",
  [
    `drawbridge reject ${endpoint} --reason "not a customer"`,
    `drawbridge reject ${endpoint} --days 30`,
    `drawbridge reject ${endpoint} --yes`,
  ],
);

export const connectionCommands: readonly Command[] = [connections, pending, approve, reject];
