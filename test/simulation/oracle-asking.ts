// Who may decide a question, and when time alone does something, a second time, written without lib/.

import type { Question } from "../../lib/connection.ts";
import type { Service } from "../../lib/service.ts";
import { arnOf } from "./given.ts";
import { matching } from "./oracle.ts";
import type { Row } from "./ec2.ts";
import type { Belonging } from "./oracle-units.ts";
import type { Table } from "./store.ts";

const hour = 3_600_000;

export interface Rules {
  /** Empty where whoever has the link decides. */
  readonly asked: readonly string[];
  readonly quorum: number;
  /** Who wrote what the list says of this account; none of them decides. */
  readonly authors: readonly string[];
  readonly openMs: number;
  readonly remindMs: readonly number[];
  readonly escalateMs: number;
  readonly escalateTo: readonly string[];
  readonly silence: "keep" | "reject";
}

export function rulesOf(service: Service, table: Table, row: Row, question: Pick<Question, "escalatedAt">, belongs: Belonging): Rules {
  const entries = matching(table, row, belongs);
  const [first] = entries;
  const { asking = {} } = service;
  const approvers = first?.asking?.approvers ?? asking.approvers ?? [];
  const named = approvers.length > 0;
  const escalateTo = named ? (asking.escalateTo ?? []) : [];
  const own = entries.filter((entry, index) => index === 0 || /^(account|endpoint)#/.test(entry.principal));
  return {
    asked: named && question.escalatedAt !== undefined ? [...approvers, ...escalateTo] : approvers,
    quorum: named ? (first?.asking?.quorum ?? asking.quorum ?? 1) : 1,
    authors: named ? own.map(({ author }) => author).filter((author) => author !== "") : [],
    openMs: (asking.openDays ?? 7) * 24 * hour,
    remindMs: (asking.remindHours ?? [4, 24, 72]).map((hours) => hours * hour),
    escalateMs: (asking.escalateAfterHours ?? 24) * hour,
    escalateTo,
    silence: asking.silence ?? "keep",
  };
}

/** Whether this person's word counts. */
export function counts({ asked, authors }: Rules, name: string): boolean {
  if (asked.length === 0) return true;
  if (!asked.includes(name)) return false;
  const arn = arnOf(name);
  return authors.length === 0 || (arn !== undefined && !authors.includes(arn) && !authors.includes(`approver ${name}`));
}

/** Reminders due when so much time has passed. */
export function reminders({ remindMs, openMs }: Rules, passed: number): number {
  return new Set(remindMs.filter((ms) => ms <= passed && ms < openMs)).size + Math.max(0, Math.floor(passed / openMs));
}
