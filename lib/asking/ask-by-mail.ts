// Asking people by mail: each approver gets a message of their own, when a question comes, when it is still open, and when it goes to the next.

import { anyApprover } from "../approver.ts";
import { askedNow, barred, countedVotes } from "../asking-policy.ts";
import type { Connection } from "../connection.ts";
import { mailTo, type MailPorts } from "./mail-waiting.ts";
import { known, type Known } from "./profile.ts";
import type { Occasion } from "./question-mail.ts";
import { recordOf, type Committed } from "./tell.ts";

const occasions = { ApprovalRequested: "asked", ApprovalReminded: "reminded", ApprovalEscalated: "escalated" } as const;
export const asks = ({ type }: Pick<Committed, "type">): boolean => type in occasions;

type Asked = Extract<Connection, { status: "asking" }>;

export async function askByMail(ports: MailPorts, told: Committed): Promise<"sent" | "waits" | "sent before" | "outdated"> {
  const connection = await recordOf(ports, told);
  if (connection?.status !== "asking" || connection.question.id !== told["question"]) return "outdated";
  const about = await known(ports, connection, ports.clock());
  const occasion = occasions[told.type as keyof typeof occasions];
  const names = await toAsk(ports, told, connection, about, occasion);
  return mailTo(ports, told, names, { endpoint: connection.endpoint, question: connection.question.id, occasion });
}

/** Whose answer counts, and who has a mailbox; a reminder goes to those who have not answered. */
async function toAsk(ports: MailPorts, told: Committed, { question }: Asked, { asking }: Known, occasion: Occasion): Promise<string[]> {
  if (asking.approvers.length === 0) return [anyApprover];
  const agreed = new Set(countedVotes(asking, question, question.votes ?? []).map(({ name }) => name));
  const asked = occasion === "escalated" ? (told["to"] as readonly string[]) : askedNow(asking, question);
  const people = await Promise.all(asked.filter((name) => !agreed.has(name)).map((name) => ports.approvers.get(name)));
  return people.flatMap((one) => (one?.email === undefined || barred(asking, question, one) !== undefined ? [] : [one.name]));
}
