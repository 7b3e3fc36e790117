// How people are asked about one connection: the service's settings, what the deciding entry sets otherwise, and the defaults. Pure.

import { mayBeSame, type Approver } from "./approver.ts";
import type { Judgement } from "./allow-list.ts";
import type { Question, Vote } from "./connection.ts";
import { instant, milliseconds, type Instant } from "./ids.ts";
import type { Service } from "./service.ts";

/** What a service may set, and an entry instead of it; what both leave out is as in `askingDefaults`. */
export interface AskingSettings {
  /** Names of approvers; without any, whoever has the link decides. */
  readonly approvers?: readonly string[];
  /** How many of them must agree. */
  readonly quorum?: number;
  /** How long silence lasts before it means what `silence` says. */
  readonly openDays?: number;
  /** After so many hours each is reminded, once for each. */
  readonly remindHours?: readonly number[];
  /** Who is asked as well when nobody has answered for `escalateAfterHours`. */
  readonly escalateTo?: readonly string[];
  readonly escalateAfterHours?: number;
  readonly silence?: "keep" | "reject";
  /** How an approver proves who they are on the page: by a code mailed to them, or by having the link. */
  readonly emailProof?: "code" | "link";
  /** Whether an answer may speak about the account from now on, which writes an entry. */
  readonly accountAnswers?: boolean;
}

export interface Asking extends Required<AskingSettings> {
  /** Who wrote what the allow-list says of this account: they do not decide about it. */
  readonly authors: readonly string[];
  /** A row does not say who wrote it. Whoever is asked too many is told so on the page; no answer is taken before its log is read. */
  readonly authorsUnread: boolean;
}

export const askingDefaults = {
  approvers: [],
  quorum: 1,
  openDays: 7,
  remindHours: [4, 24, 72],
  escalateTo: [],
  escalateAfterHours: 24,
  silence: "keep",
  emailProof: "code",
  accountAnswers: false,
} as const satisfies AskingSettings;

/** A service's settings, and what an entry says otherwise. */
export const together = (service: AskingSettings | undefined, entry: AskingSettings | undefined): AskingSettings => ({
  ...service,
  ...entry,
});

export interface AskingFault {
  readonly field: "quorum" | "escalateAfterHours";
  readonly why: string;
  readonly remedy: string;
}

/** Why a question put so could never be answered, or what of it would mean nothing; nothing when all is well. */
export function askingFault({ approvers = [], quorum = 1, escalateTo, escalateAfterHours }: AskingSettings): AskingFault | undefined {
  const named = new Set(approvers).size;
  if (quorum > Math.max(1, named))
    return {
      field: "quorum",
      why: `${String(quorum)} have to agree, and ${String(named)} ${named === 1 ? "is" : "are"} named`,
      remedy:
        named === 0
          ? "name so many approvers as well, or leave it out"
          : `give at most ${String(named)}, which is how many approvers are named`,
    };
  if (escalateAfterHours !== undefined && escalateTo === undefined)
    return {
      field: "escalateAfterHours",
      why: "it says when to ask the next, and not whom",
      remedy: "say whom to ask next with escalateTo",
    };
  return undefined;
}

export function askingOf(service: Pick<Service, "asking">, judgement: Pick<Judgement, "asking" | "findings"> | undefined): Asking {
  const settings = { ...askingDefaults, ...together(service.asking, judgement?.asking) };
  const named = settings.approvers.length > 0;
  return {
    ...settings,
    // Without names there is nobody to count, nobody to mail a code to, and nobody to ask next.
    ...(named ? {} : { quorum: 1, emailProof: "link" as const, escalateTo: [], accountAnswers: false }),
    authors: named ? [...new Set(bearing(judgement).flatMap(({ authors }) => authors ?? []))] : [],
    authorsUnread: named && bearing(judgement).some(({ author, authors }) => author !== undefined && authors === undefined),
  };
}

/** The entry that decides, and every entry about this account or endpoint alone. */
const bearing = (judgement: Pick<Judgement, "findings"> | undefined): Judgement["findings"] =>
  (judgement?.findings ?? []).filter(({ decides, entry }) => decides || /^(account|endpoint)#/.test(entry.principal));

/** Who may answer at this moment; everybody who has the link when nobody is named. */
export const askedNow = ({ approvers, escalateTo }: Asking, { escalatedAt }: Pick<Question, "escalatedAt">): readonly string[] =>
  escalatedAt === undefined ? approvers : [...new Set([...approvers, ...escalateTo])];

export type Person = Pick<Approver, "name" | "arn">;

/** Why this person's answer would not count; nothing when it does. */
export function barred(asking: Asking, question: Pick<Question, "escalatedAt">, { name, arn }: Person): string | undefined {
  if (asking.approvers.length === 0) return undefined;
  if (!askedNow(asking, question).includes(name)) return `${name} is not an approver of this question`;
  if (asking.authors.length === 0) return undefined;
  if (arn === undefined)
    return `somebody wrote an entry about this account, and ${name} has no IAM identity that would show it was another person`;
  return asking.authors.some((author) => mayBeSame(author, arn))
    ? `${name} wrote the entry about this account, and somebody else has to decide`
    : undefined;
}

/** The votes that count now: one a person, of those who are asked and have not written what is asked about. */
export function countedVotes(asking: Asking, question: Pick<Question, "escalatedAt">, votes: readonly Vote[]): Vote[] {
  const counted: Vote[] = [];
  for (const vote of votes) {
    const twice = counted.some(
      ({ name, arn }) => name === vote.name || (arn !== undefined && vote.arn !== undefined && mayBeSame(arn, vote.arn)),
    );
    if (!twice && barred(asking, question, vote) === undefined) counted.push(vote);
  }
  return counted;
}

const hour = 3_600_000;

/** How many reminders are due by now: at the hours set, and whenever the time the question stays open has passed again. */
export function remindersDue({ remindHours, openDays }: Asking, { at }: Pick<Question, "at">, now: Instant): number {
  const hours = (milliseconds(now) - milliseconds(at)) / hour;
  const until = openDays * 24;
  return new Set(remindHours.filter((one) => one <= hours && one < until)).size + Math.max(0, Math.floor(hours / until));
}

export const silentUntil = ({ openDays }: Pick<Asking, "openDays">, { at }: Pick<Question, "at">): Instant =>
  instant(milliseconds(at) + openDays * 24 * hour);

export const escalatesAt = ({ escalateAfterHours }: Asking, { at }: Pick<Question, "at">): Instant =>
  instant(milliseconds(at) + escalateAfterHours * hour);

/** Whether a message can have reached somebody who is asked, and they have had the whole time to answer it: before that, silence says nothing. */
export function couldBeReached(asking: Asking, question: Question, approvers: readonly Approver[], now: Instant): boolean {
  const sent = [question.at, ...(question.remindedAt === undefined ? [] : [question.remindedAt])].filter(
    (at) => silentUntil(asking, { at }) <= now,
  );
  return approvers.some(
    ({ name, reachableSince }) =>
      reachableSince !== undefined && askedNow(asking, question).includes(name) && sent.some((at) => reachableSince <= at),
  );
}
