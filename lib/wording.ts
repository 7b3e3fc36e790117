// The words people read about events, actors and states: the same in the CLI, on the pages, in messages and in the API.

import { anyApprover, type Approver } from "./approver.ts";
import type { Status } from "./connection-states.ts";
import type { Actor, ClosedReason, ConnectionEvent, DrawbridgeEvent, EffectKind, PolicyEvent, Verdict } from "./events.ts";
import { privateDnsWords } from "./private-dns.ts";
import type { Service } from "./service.ts";
import { differences } from "./differences.ts";
import { disconnectWords } from "./disconnect.ts";
import { entryWords } from "./entry-words.ts";
import { reasonOf } from "./grounds.ts";
import { associateCommand } from "./vpcs.ts";
import { utc } from "./when.ts";

/** A state in a few words. What outsiders wrote may occur in any text of this file: whoever shows it makes it harmless. */
export const statusWords: Readonly<Record<Status, string>> = {
  requested: "requested, not decided yet",
  asking: "waiting for an approver",
  approved: "accepted, not available yet",
  connected: "connected",
  denied: "refused, not yet rejected by AWS",
  rejected: "rejected",
  adopted: "adopted",
  closed: "closed",
};

/** What happened, complete on its own: `accepted, because account 222222222222 (acme) at vpce-svc-…: accept, version 1`. */
export function sentence(event: DrawbridgeEvent): string {
  switch (event.type) {
    case "EntryAdded":
    case "EntryChanged":
    case "EntryRemoved":
    case "ServiceAdded":
    case "ServiceEnforced":
    case "ServiceChanged":
    case "ServiceRemoved":
    case "PrivateDnsChanged":
    case "AcceptanceSwitchedOff":
    case "AcceptanceSwitchedOn":
    case "ServiceAttributed":
    case "ApproverAdded":
    case "ApproverChanged":
    case "ApproverRemoved":
    case "ApproverReachable":
    case "ApproverLost":
    case "Frozen":
    case "Unfrozen":
    case "PermissionsFollowed":
    case "PermissionsFailed":
      return policySentence(event);
    default:
      return sentenceOfConnection(event);
  }
}

/** The same for those who tell of connections alone. */
export function sentenceOfConnection(event: ConnectionEvent): string {
  switch (event.type) {
    case "EffectFailed":
    case "EffectRecovered":
    case "LabelChanged":
    case "VpcNamed":
    case "VpcGranted":
    case "VpcAuthorized":
    case "VpcWithdrawn":
    case "NameAssigned":
    case "NameChanged":
    case "NameMade":
    case "NameDrifted":
    case "NameClashed":
    case "NameRemoved":
      return effectSentence(event);
    default:
      return connectionSentence(event);
  }
}

/** Who did it, short enough for a column: `alice of 111111111111`, `Ann (link)`, `allow-list`, `AWS`. `writer`: whose entry it was, where that is known. */
export function actorWords(actor: Actor, writer?: string): string {
  switch (actor.kind) {
    case "entry":
      return writer === undefined ? "allow-list" : `allow-list, entry by ${personWords(writer)}`;
    case "approver":
      if (actor.name === anyApprover && actor.channel === "link") return "somebody with the link";
      return `${actor.name} (${actor.channel === "slack" ? "Slack" : "link"})`;
    case "operator":
      return personWords(actor.arn);
    case "aws":
      return "AWS";
    case "outside":
      return actor.arn === undefined ? "somebody outside" : `${personWords(actor.arn)}, outside`;
    case "drawbridge":
      return "Drawbridge";
  }
}

/** An IAM ARN as people say it: `alice of 111111111111`; a role's session comes with its role. */
export function personWords(arn: string): string {
  const [, , , , account = "", resource = ""] = arn.split(":");
  if (account === "" || resource === "") return arn;
  if (resource === "root") return `root of ${account}`;
  const [kind, ...path] = resource.split("/");
  const name = path.at(-1) ?? resource;
  return kind === "assumed-role" && path.length > 1 ? `${name} (${path.slice(0, -1).join("/")}) of ${account}` : `${name} of ${account}`;
}

export const verdictWords: Readonly<Record<Verdict, string>> = {
  accept: "would be accepted",
  ask: "approvers would be asked",
  reject: "would be rejected",
};

const closedWords: Readonly<Record<ClosedReason, string>> = {
  deleted: "the endpoint was deleted",
  failed: "AWS shows it failed",
  expired: "AWS shows it expired",
  vanished: "AWS no longer lists it",
};

const effectWords: Readonly<Record<EffectKind, string>> = {
  accept: "accept it",
  reject: "reject it",
  "make-name": "make its name",
  "remove-name": "remove its name",
  "authorize-vpc": "let its VPC see the private zone",
  "withdraw-vpc": "take its VPC's sight of the private zone away",
};

type EffectEvent = Extract<
  ConnectionEvent,
  { type: "EffectFailed" | "EffectRecovered" | "LabelChanged" | `Name${string}` | `Vpc${string}` }
