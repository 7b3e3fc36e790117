// A verdict explained: the entry that decides, each entry that it beat and why, and what every condition saw. The command,
// the page, the log and the API all show this one.

import { described, type Check, type Finding, type Judgement } from "./allow-list.ts";
import { askingSaid } from "./entry-words.ts";
import { optional } from "./optional.ts";
import type { Because, DrawbridgeEvent, EntryRef, Verdict } from "./events.ts";
import type { Instant } from "./ids.ts";
import { utc } from "./when.ts";
import { personWords } from "./wording.ts";

export interface Explanation {
  readonly verdict: Verdict;
  /** The verdict with its ground: `ask: no entry matches account 222222222222`. */
  readonly headline: string;
  readonly because: Because;
  /** Every entry that matches the consumer, most specific first; empty when none does. */
  readonly entries: readonly ExplainedEntry[];
}

export interface ExplainedEntry {
  /** Absent for entries that could not be looked up. */
  readonly entry?: EntryRef;
  readonly words: string;
  readonly author?: string;
  readonly at?: Instant;
  readonly verdict: Verdict;
  readonly decides: boolean;
  /** Why it decides, or why it does not. */
  readonly why: string;
  readonly conditions: readonly Check[];
  /** Whom it has asked, and how, where it decides that people are asked and does not leave that to the service. */
  readonly asking?: string;
}

export function explain(judgement: Judgement): Explanation {
  const { verdict, because, findings } = judgement;
  return { verdict, headline: `${verdict}: ${because.detail}`, because, entries: findings.map((finding) => explained(finding, judgement)) };
}

/** The same, of a verdict that the log keeps: as it was then. Nothing where the event carries none. */
export function explainLogged(event: DrawbridgeEvent): Explanation | undefined {
  const verdict = verdictOf(event);
  if (verdict === undefined || !("findings" in event) || event.findings === undefined) return undefined;
  const findings = event.findings.map((one): Finding => ({
    ...one,
    ...optional(
      "words",
      one.author === undefined ? undefined : described({ ...one.entry, verdict: one.verdict, ...optional("name", one.name) }),
    ),
  }));
  return explain({ verdict, because: event.because, findings });
}

function verdictOf(event: DrawbridgeEvent): Verdict | undefined {
  switch (event.type) {
    case "VerdictNoted":
      return event.verdict;
    case "ApprovalRequested":
      return "ask";
    case "ConnectionApproved":
      return "accept";
    case "ConnectionDenied":
      // What ends with its entry is cut because nothing accepts it any more.
      return event.because.rule === "reject-entry" ? "reject" : "ask";
    default:
      return undefined;
  }
}

/** Beside an event's sentence, in one line: what else matched, and what each condition saw. */
export function findingsWords({ entries }: Explanation): string {
  return entries
    .map(({ words, decides, author, at, conditions }) => {
      const saw = conditions.map(({ condition, result, saw: what }) => `${condition} ${result} (${what})`);
      const written = author === undefined || at === undefined ? [] : [`by ${personWords(author)}, ${utc(at)}`];
      return `${decides ? "decides" : "beaten"}: ${[words, ...written, ...saw].join(", ")}`;
    })
    .join("; ");
}

function explained(finding: Finding, judgement: Judgement): ExplainedEntry {
  const { entry, words, author, at, verdict, decides, checks } = finding;
  const known = words !== undefined;
  return {
    ...(known ? { entry } : {}),
    words: words ?? `entries for organizational units and organizations at ${entry.service === "*" ? "every service" : entry.service}`,
    ...optional("author", author),
    ...optional("at", at),
    verdict,
    decides,
    why: decides ? whyItDecides(finding, judgement) : whyItIsBeaten(finding, judgement),
    conditions: checks,
    ...optional("asking", decides && judgement.verdict === "ask" ? judgement.asking && askingSaid(judgement.asking) : undefined),
  };
}

function whyItDecides({ verdict, outcome }: Finding, { because, findings }: Judgement): string {
  if (because.rule === "frozen") return "the most specific entry, but nothing is accepted while the freeze lasts";
  if (outcome === "condition-fails") return "the most specific entry, but a condition fails: people are asked, and no wider entry steps in";
  if (outcome === "condition-unknown")
    return "the most specific entry, but a condition cannot be known: people are asked, and no wider entry steps in";
  if (verdict === "reject") return findings.length === 1 ? "it applies" : "a reject entry that applies wins at any level";
  if (because.rule === "condition") return "the most specific entry, but another one might reject: people are asked";
  return findings.length === 1 ? "it applies" : "the most specific entry that matches";
}

function whyItIsBeaten({ verdict, outcome }: Finding, { findings, because }: Judgement): string {
  const deciding = findings.find(({ decides }) => decides);
  const rejected = deciding?.verdict === "reject" && because.rule === "reject-entry";
  if (rejected && verdict === "reject" && outcome === "applies") return "it rejects as well; the entry that decides is more specific";
  if (rejected) return "a reject entry that applies wins at any level";
  if (outcome === "condition-unknown" && (verdict === "reject" || because.detail.includes("might reject it")))
    return "it might reject, which cannot be known";
  if (verdict === "reject") return "it does not apply: a condition fails; and the entry that decides is more specific";
  return "the entry that decides is more specific";
}

/** One thought a line, those about an entry indented below it. */
export function explanationLines({ headline, entries }: Explanation): string[] {
  if (entries.length === 0) return [headline];
  return [headline, ...entries.flatMap(entryLines)];
}

function entryLines({ words, author, at, decides, why, conditions, asking }: ExplainedEntry): string[] {
  const written = author === undefined || at === undefined ? "" : `, written by ${personWords(author)}, ${utc(at)}`;
  return [
    `  ${decides ? "decides" : "beaten "}  ${words}${written}`,
    `           ${why}`,
    ...(asking === undefined ? [] : [`           ${asking}`]),
    ...conditions.map(({ condition, result, saw }) => `           ${result.padEnd(7)}  ${condition}: ${saw}`),
  ];
}
