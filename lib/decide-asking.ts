// What becomes of an open question: agreements until there are enough, a rejection, reminders, escalation, and what silence means. Pure.

import { mayBeSame } from "./approver.ts";
import {
  askedNow,
  askingOf,
  barred,
  couldBeReached,
  countedVotes,
  escalatesAt,
  remindersDue,
  silentUntil,
  type Asking,
} from "./asking-policy.ts";
import { evolve, type Connection, type Question, type Vote } from "./connection.ts";
import { optional } from "./optional.ts";
import type { Known, Signal } from "./decide.ts";
import type { Actor, ConnectionEvent, EntryRef, Refusal } from "./events.ts";
import { waits } from "./observed.ts";
import { did, glassBroken, refusedAnswer, ruled, stamp } from "./stamp.ts";
import { utc } from "./when.ts";
import { personWords } from "./wording.ts";

type Open = Extract<Connection, { status: "asking" }>;
type Answer = Extract<Signal, { kind: "answered" }>;

/** One rejection decides; to accept, as many have to agree as are wanted. Whose answer does not count is told so, in the log too. */
export function answeredBy(connection: Open, answer: Answer, known: Known): ConnectionEvent[] {
  const { choice, by, reason, standing } = answer;
  const { question } = connection;
  const asking = askingOf(known.service, known.judgement);
  // Who wrote what about this account bears on whose answer counts.
  const unread =
    asking.approvers.length > 0 && (known.judgement === undefined || asking.authorsUnread)
      ? ({ cause: "unsure", why: "what the allow-list says, or who wrote it, is not known at this moment" } as const)
      : undefined;
  const refusal = unread ?? mayNot(answer, asking, connection);
  if (refusal !== undefined) return [refusedAnswer(known, choice, by, refusal)];
  const said = { question: question.id, ...optional("reason", reason), ...optional("standing", standing) };
  const label = optional("label", known.judgement?.label);
  if (choice === "reject") {
    const because = ruled(by, reason ?? `rejected by ${who(answer)}`);
    return [stamp(known, { type: "ConnectionDenied", revokes: false, ...said }, by, because)];
  }
  if (answer.breakGlass === true) {
    return [stamp(known, { type: "ConnectionApproved", ...said, ...label, breakGlass: true }, by, glassBroken(reason))];
  }
  if (asking.quorum <= 1)
    return [stamp(known, { type: "ConnectionApproved", ...said, ...label }, by, ruled(by, reason ?? `approved by ${who(answer)}`))];
  return agree(connection, answer, known, asking);
}

/** The agreement is kept; with enough of them, it decides. */
function agree(connection: Open, answer: Answer, known: Known, asking: Asking): ConnectionEvent[] {
  const { by, reason, scope, standing } = answer;
  const { question } = connection;
  const approver = nameOf(answer) ?? "";
  const agreement = {
    type: "ApprovalGiven",
    question: question.id,
    approver,
    quorum: asking.quorum,
    ...("arn" in by ? optional("arn", by.arn) : {}),
    ...optional("scope", scope),
    ...optional("reason", reason),
  } as const;
  const mine = stamp(known, { ...agreement, given: 0 }, by, ruled(by, reason ?? `agreed by ${approver}`));
  const after = evolve(connection, mine);
  const votes = countedVotes(asking, question, after.status === "asking" ? (after.question.votes ?? []) : []);
  const names = votes.map(({ name }) => name);
  if (names.length < asking.quorum) {
    const before = countedVotes(asking, question, question.votes ?? []).find(({ name }) => name === approver);
    if (before === undefined || before.scope !== scope) return [{ ...mine, given: names.length }];
    return [refusedAnswer(known, "approve", by, { cause: "repeated", why: `${approver} agreed already` })];
  }
  const said = {
    ...optional("reason", reason),
    // An entry for the account is written only when all of them spoke about the account.
    ...optional("standing", votes.every((vote) => vote.scope === "account") ? standing : undefined),
  };
  return [enough(question, votes, known, asking, by, said)];
}

