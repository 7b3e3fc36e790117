// Questions to the log: the narrowest index answers, the other filters pick from what it gives.

import { actorKey, decisionOf } from "../events.ts";
import type { EndpointId } from "../ids.ts";
import { connectionSubject, type Page, type StoredEvent } from "../ledger.ts";
import type { AuditQuery } from "../ports.ts";
import type * as v from "valibot";
import { historyOf, told, type Told } from "./history.ts";
import { audited, read } from "./inputs.ts";
import type { OperatorPorts } from "./operator.ts";
import { walk, type Source } from "./paging.ts";

type Asked = v.InferOutput<typeof audited>;

/** Newest first unless asked otherwise; from `from` on, and before `to`. */
export async function audit(ports: OperatorPorts, input: unknown): Promise<Page<Told>> {
  const asked = read(audited, input);
  const actor = asked.actor === undefined ? undefined : actorAsked(asked.actor);
  const source = asked.connection === undefined ? searched(ports, asked, actor) : ofConnection(ports, asked.connection, asked.oldestFirst);
  const { items, ...rest } = await walk([source], asked, (stored) => matches(stored, asked, actor));
  return { ...rest, items: items.map(told) };
}

/** `arn:…` stands for an operator, a plain name for an approver; what the log itself shows is taken as it is. */
function actorAsked(given: string): string {
  if (given.startsWith("arn:")) return `operator ${given}`;
  if (/^(operator|approver|entry|outside) /.test(given) || given === "aws" || given === "drawbridge" || given === "outside") return given;
  return `approver ${given}`;
}

function searched(ports: OperatorPorts, asked: Asked, actor: string | undefined): Source<StoredEvent> {
  const { from, to, oldestFirst } = asked;
  const within = {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    oldestFirst,
  };
  const query: AuditQuery = { ...narrowest(asked, actor), ...within };
  return {
    key: `${query.by} ${query.value ?? ""} ${String(oldestFirst)}`,
    page: (request) => ports.ledger.search(query, request),
  };
}

function narrowest({ account, service, decision, type }: Asked, actor: string | undefined): Pick<AuditQuery, "by" | "value"> {
  if (account !== undefined) return { by: "account", value: account };
  if (service !== undefined) return { by: "service", value: service };
  if (actor !== undefined) return { by: "actor", value: actor };
  if (decision !== undefined) return { by: "decision", value: decision };
  return type === undefined ? { by: "time" } : { by: "type", value: type };
}

/** One connection's chain, read whole; its cursor is a place in it. */
function ofConnection(ports: OperatorPorts, endpoint: EndpointId, oldestFirst: boolean): Source<StoredEvent> {
  return {
    key: `${endpoint} ${String(oldestFirst)}`,
    page: async ({ limit = 100, cursor }) => {
      const { history } = await historyOf(ports.ledger, connectionSubject(endpoint));
      const ordered = oldestFirst ? history : history.reverse();
      const start = ordered.findIndex(({ seq }) => String(seq) === cursor) + 1;
      const items = ordered.slice(start, start + limit);
      const last = items.at(-1);
      return start + limit < ordered.length && last !== undefined ? { items, cursor: String(last.seq) } : { items };
    },
  };
}

function matches({ event, service, account }: StoredEvent, asked: Asked, actor: string | undefined): boolean {
  const agrees = (wanted: string | undefined, is: string | undefined): boolean => wanted === undefined || wanted === is;
  return (
    agrees(asked.account, account) &&
    agrees(asked.service, service) &&
    agrees(actor, actorKey(event.by)) &&
    agrees(asked.decision, decisionOf(event)) &&
    agrees(asked.type, event.type) &&
    (asked.from === undefined || event.at >= asked.from) &&
    (asked.to === undefined || event.at < asked.to)
  );
}
