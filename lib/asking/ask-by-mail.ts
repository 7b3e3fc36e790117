// Asking people by mail: each approver gets a message of their own, and a burst of questions becomes one.

import { anyApprover } from "../approver.ts";
import { askedNow, barred, countedVotes } from "../asking-policy.ts";
import type { Connection } from "../connection.ts";
import { Fault } from "../faults.ts";
import { instant, milliseconds, type EndpointId } from "../ids.ts";
import type { Approvers, People, Proofs, Slips } from "../ports.ts";
import { known, type Known } from "./profile.ts";
import { digestMail, questionMail, type Occasion } from "./question-mail.ts";
import { recordOf, type Committed, type TellPorts } from "./tell.ts";

export interface AskPorts extends TellPorts {
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

const occasions = { ApprovalRequested: "asked", ApprovalReminded: "reminded", ApprovalEscalated: "escalated" } as const;
export const asks = ({ type }: Pick<Committed, "type">): boolean => type in occasions;

type Asked = Extract<Connection, { status: "asking" }>;

export async function askByMail(ports: AskPorts, told: Committed): Promise<"sent" | "sent before" | "outdated"> {
  const connection = await recordOf(ports, told);
  if (connection?.status !== "asking" || connection.question.id !== told["question"]) return "outdated";
  const about = await known(ports, connection, ports.clock());
  const occasion = occasions[told.type as keyof typeof occasions];
  const until = instant(milliseconds(ports.clock()) + keptDays * day);
  const id = `${told.subject}#${String(told.seq)}`;
  const names = await toAsk(ports, told, connection, about, occasion);
  const fresh: string[] = [];
  for (const name of names) {
    if ((await ports.slips.get("mailed", `${id}#${name}`)) !== undefined) {
      if ((await ports.slips.ofKind(waiting(name))).length > 0) fresh.push(name);
      continue;
    }
    const data = { endpoint: connection.endpoint, question: connection.question.id, occasion };
    await ports.slips.put({ kind: waiting(name), id, until, data });
    fresh.push(name);
  }
  await Promise.all(fresh.map((name) => mailWaiting(ports, name)));
  return fresh.length > 0 ? "sent" : "sent before";
}

/** Whose answer counts, and who has a mailbox; a reminder goes to those who have not answered. */
async function toAsk(ports: AskPorts, told: Committed, { question }: Asked, { asking }: Known, occasion: Occasion): Promise<string[]> {
  if (asking.approvers.length === 0) return [anyApprover];
  const agreed = new Set(countedVotes(asking, question, question.votes ?? []).map(({ name }) => name));
  const asked = occasion === "escalated" ? (told["to"] as readonly string[]) : askedNow(asking, question);
  const people = await Promise.all(asked.filter((name) => !agreed.has(name)).map((name) => ports.approvers.get(name)));
  return people.flatMap((one) => (one?.email === undefined || barred(asking, question, one) !== undefined ? [] : [one.name]));
}

/**
 * One at a time mails to an approver, and gathers before it does. What comes while it is at it was put down first, so that
 * either it sees it in its last look, or the lease is free for who put it down.
 */
async function mailWaiting(ports: AskPorts, name: string): Promise<void> {
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
        "questions come faster than one message each few seconds; Lambda tries again in a minute",
        true,
      );
  }
}

async function mailAll(ports: AskPorts, name: string): Promise<void> {
  const marks = await ports.slips.ofKind(waiting(name));
  const records = await ports.connections.load([...new Set(marks.map(({ data }) => data["endpoint"] as EndpointId))]);
  const open = marks.flatMap(({ data }) => {
    const connection = records.get(data["endpoint"] as EndpointId)?.connection;
    const still = connection?.status === "asking" && connection.question.id === data["question"];
    return still ? [{ connection, occasion: data["occasion"] as Occasion }] : [];
  });
  const questions = [...new Map(open.map((one) => [one.connection.endpoint, one])).values()];
  const [only] = questions;
  if (only !== undefined)
    await ports.people.approvers(questions.length === 1 ? await questionMail(ports, name, only) : await digestMail(ports, name, questions));
  const until = instant(milliseconds(ports.clock()) + keptDays * day);
  for (const { id } of marks) await ports.slips.put({ kind: "mailed", id: `${id}#${name}`, until, data: {} });
  await ports.slips.remove(
    waiting(name),
    marks.map(({ id }) => id),
  );
}

const waiting = (name: string): string => `to-mail#${name}`;