function enough(
  { id }: Question,
  votes: readonly Vote[],
  known: Known,
  { quorum }: Asking,
  by: Actor,
  said: { readonly reason?: string; readonly standing?: EntryRef } = {},
): ConnectionEvent {
  const approvers = votes.map(({ name }) => name);
  const detail = `${approvers.join(" and ")} agreed, ${String(approvers.length)} of ${String(quorum)} needed`;
  const label = optional("label", known.judgement?.label);
  return stamp(known, { type: "ConnectionApproved", question: id, approvers, ...label, ...said }, by, ruled(by, detail));
}

/** Why an answer does not count; nothing when it does. */
function mayNot(answer: Answer, asking: Asking, open: Open): Refusal | undefined {
  // Whoever answers by the command may hold no right to write entries but this one.
  if (answer.choice === "approve" && answer.scope === "account" && !asking.accountAnswers)
    return { cause: "not-offered", why: "the service's answers speak about one connection, not about an account from now on" };
  const why = notTheirs(answer, asking, open);
  return why === undefined ? undefined : { cause: "not-theirs", why };
}

function notTheirs({ by, as, choice, breakGlass }: Answer, asking: Asking, { question }: Open): string | undefined {
  if (by.kind === "approver") return barred(asking, question, by);
  if (by.kind !== "operator" || choice === "reject" || breakGlass === true) return undefined;
  const { arn } = by;
  if (as !== undefined && askedNow(asking, question).includes(as)) return barred(asking, question, { name: as, arn });
  if (asking.quorum > 1) return `${String(asking.quorum)} of its approvers have to agree, and ${personWords(arn)} is none of them`;
  if (asking.authors.some((author) => mayBeSame(author, arn)))
    return `${personWords(arn)} wrote the entry about this account, and somebody else has to decide`;
  return undefined;
}

const nameOf = ({ by, as }: Answer): string | undefined => (by.kind === "approver" ? by.name : as);
const who = (answer: Answer): string => (answer.by.kind === "approver" ? answer.by.name : "an operator");

/** What time, or a change of settings, alone brings about. The sweep looks each minute. */
export function waitFor(connection: Open, known: Known): ConnectionEvent[] {
  const { seen, now } = known;
  if (seen?.listed !== true || !waits(seen.observed.state)) return [];
  const { question } = connection;
  const asking = askingOf(known.service, known.judgement);
  // The settings may have changed since they agreed.
  const votes = asking.approvers.length === 0 || asking.authorsUnread ? [] : countedVotes(asking, question, question.votes ?? []);
  if (votes.length > 0 && votes.length >= asking.quorum) return [enough(question, votes, known, asking, { kind: "drawbridge" })];
  const over = asking.silence === "reject" && silentUntil(asking, question) <= now;
  if (over && couldBeReached(asking, question, known.approvers ?? [], now)) return [silence(connection, asking, known)];
  const escalates = asking.escalateTo.length > 0 && question.escalatedAt === undefined && escalatesAt(asking, question) <= now;
  const due = remindersDue(asking, question, now);
  const reminds = due > (question.reminded ?? 0);
  const still = `nobody has decided since ${utc(question.at)}`;
  return [
    ...(escalates
      ? [did(known, { type: "ApprovalEscalated", question: question.id, to: asking.escalateTo }, { rule: "approvers", detail: still })]
      : []),
    ...(reminds
      ? [
          did(
            known,
            { type: "ApprovalReminded", question: question.id, reminder: due },
            { rule: "approvers", detail: over ? `${still}; silence does not reject, since no approver could be reached` : still },
          ),
        ]
      : []),
  ];
}

const silence = ({ question }: Open, { openDays }: Asking, known: Known): ConnectionEvent =>
  stamp(
    known,
    { type: "ConnectionDenied", revokes: false, question: question.id },
    { kind: "drawbridge" },
    { rule: "silence", detail: `nobody answered within ${String(openDays)} ${openDays === 1 ? "day" : "days"}, since ${utc(question.at)}` },
  );
