// The approvers: added, changed, confirmed, tried and removed, and whether a message reaches each of them.

import { anyApprover, approverName, sameMailbox, sharedWay, type Approver } from "../approver.ts";
import { optional } from "../optional.ts";
import type { PolicyEvent } from "../events.ts";
import { BadInput, Refused } from "../faults.ts";
import { canonical } from "../canonical.ts";
import { unsaid } from "../grounds.ts";
import { approverSubject, notBefore } from "../ledger.ts";
import { mailStateOf, type MailState } from "../asking/reachable.ts";
import type { Service } from "../service.ts";
import type { SlackReach } from "../slack/reach.ts";
import type { Tried } from "../slack/try-out.ts";
import { utc } from "../when.ts";
import { personWords } from "../wording.ts";
import { anApprover, confirmedApprover, putApprover, read, removedApprover } from "./inputs.ts";
import {
  confirmMailbox,
  keptMailbox,
  listedMailbox,
  mailboxOf,
  mailOf,
  subscribeMailbox,
  type ListedMailbox,
  type Mailbox,
} from "./mailbox.ts";
import { byOperator, untilCommitted, type Operator, type OperatorPorts } from "./operator.ts";

export interface PutApprover {
  readonly approver: Approver | Mailbox;
  readonly changed: boolean;
  /** AWS has mailed the address a link, which has to be given to `approvers confirm`. */
  readonly confirmation?: "mailed";
}

type Said = Pick<Approver, "name" | "email" | "slack" | "arn">;

/** Adds or changes an approver: what is left out is taken away. An address that is not confirmed is asked to confirm, again too. */
export async function put(ports: OperatorPorts, actor: Operator, input: unknown): Promise<PutApprover> {
  const { reason, confirm: confirmed, ...said } = read(putApprover, input);
  if (said.name === anyApprover) return subscribeMailbox(ports, said);
  if (said.email === undefined && said.slack === undefined && said.arn === undefined)
    throw new BadInput("email", undefined, "give at least a mail address, a Slack user or an IAM identity");
  await refuseTwins(ports, said);
  const before = await ports.approvers.get(said.name);
  if (before !== undefined && !confirmed) refuseLosses(before, said);
  const sameAddress = before?.email !== undefined && said.email !== undefined && sameMailbox(before.email, said.email);
  const keeps = sameAddress && mailStateOf(before, await ports.subscriptions.all()) === "confirmed";
  if (before?.subscription !== undefined && !sameAddress) await ports.subscriptions.remove(before.subscription);
  const subscription =
    said.email === undefined ? undefined : keeps ? before.subscription : await ports.subscriptions.subscribe(said.name, said.email);
  const put = await write(ports, actor, said.name, reason ?? unsaid.addApprover, (now, there) => ({
    ...said,
    ...optional("subscription", subscription),
    ...(keeps ? optional("reachableSince", there?.reachableSince) : {}),
    addedAt: there?.addedAt ?? now,
  }));
  return { ...put, ...(said.email !== undefined && !keeps ? { confirmation: "mailed" as const } : {}) };
}

/** What is left out is taken away, and that is seldom what somebody meant who adds a way. */
function refuseLosses(before: Approver, said: Said): void {
  const lost = (["email", "slack", "arn"] as const).flatMap((way) =>
    before[way] === undefined || said[way] !== undefined ? [] : [`the ${wayWords[way]} ${before[way]}`],
  );
  if (lost.length === 0) return;
  throw new Refused(
    "ConfirmationNeeded",
    `This takes away from ${before.name} what is left out: ${lost.join(", ")}`,
    'give it as well, or confirm it: --yes on the command line, "confirm": true in the API',
  );
}

/** Two names of one person would count twice. */
async function refuseTwins(ports: OperatorPorts, said: Said): Promise<void> {
  const { mailbox } = ports.deployment;
  if (said.email !== undefined && mailbox !== undefined && sameMailbox(said.email, mailbox))
    throw new BadInput("email", said.email, "give another: it is approverEmail's, and gets everybody's questions");
  for (const other of await ports.approvers.all()) {
    if (other.name === said.name) continue;
    const twin = sharedWay(said, other);
    if (twin !== undefined) throw new BadInput(twin, said[twin], `give another: ${other.name} has it, and one person is one approver`);
  }
}

