// The command audit: questions to the log.

import type { Told } from "../lib/operator/history.ts";
import { actorKey, decisionOf } from "../lib/events.ts";
import { explainLogged, findingsWords } from "../lib/explain.ts";
import { isEvent } from "../lib/ledger.ts";
import { keyWords } from "../lib/operator/principals.ts";
import { auditExport } from "./audit-export.ts";
import { whoLetIn } from "./audit-who-let-in.ts";
import { auditVerify } from "./audit-verify.ts";
import { operandsOf, paging, type Command, type Options } from "./command.ts";
import { csv } from "./csv.ts";
import { paged, tellMore } from "./pages.ts";
import { timeline, toldLine } from "./story.ts";

const filters = ["connection", "account", "service", "actor", "type", "decision", "from", "to"] as const;

const auditFilters: Options = {
  connection: { value: "ENDPOINT", help: "of one connection" },
  account: { value: "ACCOUNT", help: "of one consumer: its connections, and the entries that name it" },
  service: { value: "ID|*", help: "of one service" },
  actor: {
    value: "WHO",
    help: "an IAM ARN in whatever part, an approver's name, aws, drawbridge, outside, or as the column BY shows them",
  },
  type: { value: "TYPE", help: "one kind of event, such as ConnectionApproved" },
  decision: { value: "DECISION", help: "accepted, rejected, asked or noted" },
  from: { value: "TIME", help: "from then on, as in 2026-11-01 or 2026-11-01T18:00:00Z" },
  to: { value: "TIME", help: "before then" },
};

const audit: Command = {
  name: "audit list",
  operands: "",
  summary: "the log: what happened, when, by whom, because of what",
  more: "Newest first. Filters may be combined. The log is never changed, and keeps everything.",
  options: {
    ...auditFilters,
    why: { help: "with each verdict of the list, every entry that matched, and what its conditions saw" },
    "oldest-first": { help: "oldest first" },
    csv: { help: "print comma-separated values; no cell is a formula" },
    ...paging,
  },
  examples: [
    "drawbridge audit --decision rejected --from 2026-11-01",
    "drawbridge audit --account 222222222222 --oldest-first --why",
    "drawbridge audit --all --csv > log.csv",
  ],
  async run(call) {
    operandsOf(call, this, 0);
    const { given, terminal } = call;
    const query = Object.fromEntries(filters.map((name) => [name, given.text(name)]));
    const page = await paged<Told>(call, "/audit", { ...query, oldestFirst: given.flag("oldest-first") ? "true" : undefined });
    if (given.flag("csv")) terminal.out(csv(csvHead, page.items.map(csvRow)));
    else {
      const why = given.flag("why");
      const lines = page.items.map((row) => lineOf(row, why));
      call.result(page, () => (lines.length === 0 ? nothing(page) : timeline(lines, terminal)));
    }
    tellMore(call, page);
  },
};

/** Where the filters pick from a long list, a page may be read in vain. */
const nothing = ({ cursor }: { readonly cursor?: string }): string =>
  cursor === undefined ? "The log has nothing like that." : "There is none in what was read so far.";

const lineOf = (row: Told, why: boolean) => ({ ...toldLine(row), ...(why ? { what: whyWords(row) } : {}), about: about(row) });

function whyWords(row: Told): string {
  const explanation = isEvent(row) ? explainLogged(row.event) : undefined;
  return explanation === undefined ? row.sentence : `${row.sentence}; ${findingsWords(explanation)}`;
}

function about(row: Told): string {
  const { subject } = row;
  const account = isEvent(row) ? row.account : undefined;
  return `${subjectWords(subject)}${account === undefined || subject.includes(account) ? "" : ` of ${account}`}`;
}

function subjectWords(subject: string): string {
  const [, service, principal] = /^entry#([^#]+)#(.+)$/.exec(subject) ?? [];
  return service === undefined || principal === undefined ? subject.replace(/^[a-z]+#/, "") : keyWords({ service, principal });
}

const csvHead = ["at", "type", "decision", "actor", "service", "account", "subject", "seq", "rule", "detail", "what", "source", "hash"];
function csvRow(row: Told): string[] {
  const { sentence, subject, seq } = row;
  if (!isEvent(row)) return [row.at ?? "", "unreadable", "", "", "", "", subject, String(seq), "", "", sentence, "", ""];
  const { event, service = "", account = "", hash } = row;
  const { rule, detail } = event.because;
  const decision = decisionOf(event) ?? "";
  const source = event.source?.kind ?? "";
  return [event.at, event.type, decision, actorKey(event.by), service, account, subject, String(seq), rule, detail, sentence, source, hash];
}

export const auditCommands: readonly Command[] = [audit, whoLetIn, auditVerify, auditExport];
