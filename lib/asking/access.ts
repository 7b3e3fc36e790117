// Who is at the page, how they have proved it, and whether their answer can count.

import { anyApprover, type Approver } from "../approver.ts";
import { barred, type Asking } from "../asking-policy.ts";
import { capital } from "../capital.ts";
import type { Question } from "../connection.ts";
import type { Instant } from "../ids.ts";
import type { Approvers } from "../ports.ts";
import { sessionOf, waitingCode, type ProofPorts } from "./proof.ts";

export type Access =
  /** Having the link is enough; what the form must hold shows that a person means it. */
  | { readonly kind: "link"; readonly approver: Pick<Approver, "name" | "arn"> }
  | { readonly kind: "session"; readonly approver: Approver; readonly until: Instant }
  /** A code has to come first; `until` when one is out that this browser may enter. */
  | { readonly kind: "code"; readonly approver: Approver; readonly until?: Instant }
  /** This person's answer would not count. */
  | { readonly kind: "barred"; readonly why: string };

export interface AccessPorts extends ProofPorts {
  readonly approvers: Pick<Approvers, "get">;
}

/** For one question. */
export async function accessTo(
  ports: AccessPorts,
  name: string,
  browser: string,
  asking: Asking,
  question: Pick<Question, "escalatedAt">,
): Promise<Access> {
  if (name === anyApprover)
    return asking.approvers.length === 0
      ? { kind: "link", approver: { name } }
      : { kind: "barred", why: "This link is everybody's, and meanwhile the service names its approvers. They have links of their own." };
  const approver = await ports.approvers.get(name);
  if (approver === undefined || asking.approvers.length === 0) return { kind: "barred", why: notAsked(name) };
  const why = barred(asking, question, approver);
  if (why !== undefined) return { kind: "barred", why: `${capital(why)}.` };
  if (asking.emailProof === "link") return { kind: "link", approver };
  return proved(ports, approver, browser);
}

/** For a question that is settled: who it is counts, and not any more whether their answer would have. */
export async function accessLate(
  ports: AccessPorts,
  name: string,
  browser: string,
  { emailProof }: Pick<Asking, "emailProof">,
): Promise<Access> {
  if (name === anyApprover) return { kind: "link", approver: { name } };
  const approver = await ports.approvers.get(name);
  if (approver === undefined) return { kind: "barred", why: notAsked(name) };
  return emailProof === "link" ? { kind: "link", approver } : proved(ports, approver, browser);
}

/** For the list of questions: an approver by their session or a code; whoever has everybody's link sees it as it is. */
export async function accessToList(ports: AccessPorts, name: string, browser: string): Promise<Access> {
  if (name === anyApprover) return { kind: "link", approver: { name } };
  const approver = await ports.approvers.get(name);
  return approver === undefined ? { kind: "barred", why: notAsked(name) } : proved(ports, approver, browser);
}

async function proved(ports: AccessPorts, approver: Approver, browser: string): Promise<Access> {
  const session = await sessionOf(ports, browser);
  if (session?.approver === approver.name) return { kind: "session", approver, until: session.until };
  const waiting = await waitingCode(ports, approver.name, browser);
  return { kind: "code", approver, ...(waiting === undefined ? {} : { until: waiting.until }) };
}

const notAsked = (name: string): string => `${name} is not an approver any more. Whoever operates Drawbridge can say who is.`;
