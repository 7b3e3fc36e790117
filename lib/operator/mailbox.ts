// The deployment's own mailbox (approverEmail): it is asked where no approvers are named, and answers to the name `approvers`.

import { anyApprover, sameMailbox } from "../approver.ts";
import type { MailState } from "../asking/reachable.ts";
import { BadInput, Refused } from "../faults.ts";
import type { Subscription, Subscriptions } from "../ports.ts";
import type { Service } from "../service.ts";
import type { OperatorPorts } from "./operator.ts";

export interface Mailbox {
  readonly name: typeof anyApprover;
  readonly email: string;
}

export interface ListedMailbox extends Mailbox {
  readonly mail: MailState;
  /** The services that name nobody. */
  readonly services: readonly string[];
}

type Ports = Pick<OperatorPorts, "deployment" | "subscriptions">;

/** Nothing where the deployment has none. */
export async function listedMailbox(ports: Ports, services: readonly Service[]): Promise<ListedMailbox | undefined> {
  const email = ports.deployment.mailbox;
  if (email === undefined) return undefined;
  const asked = services.filter(({ asking }) => (asking?.approvers ?? []).length === 0).map(({ service }) => service);
  return { name: anyApprover, email, mail: await mailOf(ports.subscriptions, email), services: asked };
}

/** Its subscription is the one of its address whose filter lets everybody's questions through. */
export async function mailOf(subscriptions: Pick<Subscriptions, "all" | "inspect">, email: string): Promise<MailState> {
  const its = (await subscriptions.all()).filter((one) => isOf(one, email));
  for (const { arn } of its) {
    if (arn === undefined) continue;
    const found = await subscriptions.inspect(arn);
    if (found?.approver === anyApprover) return found.protected ? "confirmed" : "unprotected";
  }
  return its.some(({ arn }) => arn === undefined) ? "pending" : "lost";
}

const isOf = ({ protocol, endpoint }: Subscription, email: string): boolean => protocol === "email" && sameMailbox(endpoint, email);

/** Asks the address to confirm, again too: it may have been unsubscribed by a link in a mail, which nobody but AWS knows. */
export async function subscribeMailbox(
  ports: Ports,
  said: { readonly email?: string; readonly slack?: string; readonly arn?: string },
): Promise<{ approver: Mailbox; changed: boolean; confirmation?: "mailed" }> {
  for (const field of ["email", "slack", "arn"] as const)
    if (said[field] !== undefined) throw new BadInput(field, said[field], `leave it out: ${remedy}`);
  const approver = mailboxOf(ports);
  const mail = await mailOf(ports.subscriptions, approver.email);
  if (mail === "confirmed" || mail === "unprotected") return { approver, changed: false };
  await ports.subscriptions.subscribe(approver.name, approver.email);
  return { approver, changed: true, confirmation: "mailed" };
}

export async function confirmMailbox(ports: Ports, token: string): Promise<{ approver: Mailbox; mail: MailState }> {
  const approver = mailboxOf(ports);
  const subscription = await ports.subscriptions.confirm(token);
  if ((await ports.subscriptions.inspect(subscription))?.approver !== anyApprover)
    throw new Refused("NotConfigured", `That link confirmed another address, not ${approver.email}`, "give the link from the other mail");
  return { approver, mail: await mailOf(ports.subscriptions, approver.email) };
}

export function mailboxOf({ deployment: { mailbox } }: Pick<Ports, "deployment">): Mailbox {
  if (mailbox !== undefined) return { name: anyApprover, email: mailbox };
  throw new Refused("NotConfigured", "The deployment has no mailbox for everybody's questions", remedy);
}

const remedy = "say which it is with approverEmail in drawbridge.config.yml, and deploy";

/** It goes with the setting that it came with. */
export const keptMailbox = (ports: Pick<Ports, "deployment">): Refused =>
  new Refused(
    "NotConfigured",
    `${mailboxOf(ports).email} is the deployment's own`,
    "take approverEmail out of drawbridge.config.yml, and deploy",
  );
