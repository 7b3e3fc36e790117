// Questions to the log: the narrowest index answers, the other filters pick from what it gives.

import { decisionOf } from "../events.ts";
import { BadInput } from "../faults.ts";
import { canonical } from "../canonical.ts";
import { connectionSubject, isEvent, type LogRow, type Page, type PageRequest, type Subject } from "../ledger.ts";
import { optional } from "../optional.ts";
import type { AuditQuery } from "../ports.ts";
import type * as v from "valibot";
import { askedActor, type AskedActor } from "./asked-actor.ts";
import { told, type Told } from "./history.ts";
import { audited, read } from "./inputs.ts";
import type { OperatorPorts } from "./operator.ts";
import { walk, type Source } from "./paging.ts";

type Asked = v.InferOutput<typeof audited>;

/** Newest first unless asked otherwise; from `from` on, and before `to`. */
export async function audit(ports: OperatorPorts, input: unknown): Promise<Page<Told>> {
  const asked = read(audited, input);
  if (asked.from !== undefined && asked.to !== undefined && asked.from >= asked.to)
    throw new BadInput("to", asked.to, `give a time after ${asked.from}`);
  if (asked.from !== undefined && asked.from > ports.clock()) throw new BadInput("from", asked.from, "give a time that has been");
  if (asked.connection !== undefined && asked.subject !== undefined)
    throw new BadInput("subject", asked.subject, "give a connection or a subject, not both");
  const actor = asked.actor === undefined ? undefined : await askedActor(ports.ledger, asked.actor);
  const subject = asked.subject ?? (asked.connection && connectionSubject(asked.connection));
  const source = subject === undefined ? searched(ports, asked, actor) : ofSubject(ports, subject, asked);
  const { items, ...rest } = await walk([source], asked, (stored) => matches(stored, asked, actor));
  return { ...rest, items: items.map(told) };
}

/** What a cursor belongs to: another question has other pages. */
function questionOf({ limit: _limit, cursor: _cursor, ...filters }: Asked): string {
  return canonical(filters);
}

function searched(ports: OperatorPorts, asked: Asked, actor: AskedActor | undefined): Source<LogRow> {
  const { from, to, oldestFirst } = asked;
  const within = {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    oldestFirst,
  };
  const query: AuditQuery = { ...narrowest(asked, actor), ...within };
  return {
    key: questionOf(asked),
    page: (request) => ports.ledger.search(query, request),
  };
}

function narrowest({ account, service, decision, type }: Asked, actor: AskedActor | undefined): Pick<AuditQuery, "by" | "value"> {
  if (account !== undefined) return { by: "account", value: account };
  if (service !== undefined) return { by: "service", value: service };
  if (actor?.keys !== undefined) return { by: "actor", value: actor.keys };
  if (decision !== undefined) return { by: "decision", value: decision };
  return type === undefined ? { by: "time" } : { by: "type", value: type };
}

/** One chain, by its sequence. What is added after the first page is not part of the list. */
function ofSubject(ports: OperatorPorts, subject: Subject, asked: Asked): Source<LogRow> {
  const chain = (request: PageRequest): Promise<Page<LogRow>> => ports.ledger.history(subject, request);
  return {
    key: questionOf(asked),
    page: ({ cursor, ...request }) =>
      asked.oldestFirst
        ? pageUpTo(chain, cursor, request)
        : chain({ ...request, ...optional("cursor", cursor), newestFirst: true } as PageRequest),
  };
}

/** Its cursor holds the last place that there was when the list began. */
async function pageUpTo(
  chain: (request: PageRequest & { newestFirst?: boolean }) => Promise<Page<LogRow>>,
  given: string | undefined,
  request: PageRequest,
): Promise<Page<LogRow>> {
  const [, upTo = "", cursor] = given === undefined ? [] : (/^(\d{1,12})-(.+)$/.exec(given) ?? []);
  if (given !== undefined && cursor === undefined) throw new BadInput("cursor", given, "give the cursor of the page before, unchanged");
  const last = given === undefined ? ((await chain({ limit: 1, newestFirst: true })).items[0]?.seq ?? 0) : Number(upTo);
  const page = await chain({ ...request, ...optional("cursor", cursor) });
  const items = page.items.filter(({ seq }) => seq <= last);
  const isOver = page.cursor === undefined || items.length < page.items.length;
  return { items, ...optional("cursor", isOver ? undefined : `${String(last)}-${page.cursor ?? ""}`) };
}

/** A row that is no event any more is told to whoever comes upon it. */
function matches(row: LogRow, asked: Asked, actor: AskedActor | undefined): boolean {
  if (!isEvent(row)) return true;
  const { event, service, account } = row;
  const agrees = (wanted: string | undefined, is: string | undefined): boolean => wanted === undefined || wanted === is;
  return (
    agrees(asked.account, account) &&
    agrees(asked.service, service) &&
    (actor === undefined || actor.is(event.by)) &&
    agrees(asked.decision, decisionOf(event)) &&
    agrees(asked.type, event.type) &&
    (asked.from === undefined || event.at >= asked.from) &&
    (asked.to === undefined || event.at < asked.to)
  );
}
