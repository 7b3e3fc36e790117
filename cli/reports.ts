// The commands access-report, stats and evidence: what auditors ask of a moment or of a period.

import { livesUntil } from "../lib/audit/lives.ts";
import { accessReport, statistics, type Access, type Statistics } from "../lib/audit/reports.ts";
import { parseInstant } from "../lib/ids.ts";
import type { StoredEvent } from "../lib/ledger.ts";
import { actorWords } from "../lib/wording.ts";
import { events, settledEnd } from "./audit-stream.ts";
import { operandsOf, type Call, type Command } from "./command.ts";
import { csv } from "./csv.ts";
import { evidence } from "./evidence.ts";
import { wrongUsage } from "./failure.ts";
import { BadInput } from "../lib/faults.ts";
import { duration, minute, moment, painted, prose } from "./render.ts";
import { table, type Column } from "./table.ts";

const accessCommand: Command = {
  name: "access-report",
  operands: "",
  summary: "who was connected at a moment, by which rule and approver",
  options: {
    at: { value: "TIME", help: "the moment; a day alone means its end; now unless told" },
    service: { value: "ID", help: "of one service only" },
    csv: { help: "print comma-separated values; no cell is a formula" },
  },
  examples: ["drawbridge access-report --at 2026-06-30", "drawbridge access-report --service vpce-svc-0123456789abcdef0 --csv"],
  async run(call) {
    operandsOf(call, this, 0);
    const { given, terminal } = call;
    const at = momentOf(given.text("at"));
    const lives = livesUntil(at);
    // A connection's events are in order, and none after the moment is needed.
    for await (const stored of events(call, { service: given.text("service"), to: settledEnd(new Date(Date.parse(at) + 1).toISOString()) }))
      lives.add(stored);
    const report = accessReport(lives.all.values());
    if (given.flag("csv")) return terminal.out(csv(accessHead, report.map(accessRow)));
    call.result({ at, connections: report }, () =>
      [prose(accessHeading(at, report), terminal), ...(report.length === 0 ? [] : [accessTable(report, terminal)])].join("\n\n"),
    );
  },
};

/** A day stands for all of it. */
function momentOf(given: string | undefined): ReturnType<typeof parseInstant> {
  if (given === undefined) return parseInstant("at", new Date().toISOString());
  return asked("at", /^\d{4}-\d\d-\d\d$/.test(given) ? `${given}T23:59:59.999Z` : given);
}

function asked(name: string, given: string): ReturnType<typeof parseInstant> {
  try {
    return parseInstant(name, given);
  } catch (error) {
    if (error instanceof BadInput) throw wrongUsage(`--${name} ${given} is no time`, error.remedy);
    throw error;
  }
}

const accessHeading = (at: string, report: readonly Access[]): string =>
  `At ${moment(at)} UTC ${String(report.length)} ${report.length === 1 ? "connection was" : "connections were"} let in, of ${String(new Set(report.map(({ account }) => account)).size)} accounts.`;

const accessHead = [
  "service",
  "account",
  "connection",
  "status",
  "since",
  "by",
  "rule",
  "because",
  "entry",
  "version",
  "reason",
  "approvers",
];
/** Why, and in whose words; an operator's reason may be all there is. */
export const groundsOf = ({
  because,
  reason,
}: {
  readonly because?: Access["because"] | undefined;
  readonly reason?: string | undefined;
}): string => [...new Set([because?.detail, reason])].filter((text) => text !== undefined).join(": ");

const accessRow = ({ service, account, endpoint, status, since, by, because, entry, reason = "", approvers = [] }: Access): string[] => [
  service,
  account,
  endpoint,
  status,
  since ?? "",
  by === undefined ? "" : actorWords(by),
  because?.rule ?? "",
  because?.detail ?? "",
  entry === undefined ? "" : `${entry.service}/${entry.principal}`,
  entry === undefined ? "" : String(entry.version),
  reason,
  approvers.join(" "),
];