async function write(
  ports: OperatorPorts,
  actor: Operator,
  name: string,
  detail: string,
  change: (now: Approver["addedAt"], there: Approver | undefined) => Omit<Approver, "version">,
): Promise<{ approver: Approver; changed: boolean }> {
  return untilCommitted(`approver ${name}`, async () => {
    const expected = await ports.ledger.head(approverSubject(name));
    const there = await ports.approvers.get(name);
    const at = notBefore(ports.clock(), expected);
    const wanted = change(at, there);
    if (there !== undefined && canonical({ ...there, version: 0 }) === canonical({ ...wanted, version: 0 }))
      return { approver: there, changed: false };
    const approver: Approver = { ...wanted, version: expected.seq + 1 };
    const told = { at, name, ...byOperator(actor, detail) };
    const event: PolicyEvent =
      there === undefined
        ? { type: "ApproverAdded", to: approver, ...told }
        : { type: "ApproverChanged", from: there, to: approver, ...told };
    const head = await ports.ledger.commit({ of: "approver", key: name, after: approver, events: [event], expected });
    return typeof head === "string" ? "conflict" : { approver, changed: true };
  });
}

/**
 * Confirms the address with the link from AWS's mail, given here and not opened: then ending the subscription takes AWS
 * credentials, and a scanner that opens the unsubscribe link in every mail ends nothing.
 */
export async function confirm(
  ports: OperatorPorts,
  actor: Operator,
  input: unknown,
): Promise<{ approver: Approver | Mailbox; mail: MailState }> {
  const { name, token } = read(confirmedApprover, input);
  if (name === anyApprover) return confirmMailbox(ports, token);
  const before = await existing(ports, name);
  if (before.email === undefined)
    throw new Refused("NotConfigured", `${name} has no mail address`, "give one with: drawbridge approvers add");
  const subscription = await ports.subscriptions.confirm(token);
  const other = (await ports.approvers.all()).find((one) => one.name !== name && one.subscription === subscription);
  if (other !== undefined)
    throw new Refused(
      "NotConfigured",
      `That link confirmed the address of ${other.name}, not of ${name}`,
      "give the link from the other mail",
    );
  const { approver } = await write(ports, actor, name, unsaid.confirmApprover, (now, there) => ({
    ...(there ?? before),
    subscription,
    reachableSince: there?.reachableSince ?? now,
  }));
  return { approver, mail: await stateOf(ports, approver) };
}

export interface ListedApprover extends Approver {
  readonly mail: MailState;
  /** Absent for who has no user there. */
  readonly inSlack?: SlackReach;
  /** The services that name them. */
  readonly services: readonly string[];
}

export interface ListedApprovers {
  readonly items: readonly ListedApprover[];
  /** The deployment's own, which is asked where nobody is named. */
  readonly mailbox?: ListedMailbox;
  readonly warnings: readonly string[];
}

export async function list(
  ports: Pick<OperatorPorts, "approvers" | "subscriptions" | "services" | "deployment" | "slack">,
): Promise<ListedApprovers> {
  const [approvers, subscriptions, services, reach] = await Promise.all([
    ports.approvers.all(),
    ports.subscriptions.all(),
    ports.services.all(),
    ports.slack.reach(),
  ]);
  const items = await Promise.all(
    approvers.map(async (approver) => ({
      ...approver,
      mail: await confirmedState(ports, mailStateOf(approver, subscriptions), approver),
      ...optional("inSlack", approver.slack === undefined ? undefined : reach(approver.slack)),
      services: namedBy(approver.name, services),
    })),
  );
  const own = new Set(approvers.map(({ subscription }) => subscription));
  const others = subscriptions.filter(({ arn }) => arn !== undefined && !own.has(arn));
  const warnings = twinsAmong(approvers);
  for (const { arn = "", endpoint } of others) {
    const inspected = await ports.subscriptions.inspect(arn);
    if (inspected === undefined || inspected.approver === anyApprover) continue;
    warnings.push(
      inspected.approver === undefined
        ? `${endpoint} is subscribed to the approvals topic without a filter, and gets every approver's messages and codes; end it: ${arn}`
        : `${endpoint} is subscribed to the approvals topic as ${inspected.approver}, past Drawbridge; end it: ${arn}`,
    );
  }
  return { items, ...optional("mailbox", await listedMailbox(ports, services)), warnings };
}

