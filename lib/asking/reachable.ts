// Whether messages reach the approvers, by mail or in Slack: looked at by each sweep, kept in the log when it changes.

import { sameMailbox, type Approver } from "../approver.ts";
import { optional } from "../optional.ts";
import type { PolicyEvent } from "../events.ts";
import { approverSubject, notBefore } from "../ledger.ts";
import { reachInSlack } from "../slack/reach.ts";
import type { Approvers, Clock, Ledger, Slips, Subscription, Subscriptions } from "../ports.ts";

/** `pending`: the address has not confirmed; `unprotected`: a link in any mail ends it; `lost`: it was there and is gone. */
export type MailState = "none" | "pending" | "confirmed" | "unprotected" | "lost";

export function mailStateOf({ email, subscription }: Approver, subscriptions: readonly Subscription[]): MailState {
  if (email === undefined) return "none";
  const its = subscriptions.filter(({ protocol, endpoint }) => protocol === "email" && sameMailbox(endpoint, email));
  if (its.some(({ arn }) => arn !== undefined && arn === subscription)) return "confirmed";
  return its.some(({ arn }) => arn === undefined) ? "pending" : "lost";
}

export interface ReachablePorts {
  readonly clock: Clock;
  readonly approvers: Pick<Approvers, "all" | "get">;
  readonly subscriptions: Pick<Subscriptions, "all">;
  readonly slips: Pick<Slips, "ofKind">;
  readonly ledger: Pick<Ledger, "commit" | "head">;
}

/**
 * How many approvers no mail reaches, of those who have an address, and of the deployment's own `mailbox`; and how many of the others
 * Slack does not know. SNS and Slack's notes are read only where somebody needs them.
 */
export async function checkApprovers(ports: ReachablePorts, mailbox?: string): Promise<{ readonly unreachable: number }> {
  const approvers = await ports.approvers.all();
  const hasMail = mailbox !== undefined || approvers.some(({ email }) => email !== undefined);
  const subscriptions = hasMail ? await ports.subscriptions.all() : [];
  const inSlack = approvers.some(({ slack }) => slack !== undefined)
    ? await reachInSlack(ports.slips)
    : () => ({ state: "untried" }) as const;
  // One address has one subscription: its filter is looked at by whoever may, in operator/mailbox.ts.
  let unreachable = mailbox === undefined || isConfirmed(mailbox, subscriptions) ? 0 : 1;
  for (const approver of approvers) {
    const byMail = mailStateOf(approver, subscriptions) === "confirmed";
    const slack = approver.slack === undefined ? undefined : inSlack(approver.slack).state;
    if (approver.email === undefined ? slack === "refused" : !byMail) unreachable += 1;
    const how = byMail ? "mail" : slack === "reached" ? "slack" : undefined;
    if ((how !== undefined) !== (approver.reachableSince !== undefined)) await note(ports, approver.name, how);
  }
  return { unreachable };
}

const isConfirmed = (mailbox: string, subscriptions: readonly Subscription[]): boolean =>
  subscriptions.some(({ protocol, endpoint, arn }) => protocol === "email" && sameMailbox(endpoint, mailbox) && arn !== undefined);

const words = {
  mail: "the address is confirmed",
  slack: "Slack took a question to them, or they pressed a button there",
  lost: "the topic has no confirmed subscription of an address of theirs, and nothing shows that Slack reaches them",
};

/** A conflict is left to the next look. */
async function note({ clock, approvers, ledger }: ReachablePorts, name: string, how: "mail" | "slack" | undefined): Promise<void> {
  const reached = how !== undefined;
  const expected = await ledger.head(approverSubject(name));
  const now = await approvers.get(name);
  if (now === undefined || reached === (now.reachableSince !== undefined)) return;
  const at = notBefore(clock(), expected);
  const { reachableSince: _, ...rest } = now;
  const after: Approver = { ...rest, ...optional("reachableSince", reached ? at : undefined), version: expected.seq + 1 };
  const event: PolicyEvent = {
    type: reached ? "ApproverReachable" : "ApproverLost",
    name,
    at,
    by: { kind: how === "slack" ? "drawbridge" : "aws" },
    because: { rule: "observed", detail: words[how ?? "lost"] },
    source: { kind: "sweep" },
  };
  await ledger.commit({ of: "approver", key: name, after, events: [event], expected });
}