>;

function connectionSentence(event: Exclude<ConnectionEvent, EffectEvent>): string {
  const why = event.because.detail;
  switch (event.type) {
    case "ConnectionRequested": {
      const { account, region, state } = event.observed;
      return `requested by account ${account}${region === undefined ? "" : ` from ${region}`}; AWS shows ${state}`;
    }
    case "ConnectionAdopted":
      return `adopted: account ${event.observed.account}'s connection was there before, ${why}`;
    case "VerdictNoted":
      return `${verdictWords[event.verdict]}, because ${why}; the service is only observed, so nothing is done`;
    case "ApprovalRequested":
      return `approvers are asked, because ${why}`;
    case "ApprovalGiven":
      return `${agreeing(event)} agrees, ${String(event.given)} of ${String(event.quorum)} needed${event.reason === undefined ? "" : `: ${event.reason}`}`;
    case "ApprovalReminded":
      return `approvers are reminded (${String(event.reminder)}), because ${why}`;
    case "ApprovalEscalated":
      return `${event.to.join(" and ")} asked as well, because ${why}`;
    case "ConnectionApproved":
      if (event.breakGlass === true)
        return `break-glass: accepted by ${actorWords(event.by)} alone, past its approvers${event.reason === undefined ? "" : `: ${event.reason}`}`;
      return decided("accepted", event);
    case "ConnectionDenied":
      return decided(event.revokes ? "revoked" : "rejected", event);
    case "ConnectionAvailable":
      return "AWS shows it available";
    case "ConnectionRejected":
      return "AWS shows it rejected";
    case "AcceptedOutside":
      return `accepted outside Drawbridge, ${event.kept ? "and kept" : "which this service does not keep: the allow-list decides"}`;
    case "RejectedOutside":
      return "rejected outside Drawbridge";
    case "Attributed":
      return `CloudTrail tells: ${personWords(event.arn)} called ${event.action}`;
    case "AnswerRefused":
      return `${actorWords(event.by)} chose ${event.choice}, which was refused: ${event.why}`;
    case "ConnectionMissing":
      return "AWS's listing is without it";
    case "ConnectionFound":
      return "AWS lists it again";
    case "ConnectionClosed":
      return `closed: ${closedWords[event.reason]}`;
    case "ConnectionCounted":
      return "counts against the limit of the entry that holds it";
    case "RevocationAnnounced":
      return `will be cut at ${utc(event.due)}, because ${why}`;
    case "RevocationWithdrawn":
      return `will not be cut at ${utc(event.due)} after all, because ${why}`;
    case "ExpiryAnnounced":
      return `the entry that holds it expires at ${utc(event.expires)}: then it is ${event.cut ? "cut" : "kept, and new connections are asked about"}`;
    default:
      return unknown(event);
  }
}

/** Who agrees by the command is named by their identity besides. */
const agreeing = ({ approver, by }: Extract<ConnectionEvent, { type: "ApprovalGiven" }>): string =>
  by.kind === "approver" && by.name === approver ? actorWords(by) : `${approver} (${actorWords(by)})`;

function effectSentence(event: EffectEvent): string {
  switch (event.type) {
    case "EffectFailed":
      return `AWS refused to ${effectWords[event.effect]} (try ${String(event.count)}): ${event.code}: ${event.message}`;
    case "EffectRecovered":
      return `AWS did ${effectWords[event.effect]} in the end, after ${String(event.count)} refused ${event.count === 1 ? "try" : "tries"} since ${utc(event.first)}`;
    case "NameAssigned":
      return `is given the name ${event.name.fqdn}`;
    case "LabelChanged":
      return `will be called ${event.label}, because ${event.because.detail}`;
    case "VpcNamed":
      return event.vpc === undefined ? "its VPC is no longer named" : `its VPC is ${event.vpc.id} in ${event.vpc.region}`;
    case "VpcGranted":
      return event.again === true
        ? `Route 53 lacks that its VPC ${event.vpc.id} may see the private zone ${event.zone}; it is authorized again`
        : `its VPC ${event.vpc.id} is to see the private zone ${event.zone}`;
    case "VpcAuthorized":
      return `its VPC ${event.vpc.id} may see the private zone ${event.zone}; the consumer runs, once: ${associateCommand(event.zone, event.vpc)}`;
    case "VpcWithdrawn":
      return `its VPC ${event.vpc.id} no longer sees the private zone ${event.zone} by this connection`;
    case "NameChanged":
      return `${event.fqdn} is to lead to ${event.target.name} (${event.types.join(" and ")})`;
    case "NameDrifted":
      return `the zone lacks what Drawbridge had made: ${event.lacks.join(", ")}; it is made again`;
    case "NameClashed":
      return `${event.found} (try ${String(event.count)}). Drawbridge does not touch it: remove it, or give the consumer another label`;
    case "NameMade":
      return `${event.fqdn} leads to its endpoint`;
    case "NameRemoved":
      return `${event.fqdn} is removed`;
  }
}