/** Those that a Drawbridge from before let in. */
const twinsAmong = (approvers: readonly Approver[]): string[] =>
  approvers.flatMap((one, index) =>
    approvers.slice(index + 1).flatMap((other) => {
      const way = sharedWay(one, other);
      return way === undefined
        ? []
        : [`${one.name} and ${other.name} have one ${wayWords[way]}, and one person is one approver: remove or change one of them`];
    }),
  );
const wayWords = { email: "mail address", slack: "Slack user", arn: "IAM identity" } as const;

const namedBy = (name: string, services: readonly Service[]): string[] =>
  services
    .filter(({ asking }) => asking?.approvers?.includes(name) === true || asking?.escalateTo?.includes(name) === true)
    .map(({ service }) => service);

const stateOf = async (ports: OperatorPorts, approver: Approver): Promise<MailState> =>
  confirmedState(ports, mailStateOf(approver, await ports.subscriptions.all()), approver);

/** Who only followed the link in AWS's mail can be unsubscribed by anybody who follows the one in ours. */
async function confirmedState(
  { subscriptions }: Pick<OperatorPorts, "subscriptions">,
  state: MailState,
  { subscription }: Approver,
): Promise<MailState> {
  if (state !== "confirmed" || subscription === undefined) return state;
  return (await subscriptions.inspect(subscription))?.protected === true ? "confirmed" : "unprotected";
}

/** Removes an approver and their subscription. Their agreements to open questions count no more once no service names them. */
export async function remove(ports: OperatorPorts, actor: Operator, input: unknown): Promise<{ approver: Approver }> {
  const { name, reason, confirm: confirmed } = read(removedApprover, input);
  if (name === anyApprover) throw keptMailbox(ports);
  const before = await existing(ports, name);
  const naming = namedBy(name, await ports.services.all());
  if (naming.length > 0 && !confirmed)
    throw new Refused(
      "ConfirmationNeeded",
      `${name} is an approver of ${naming.join(", ")}, whose questions would be put to one person fewer`,
      'confirm it to go on: --yes on the command line, "confirm": true in the API',
    );
  if (before.subscription !== undefined) await ports.subscriptions.remove(before.subscription);
  return untilCommitted(`approver ${name}`, async () => {
    const expected = await ports.ledger.head(approverSubject(name));
    const approver = await existing(ports, name);
    const event: PolicyEvent = {
      type: "ApproverRemoved",
      name,
      from: approver,
      at: notBefore(ports.clock(), expected),
      ...byOperator(actor, reason ?? unsaid.removeApprover),
    };
    const head = await ports.ledger.commit({ of: "approver", key: name, events: [event], expected });
    return typeof head === "string" ? "conflict" : { approver };
  });
}

export interface TriedApprover {
  readonly approver: Approver | Mailbox;
  readonly mail: MailState;
  /** Whether it was mailed. */
  readonly sent: boolean;
  /** What Slack said; absent for who has no user there. */
  readonly slack?: Tried;
}

/** Sends a message that asks nothing, by mail and in Slack, to see whether it arrives. */
export async function test(ports: OperatorPorts, actor: Operator, input: unknown): Promise<TriedApprover> {
  const { name } = read(anApprover, input);
  const approver = name === anyApprover ? mailboxOf(ports) : await existing(ports, name);
  const mail = await ("version" in approver ? stateOf(ports, approver) : mailOf(ports.subscriptions, approver.email));
  const sent = mail === "confirmed" || mail === "unprotected";
  const text = `This is only a test, sent on ${utc(ports.clock())} by ${personWords(actor.arn)}. When a connection waits for you, ${name}, a message like this one comes with`;
  if (sent)
    await ports.people.approvers({
      subject: "A test: Drawbridge reaches you",
      text: `${text} a link. There is nothing to do.`,
      attributes: { type: "Test", approver: name },
    });
  const user = "slack" in approver ? approver.slack : undefined;
  const slack = user === undefined ? undefined : await ports.slack.tell(user, `${text} buttons. There is nothing to do.`);
  return { approver, mail, sent, ...optional("slack", slack) };
}

async function existing({ approvers }: OperatorPorts, name: string): Promise<Approver> {
  const found = await approvers.get(approverName(name));
  if (found === undefined)
    throw new Refused("NotFound", `There is no approver ${name}`, "see who there is with: drawbridge approvers list");
  return found;
}
