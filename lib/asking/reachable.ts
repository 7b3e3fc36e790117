// Whether mail reaches the approvers: held against the topic's subscriptions by each sweep, kept in the log when it changes.

import type { Approver } from "../approver.ts";
import { optional } from "../optional.ts";
import type { PolicyEvent } from "../events.ts";
import { approverSubject } from "../ledger.ts";
import type { Approvers, Clock, Ledger, Subscription, Subscriptions } from "../ports.ts";

/** `pending`: the address has not confirmed; `unprotected`: a link in any mail ends it; `lost`: it was there and is gone. */
export type MailState = "none" | "pending" | "confirmed" | "unprotected" | "lost";

export function mailStateOf({ email, subscription }: Approver, subscriptions: readonly Subscription[]): MailState {
  if (email === undefined) return "none";
  const its = subscriptions.filter(({ protocol, endpoint }) => protocol === "email" && endpoint.toLowerCase() === email.toLowerCase());
  if (its.some(({ arn }) => arn !== undefined && arn === subscription)) return "confirmed";
  return its.some(({ arn }) => arn === undefined) ? "pending" : "lost";
}

export interface ReachablePorts {
  readonly clock: Clock;
  readonly approvers: Pick<Approvers, "all" | "get">;
  readonly subscriptions: Pick<Subscriptions, "all">;
  readonly ledger: Pick<Ledger, "commit" | "head">;
}

/** How many approvers no mail reaches, of those who have an address. Without any such, SNS is not asked. */
export async function checkApprovers(ports: ReachablePorts): Promise<{ readonly unreachable: number }> {
  const approvers = (await ports.approvers.all()).filter(({ email }) => email !== undefined);
  if (approvers.length === 0) return { unreachable: 0 };
  const subscriptions = await ports.subscriptions.all();
  let unreachable = 0;
  for (const approver of approvers) {
    const reached = mailStateOf(approver, subscriptions) === "confirmed";
    if (!reached) unreachable += 1;
    if (reached !== (approver.reachableSince !== undefined)) await note(ports, approver.name, reached);
  }
  return { unreachable };
}

/** A conflict is left to the next look. */
async function note({ clock, approvers, ledger }: ReachablePorts, name: string, reached: boolean): Promise<void> {
  const expected = await ledger.head(approverSubject(name));
  const now = await approvers.get(name);
  if (now?.email === undefined || reached === (now.reachableSince !== undefined)) return;
  const at = clock();
  const { reachableSince: _, ...rest } = now;
  const after: Approver = { ...rest, ...optional("reachableSince", reached ? at : undefined), version: expected.seq + 1 };
  const event: PolicyEvent = {
    type: reached ? "ApproverReachable" : "ApproverLost",
    name,
    at,
    by: { kind: "aws" },
    because: { rule: "observed", detail: reached ? "the address is confirmed" : "the topic has no confirmed subscription of the address" },
    source: { kind: "sweep" },
  };
  await ledger.commit({ of: "approver", key: name, after, events: [event], expected });
}
