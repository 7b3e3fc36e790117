// Who may decide a question, and when time alone does something, a second time, written without lib/.

import type { Entry } from "../../lib/allow-list.ts";
import type { Question } from "../../lib/connection.ts";
import type { StoredEvent } from "../../lib/ledger.ts";
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

/** The list as it was read, when, and the log as it is by now. */
export interface Reading {
  readonly table: Table;
  readonly clock: string;
  readonly log: ReadonlyMap<string, readonly StoredEvent[]>;
}

export function rulesOf(
  service: Service,
  { table, clock, log }: Reading,
  row: Row,
  question: Pick<Question, "escalatedAt">,
  belongs: Belonging,
): Rules {
  const entries = matching(table, row, clock, belongs);
  const [first] = entries;
  const said = first?.asking ?? {};
  const usual = service.asking ?? {};
  const approvers = said.approvers ?? usual.approvers ?? [];
  const named = approvers.length > 0;
  const escalateTo = named ? (said.escalateTo ?? usual.escalateTo ?? []) : [];
  const own = entries.filter((entry, index) => index === 0 || /^(account|endpoint)#/.test(entry.principal));
  return {
    asked: named && question.escalatedAt !== undefined ? [...approvers, ...escalateTo] : approvers,
    quorum: named ? (said.quorum ?? usual.quorum ?? 1) : 1,
    authors: named ? own.flatMap((entry) => writersOf(entry, log)) : [],
    openMs: (said.openDays ?? usual.openDays ?? 7) * 24 * hour,
    remindMs: (said.remindHours ?? usual.remindHours ?? [4, 24, 72]).map((hours) => hours * hour),
    escalateMs: (said.escalateAfterHours ?? usual.escalateAfterHours ?? 24) * hour,
    escalateTo,
    silence: said.silence ?? usual.silence ?? "keep",
  };
}

/** Every operator who wrote the entry up to this version, from its last removal on: as the log has it, whatever the row says. */
export function writersOf(
  { service, principal, version }: Pick<Entry, "service" | "principal" | "version">,
  log: Reading["log"],
): string[] {
  const events = (log.get(`entry#${service}#${principal}`) ?? []).filter(({ seq }) => seq <= version);
  const since = events.findLastIndex(({ event }) => event.type === "EntryRemoved") + 1;
  return events.slice(since).flatMap(({ event }) => (event.by.kind === "operator" ? [event.by.arn] : []));
}

/** Whether this person's word counts. */
export function counts({ asked, authors }: Rules, name: string): boolean {
  if (asked.length === 0) return true;
  if (!asked.includes(name)) return false;
  const arn = arnOf(name);
  return authors.length === 0 || (arn !== undefined && !authors.includes(arn));
}

/** Reminders due when so much time has passed. */
export function reminders({ remindMs, openMs }: Rules, passed: number): number {
  return new Set(remindMs.filter((ms) => ms <= passed && ms < openMs)).size + Math.max(0, Math.floor(passed / openMs));
}
