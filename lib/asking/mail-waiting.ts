// What waits to be mailed to an approver: it gathers, one instance mails at a time, and a burst becomes one message.

import { anyApprover } from "../approver.ts";
import type { Connection } from "../connection.ts";
import { Fault } from "../faults.ts";
import { instant, milliseconds, type EndpointId } from "../ids.ts";
import type { Approvers, People, Proofs, Slip, Slips } from "../ports.ts";
import { outcomeMail, outcomesMail } from "./outcome-mail.ts";
import { digestMail, questionMail, type Occasion } from "./question-mail.ts";
import type { Committed, TellPorts } from "./tell.ts";

export interface MailPorts extends TellPorts {
  readonly approvers: Pick<Approvers, "get">;
  readonly slips: Slips;
  readonly proofs: Proofs;
  readonly people: Pick<People, "approvers">;
  readonly wait: (milliseconds: number) => Promise<void>;
}

/** So long questions gather before the first message, and then between two to the same approver. SNS mails ten a second. */
const gatherMs = 3000;
const betweenMs = 8000;
const roundsMax = 3;
/** Longer than the rounds take, shorter than Lambda waits before it tries again: who died half-way gets another try. */
const leaseSeconds = 45;
/** Longer than any queue keeps an event that somebody may send again. */
const keptDays = 15;
const day = 24 * 60 * 60 * 1000;

/** Puts down what an event means for these approvers, and mails it with whatever else waits for them. */
export async function mailTo(
  ports: MailPorts,
  { subject, seq }: Committed,
  names: readonly string[],
  data: Slip["data"],
): Promise<"sent" | "sent before"> {
  const id = `${subject}#${String(seq)}`;
  const fresh: string[] = [];
  for (const name of names) {
    if ((await ports.slips.get("mailed", `${id}#${name}`)) !== undefined) {
      if ((await ports.slips.ofKind(waiting(name))).length > 0) fresh.push(name);
      continue;
    }
    await ports.slips.put({ kind: waiting(name), id, until: kept(ports), data });
    fresh.push(name);
  }
  // Each to its end: who fails must not leave another half-way.
  const ended = await Promise.allSettled(fresh.map((name) => mailWaiting(ports, name)));
  for (const one of ended) if (one.status === "rejected") throw one.reason;
  return fresh.length > 0 ? "sent" : "sent before";
}

/** Who was mailed a question about this endpoint, and has not heard yet how it ended. */
export const mailedAbout = async ({ slips }: Pick<MailPorts, "slips">, endpoint: EndpointId): Promise<readonly Slip[]> =>
  slips.ofKind(asked(endpoint));
export const forget = async ({ slips }: Pick<MailPorts, "slips">, endpoint: EndpointId, marks: readonly Slip[]): Promise<void> =>
  slips.remove(
    asked(endpoint),
    marks.map(({ id }) => id),
  );

/**
 * One at a time mails to an approver, and gathers before it does. What comes while it is at it was put down first, so that
 * either it sees it in its last look, or the lease is free for who put it down.
 */
async function mailWaiting(ports: MailPorts, name: string): Promise<void> {
  for (let round = 1; await ports.proofs.claim("mailing", name, leaseSeconds); round += 1) {
    try {
      await ports.wait(round === 1 ? gatherMs : betweenMs);
      await mailAll(ports, name);
    } finally {
      await ports.proofs.release("mailing", name);
    }
    if ((await ports.slips.ofKind(waiting(name))).length === 0) return;
    if (round === roundsMax)
      throw new Fault(
        "MoreToMail",
        `approver ${name}`,
        "messages come faster than one each few seconds; Lambda tries again in a minute",
        true,
      );
  }
}

async function mailAll(ports: MailPorts, name: string): Promise<void> {
  const marks = await ports.slips.ofKind(waiting(name));
  await mailQuestions(ports, name, marks);
  await mailOutcomes(ports, name, marks);
  const until = kept(ports);
  for (const { id } of marks) await ports.slips.put({ kind: "mailed", id: `${id}#${name}`, until, data: {} });
  await ports.slips.remove(
    waiting(name),
    marks.map(({ id }) => id),
  );
}

async function mailQuestions(ports: MailPorts, name: string, marks: readonly Slip[]): Promise<void> {
  const about = marks.filter(({ data }) => data["question"] !== undefined);
  if (about.length === 0) return;
  const records = await ports.connections.load([...new Set(about.map(({ data }) => data["endpoint"] as EndpointId))]);
  const open = about.flatMap(({ data }) => {
    const connection = records.get(data["endpoint"] as EndpointId)?.connection;
    return isOpen(connection, data["question"]) ? [{ connection, occasion: data["occasion"] as Occasion }] : [];
  });
  const questions = [...new Map(open.map((one) => [one.connection.endpoint, one])).values()];
  const [only] = questions;
  if (only === undefined) return;
  // Before the mail, so that whoever has it also hears how it ended; a mailbox for everybody has the topic of decisions for that.
  for (const { connection } of name === anyApprover ? [] : questions)
    await ports.slips.put({
      kind: asked(connection.endpoint),
      id: `${connection.question.id}#${name}`,
      until: kept(ports),
      data: { approver: name },
    });
  await ports.people.approvers(questions.length === 1 ? await questionMail(ports, name, only) : await digestMail(ports, name, questions));
}

async function mailOutcomes(ports: MailPorts, name: string, marks: readonly Slip[]): Promise<void> {
  const outcomes = marks.flatMap(({ data }) => (data["outcome"] === undefined ? [] : [JSON.parse(data["outcome"]) as Committed]));
  const [only] = outcomes;
  if (only === undefined) return;
  await ports.people.approvers(outcomes.length === 1 ? await outcomeMail(ports, name, only) : await outcomesMail(ports, name, outcomes));
}

function isOpen(connection: Connection | undefined, question: string | undefined): connection is Extract<Connection, { status: "asking" }> {
  return connection?.status === "asking" && connection.question.id === question;
}

const kept = ({ clock }: Pick<MailPorts, "clock">): Slip["until"] => instant(milliseconds(clock()) + keptDays * day);
const waiting = (name: string): string => `to-mail#${name}`;
const asked = (endpoint: EndpointId): string => `asked-by-mail#${endpoint}`;