/** With the reason that a person gave; a freeze's is said already. */
function policySentence(event: PolicyEvent): string {
  const reason = event.type === "Frozen" ? undefined : reasonOf(event.because);
  return `${policyWords(event)}${reason === undefined ? "" : `, because ${reason}`}`;
}

function policyWords(event: PolicyEvent): string {
  switch (event.type) {
    case "EntryAdded":
      return `entry added: ${entryWords(event.to)}`;
    case "EntryChanged":
      return `entry changed: ${entryWords(event.to)}; ${differences(event.from, event.to) || "nothing differs"}`;
    case "EntryRemoved":
      return `entry removed: ${entryWords(event.from)}${event.disconnect === undefined ? "" : `; who it let in is ${disconnectWords(event.disconnect)}`}`;
    case "ServiceAdded":
      return `taken into care: ${serviceWords(event.to)}`;
    case "ServiceEnforced":
      return "enforced: from now on decisions are carried out";
    case "ServiceChanged":
      return `settings changed: ${differences(event.from, event.to) || serviceWords(event.to)}`;
    case "ServiceRemoved":
      return "released from care; its connections stay as they are";
    case "PrivateDnsChanged":
      return event.to === undefined
        ? `private DNS name ${event.from?.name ?? ""} is gone`
        : `private DNS name ${privateDnsWords(event.to)}`;
    case "AcceptanceSwitchedOff":
      return "acceptance is switched off: AWS lets everybody in without asking";
    case "AcceptanceSwitchedOn":
      return "acceptance is required again";
    case "ServiceAttributed":
      return `CloudTrail tells: ${personWords(event.arn)} called ${event.call}`;
    case "ApproverAdded":
      return `approver ${event.name} added: ${approverWords(event.to)}`;
    case "ApproverChanged":
      return `approver ${event.name} changed: ${approverWords(event.to)}; before: ${approverWords(event.from)}`;
    case "ApproverRemoved":
      return `approver ${event.name} removed`;
    case "ApproverReachable":
      return `messages reach approver ${event.name}`;
    case "ApproverLost":
      return `no message reaches approver ${event.name} any more: ${event.because.detail}`;
    case "Frozen":
      return `frozen: nothing is accepted automatically, people are asked instead: ${event.reason}`;
    case "Unfrozen":
      return "no longer frozen: the allow-list accepts again";
    case "PermissionsFollowed":
      return `the endpoint service's permissions follow the allow-list: ${accountWords("added", event.added)}, ${accountWords("removed", event.removed)}`;
    case "PermissionsFailed":
      return `the endpoint service's permissions could not follow the allow-list (try ${String(event.count)}): ${event.code}: ${event.message}; ${accountWords("to be added", event.added)}, ${accountWords("to be removed", event.removed)}`;
  }
}

const accountWords = (word: string, accounts: readonly string[] = []): string =>
  accounts.length === 0
    ? `nothing ${word}`
    : `${word} ${accounts.slice(0, 5).join(", ")}${accounts.length > 5 ? ` and ${String(accounts.length - 5)} more` : ""}`;

/** The ways that lead to an approver, without the addresses themselves. */
function approverWords(value: unknown): string {
  const { email, slack, arn } = value as Partial<Approver>;
  const ways = [...(email === undefined ? [] : ["mail"]), ...(slack === undefined ? [] : ["Slack"])];
  return [
    ways.length === 0 ? "no way to reach them" : `by ${ways.join(" and ")}`,
    arn === undefined ? "no IAM identity" : personWords(arn),
  ].join(", ");
}

/** A decision as the record keeps it: `accepted by Ann (link): known`. */
export const decisionWords = (decision: Decided & { readonly verdict: "accept" | "reject" }): string =>
  decided(decision.verdict === "accept" ? "accepted" : "rejected", decision);

type Decided = Pick<Extract<ConnectionEvent, { type: "ConnectionApproved" | "ConnectionDenied" }>, "by" | "because" | "reason">;

/** A person's decision names them and their reason; any other names its ground. */
function decided(word: string, { by, because, reason }: Decided): string {
  if (by.kind !== "approver" && by.kind !== "operator")
    return `${word}, because ${because.detail}${reason === undefined ? "" : `; its reason: ${reason}`}`;
  return `${word} by ${actorWords(by)}${reason === undefined ? "" : `: ${reason}`}`;
}

function serviceWords(value: unknown): string {
  const { mode, zone, outsideAccept } = value as Partial<Service>;
  return [
    mode ?? "enforce",
    zone === undefined ? "no names" : `names in ${zone.name}`,
    outsideAccept === "enforce" ? "accepts outside are not kept" : "accepts outside are kept",
  ].join(", ");
}

/** `SomethingNew` as `something new`: an event of a newer Drawbridge. Of ours, each has its words above. */
const unknown = (event: never): string => (event as ConnectionEvent).type.replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
