// The commands access-report, stats and evidence: what auditors ask of a moment or of a period.

import { lateSeconds } from "../lib/audit/checkpoint.ts";
import { toldTypes } from "../lib/audit/lives.ts";
import { accessReport, decidingTypes, statistics, type Access, type Statistics } from "../lib/audit/reports.ts";
import { instant, milliseconds } from "../lib/ids.ts";
import { largest } from "../lib/largest.ts";
import type { LogRow } from "../lib/ledger.ts";
import { actorWords } from "../lib/wording.ts";
import { eventsOfTypes, settledEnd } from "./audit-stream.ts";
import { operandsOf, type Call, type Command } from "./command.ts";
import { csv } from "./csv.ts";
import { evidence } from "./evidence.ts";
import { duration, minute, moment, painted, prose } from "./render.ts";
import { table, type Column } from "./table.ts";
import { momentOf, periodOf } from "./times.ts";
import { toldLives } from "./told-lives.ts";

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
    const at = momentOf(given, "at");
    // Clocks differ: an event from before the moment may say that it is later than one from after it.
    const to = settledEnd(instant(milliseconds(at) + lateSeconds * 1000));
    const report = accessReport(await toldLives(call, eventsOfTypes(call, toldTypes, { service: given.text("service"), to }), { at }));
    if (given.flag("csv")) return terminal.out(csv(accessHead, report.map(accessRow)));
    call.result({ at, connections: report }, () =>
      [prose(accessHeading(at, report), terminal), ...(report.length === 0 ? [] : [accessTable(report, terminal)])].join("\n\n"),
    );
  },
};

function accessHeading(at: string, report: readonly Access[]): string {
  const inside = report.filter(({ stands }) => stands);
  const accounts = new Set(inside.map(({ account }) => account)).size;
  const sum = `At ${moment(at)} UTC ${String(inside.length)} ${inside.length === 1 ? "connection was" : "connections were"} let in, of ${String(accounts)} accounts.`;
  const unsure = report.filter(({ incomplete }) => incomplete === true).length;
  return unsure === 0 ? sum : `${sum}\n${incompleteWords(unsure)}`;
}

/** What a report says of connections whose events are not all there. */
export const incompleteWords = (count: number): string =>
  `The history of ${count === 1 ? "one connection" : `${String(count)} connections`} is incomplete, or contradicts itself: see drawbridge audit verify.`;

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

/** Who did it; where CloudTrail told who, by which of its events. */
export const doerWords = ({
  by,
  cloudTrail,
}: {
  readonly by?: Access["by"] | undefined;
  readonly cloudTrail?: string | undefined;
}): string => (by === undefined ? "" : `${actorWords(by)}${cloudTrail === undefined ? "" : ` (CloudTrail event ${cloudTrail})`}`);

const statusOf = ({ status, incomplete }: Access): string => (incomplete === true ? `${status}, history incomplete` : status);

const accessRow = (access: Access): string[] => {
  const { service, account, endpoint, since, by, because, entry, reason = "", approvers = [] } = access;
  return [
    service,
    account,
    endpoint,
    statusOf(access),
    since ?? "",
    by === undefined ? "" : actorWords(by),
    because?.rule ?? "",
    because?.detail ?? "",
    entry === undefined ? "" : `${entry.service}/${entry.principal}`,
    entry === undefined ? "" : String(entry.version),
    reason,
    approvers.join(" "),
  ];
};

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
    report.map((access) => {
      const { service, account, endpoint, status, since, by, because, reason, incomplete } = access;
      return [
        service,
        account,
        endpoint,
        { text: statusOf(access), style: incomplete === true ? "red" : status === "connected" ? "green" : "yellow" },
        since === undefined ? "" : minute(since),
        by === undefined ? "" : actorWords(by),
        groundsOf({ because, reason }),
      ];
    }),
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
    const { to, from = instant(Date.now() - 84 * 24 * 60 * 60 * 1000) } = periodOf(given);
    const all: LogRow[] = [];
    for await (const row of eventsOfTypes(call, decidingTypes, { from, service: given.text("service"), to })) all.push(row);
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
  const most = largest(byServiceAndWeek.map(({ requests }) => requests));
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
  const sum = `${String(total.requests)} requests, ${String(total.accepted)} accepted, ${String(total.rejected)} rejected, ${String(total.requests - total.decided)} open; of the ${String(total.decided)} decided ${share(total)} by themselves; median ${total.median === undefined ? "-" : duration(Math.round(total.median))}, 95 % within ${total.p95 === undefined ? "-" : duration(Math.round(total.p95))}.`;
  return [
    table(heads, rows, terminal),
    "",
    prose(sum, terminal),
    painted(
      prose("█ decided by entries  ░ by people, or still open. AUTOMATIC, MEDIAN and P95 are of those decided.", terminal),
      "dim",
      terminal,
    ),
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
