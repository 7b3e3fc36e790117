// The allow-list: what an entry says, which entries can match a consumer, and the verdict they give together.

import { conditions, type Condition, type Conditions } from "./conditions.ts";
import { optional } from "./connection.ts";
import type { Because, EntryRef, Verdict } from "./events.ts";
import type { AccountId, EndpointId, Instant, ServiceId } from "./ids.ts";
import type { IpAddressType } from "./observed.ts";

/** One entry. `version` grows by one with each change; `author` is the operator's IAM ARN. */
export interface Entry {
  readonly service: ServiceId | "*";
  readonly principal: Principal;
  readonly verdict: Verdict;
  readonly conditions: Conditions;
  readonly version: number;
  readonly author: string;
  readonly at: Instant;
  /** The consumer as people know it; it is the DNS label too unless `label` says otherwise. */
  readonly name?: string;
  readonly label?: string;
  readonly contact?: string;
  readonly purpose?: string;
  readonly ticket?: string;
}

/** Whom an entry speaks about. */
export type Principal = `endpoint#${string}` | `account#${string}` | `ou#${string}` | `org#${string}` | "any";

/** Who wants to connect, and what is known of them; what is absent is not known. */
export interface Consumer {
  readonly service: ServiceId;
  readonly endpoint?: EndpointId;
  readonly account: AccountId;
  readonly region?: string;
  readonly ipAddressType?: IpAddressType;
  /** The organization and the units above the account, nearest first; absent while not asked. */
  readonly organization?: { readonly id: string; readonly units: readonly string[] };
}

/** What one entry came to for this consumer. */
export interface Finding {
  readonly entry: EntryRef;
  readonly verdict: Verdict;
  readonly checks: readonly Check[];
  readonly outcome: "applies" | "condition-fails" | "condition-unknown";
  readonly decides: boolean;
}

export interface Check {
  readonly condition: string;
  readonly result: "holds" | "fails" | "unknown";
  readonly saw: string;
}

export interface Judgement {
  readonly verdict: Verdict;
  readonly because: Because;
  readonly entry?: EntryRef;
  readonly label?: string;
  /** Every entry that matches the consumer, most specific first. */
  readonly findings: readonly Finding[];
}

/** The keys of all entries that could match, most specific first. Reading exactly these decides. */
export function candidateKeys(consumer: Consumer): { service: ServiceId | "*"; principal: Principal }[] {
  const principals: Principal[] = [
    ...(consumer.endpoint === undefined ? [] : [`endpoint#${consumer.endpoint}` as const]),
    `account#${consumer.account}`,
    ...(consumer.organization?.units ?? []).map((unit) => `ou#${unit}` as const),
    ...(consumer.organization === undefined ? [] : [`org#${consumer.organization.id}` as const]),
    "any",
  ];
  return ([consumer.service, "*"] as const).flatMap((service) => principals.map((principal) => ({ service, principal })));
}

/**
 * The verdict of the list. A reject entry that applies wins at any level; else the most specific entry that
 * matches decides, and when one of its conditions fails or cannot be known the answer is ask. No entry: ask.
 */
export function judge(entries: readonly Entry[], consumer: Consumer, now: Instant, frozen?: string): Judgement {
  const found = candidateKeys(consumer)
    .map((key) => entries.find((entry) => entry.service === key.service && entry.principal === key.principal))
    .filter((entry) => entry !== undefined)
    .map((entry) => ({ entry, ...examine(entry, consumer, now) }));
  const rejecting = found.find(({ entry, outcome }) => entry.verdict === "reject" && outcome === "applies");
  const deciding = rejecting ?? found[0];
  const findings = found.map(({ entry, checks, outcome }) => ({
    entry: refer(entry),
    verdict: entry.verdict,
    checks,
    outcome,
    decides: entry === deciding?.entry,
  }));
  if (deciding === undefined)
    return {
      verdict: "ask",
      because: { rule: "no-entry", detail: `no entry matches account ${consumer.account}` },
      findings,
    };
  const { entry, checks, outcome } = deciding;
  const said = { entry: refer(entry), ...optional("label", labelOf(entry)), findings };
  if (rejecting !== undefined)
    return {
      ...said,
      verdict: "reject",
      because: { rule: "reject-entry", detail: described(entry) },
    };
  if (outcome !== "applies") {
    const failing = checks.filter(({ result }) => result !== "holds").map(({ condition, saw }) => `${condition}: ${saw}`);
    return {
      ...said,
      verdict: "ask",
      because: { rule: "condition", detail: `${described(entry)}, but ${failing.join("; ")}` },
    };
  }
  if (entry.verdict === "accept" && frozen !== undefined)
    return {
      ...said,
      verdict: "ask",
      because: { rule: "frozen", detail: `${described(entry)}, but ${frozen}` },
    };
  return { ...said, verdict: entry.verdict, because: { rule: "entry", detail: described(entry) } };
}

export const refer = (entry: Entry): EntryRef => ({
  service: entry.service,
  principal: entry.principal,
  version: entry.version,
});

/** The entry in words: `account 222222222222 (acme) at vpce-svc-…: accept, version 3`. */
export function described(entry: Entry): string {
  const who = entry.principal === "any" ? "anyone" : entry.principal.replace("#", " ");
  const where = entry.service === "*" ? "every service" : entry.service;
  return `${who}${entry.name === undefined ? "" : ` (${entry.name})`} at ${where}: ${entry.verdict}, version ${String(entry.version)}`;
}

/** The DNS label that an entry gives its consumer, made from the name where none is set. */
export function labelOf(entry: Pick<Entry, "label" | "name">): string | undefined {
  if (entry.label !== undefined) return entry.label;
  const label = entry.name
    ?.toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, 63)
    .replaceAll(/^-+|-+$/g, "");
  return label === undefined || label === "" ? undefined : label;
}

function examine(entry: Entry, consumer: Consumer, now: Instant): { checks: Check[]; outcome: Finding["outcome"] } {
  const checks = conditions.flatMap((condition: Condition) => condition(entry.conditions, consumer, now) ?? []);
  if (checks.some(({ result }) => result === "fails")) return { checks, outcome: "condition-fails" };
  return {
    checks,
    outcome: checks.some(({ result }) => result === "unknown") ? "condition-unknown" : "applies",
  };
}