const accessTable = (report: readonly Access[], terminal: Call["terminal"]): string =>
  table(
    [
      { head: "SERVICE", shared: true },
      { head: "ACCOUNT" },
      { head: "CONNECTION" },
      { head: "STATUS" },
      { head: "SINCE (UTC)" },
      { head: "BY", breaks: true },
      { head: "BECAUSE", breaks: true },
    ],
    report.map(({ service, account, endpoint, status, since, by, because, reason }) => [
      service,
      account,
      endpoint,
      { text: status, style: status === "connected" ? "green" : "yellow" },
      since === undefined ? "" : minute(since),
      by === undefined ? "" : actorWords(by),
      groundsOf({ because, reason }),
    ]),
    terminal,
  );

const stats: Command = {
  name: "stats",
  operands: "",
  summary: "requests, how many were decided by themselves, and how fast, by service and week",
  options: {
    from: { value: "TIME", help: "from then on; twelve weeks back unless told" },
    to: { value: "TIME", help: "before then" },
    service: { value: "ID", help: "of one service only" },
    csv: { help: "print comma-separated values" },
  },
  examples: ["drawbridge stats", "drawbridge stats --from 2026-01-01 --to 2026-07-01 --csv"],
  async run(call) {
    operandsOf(call, this, 0);
    const { given, terminal } = call;
    const from = given.text("from") ?? new Date(Date.now() - 84 * 24 * 60 * 60 * 1000).toISOString();
    const all: StoredEvent[] = [];
    for await (const stored of events(call, { from, service: given.text("service"), to: given.text("to") }))
      if (stored.subject.startsWith("connection#")) all.push(stored);
    const figures = statistics(all);
    if (given.flag("csv"))
      return terminal.out(
        csv(
          statsHead,
          figures.byServiceAndWeek.map((one) => [one.service, one.week, ...numbers(one)]),
        ),
      );
    call.result({ from, ...figures }, () => statsShown(figures, terminal));
  },
};

const statsHead = ["service", "week", "requests", "decided", "automatic", "accepted", "rejected", "median_seconds", "p95_seconds"];
const numbers = ({ requests, decided, automatic, accepted, rejected, median, p95 }: Statistics["total"]): string[] =>
  [requests, decided, automatic, accepted, rejected, median, p95].map((one) =>
    one === undefined ? "" : String(Math.round(one * 10) / 10),
  );

function statsShown({ total, byServiceAndWeek }: Statistics, terminal: Call["terminal"]): string {
  if (total.requests === 0) return "There was no request in that time.";
  const most = Math.max(...byServiceAndWeek.map(({ requests }) => requests));
  const rows = byServiceAndWeek.map((one) => [
    one.service,
    one.week,
    `${String(one.requests).padStart(String(most).length)} ${bar(one, most, terminal)}`,
    share(one),
    one.median === undefined ? "-" : duration(Math.round(one.median)),
    one.p95 === undefined ? "-" : duration(Math.round(one.p95)),
  ]);
  const heads: Column[] = [
    { head: "SERVICE", shared: true },
    { head: "WEEK OF" },
    { head: "REQUESTS" },
    { head: "AUTOMATIC", right: true },
    { head: "MEDIAN", right: true },
    { head: "P95", right: true },
  ];
  const sum = `${String(total.requests)} requests, ${String(total.accepted)} accepted, ${String(total.rejected)} rejected, ${String(total.requests - total.decided)} open; ${share(total)} decided by themselves; median ${total.median === undefined ? "-" : duration(Math.round(total.median))}, 95 % within ${total.p95 === undefined ? "-" : duration(Math.round(total.p95))}.`;
  return [
    table(heads, rows, terminal),
    "",
    prose(sum, terminal),
    painted("█ decided by entries  ░ by people, or still open", "dim", terminal),
  ].join("\n");
}

const share = ({ automatic, decided }: Statistics["total"]): string =>
  decided === 0 ? "-" : `${String(Math.round((automatic / decided) * 100))} %`;

const barLength = 24;
/** As long as its share of the busiest week; the full part is what was decided by itself. */
function bar({ requests, automatic }: Statistics["total"], most: number, { width }: Call["terminal"]): string {
  const room = width < 100 ? 12 : barLength;
  const length = Math.max(1, Math.round((requests / most) * room));
  const full = Math.round((automatic / Math.max(1, requests)) * length);
  return `${"█".repeat(full)}${"░".repeat(length - full)}`;
}

export const reportCommands: readonly Command[] = [accessCommand, stats, evidence];
