// An entry in words: what it demands, whom it has asked and how, what it means for connections, and what comes when it has run out.

import { described, type Entry } from "./allow-list.ts";
import type { AskingSettings } from "./asking-policy.ts";
import { disconnectWords } from "./disconnect.ts";
import { exactly } from "./when.ts";

/** An entry with its conditions, and what it means for connections. The log keeps entries as they were, so nothing is taken for granted. */
export function entryWords(value: unknown): string {
  const entry = value as Partial<Entry> | undefined;
  if (entry?.principal === undefined || entry.service === undefined || entry.verdict === undefined) return "an entry";
  const { disconnect, onExpiry } = entry;
  return [
    described(entry as Entry),
    conditionWords(entry as Entry),
    onExpiry === undefined ? "" : `then who it let in is ${disconnectWords(onExpiry)}`,
    disconnect === undefined ? "" : `who was connected before is ${disconnectWords(disconnect)}`,
    askingSaid(entry.asking),
  ]
    .filter((part) => part !== "")
    .join(", ");
}

/** What an entry demands: `from eu-west-1 or eu-west-2, until 2026-12-31 00:00 UTC`; the empty text for nothing. */
export function conditionWords({ conditions, afterwards }: Pick<Entry, "conditions" | "afterwards">): string {
  const { regions, ipAddressTypes, notBefore, expires, atMost } = conditions ?? {};
  return [
    ...(regions === undefined ? [] : [`from ${regions.join(" or ")}`]),
    ...(ipAddressTypes === undefined ? [] : [`${ipAddressTypes.join(" or ")} only`]),
    ...(notBefore === undefined ? [] : [`not before ${exactly(notBefore)}`]),
    ...(expires === undefined ? [] : [`until ${exactly(expires)}${afterwardsWords(afterwards)}`]),
    ...(atMost === undefined ? [] : [`at most ${String(atMost)} ${atMost === 1 ? "connection" : "connections"}`]),
  ].join(", ");
}

const afterwardsWords = (afterwards: Entry["afterwards"]): string =>
  afterwards === undefined ? "" : afterwards === "nothing" ? ", then gone" : `, then ${afterwards.verdict} again`;

/** What settings say of asking, and nothing of what they leave to others: `asks ann and ben, 2 must agree, silence rejects`. */
export function askingSaid(asking: AskingSettings = {}): string {
  const { approvers, quorum, openDays, remindHours, escalateTo, escalateAfterHours, silence, emailProof, accountAnswers } = asking;
  const next = [
    ...(escalateTo === undefined ? [] : [escalateTo.join(" and ")]),
    ...(escalateAfterHours === undefined ? [] : [`after ${times(escalateAfterHours, "hour")}`]),
  ];
  return [
    ...(approvers === undefined ? [] : [`asks ${approvers.join(" and ")}`]),
    ...(quorum === undefined ? [] : [`${String(quorum)} must agree`]),
    ...(remindHours === undefined
      ? []
      : [remindHours.length === 0 ? "nobody is reminded" : `reminds after ${remindHours.join(", ")} hours`]),
    ...(next.length === 0 ? [] : [`then asks ${next.join(" ")}`]),
    ...(openDays === undefined ? [] : [`silence counts after ${times(openDays, "day")}`]),
    ...(silence === undefined ? [] : [silence === "keep" ? "silence keeps the question open" : "silence rejects"]),
    ...(emailProof === undefined ? [] : [emailProof === "code" ? "a mailed code decides" : "the link decides"]),
    ...(accountAnswers === undefined ? [] : [`an answer ${accountAnswers ? "may" : "may not"} speak for the account`]),
  ].join(", ");
}

const times = (count: number, what: string): string => `${String(count)} ${what}${count === 1 ? "" : "s"}`;
