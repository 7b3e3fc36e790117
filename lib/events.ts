// The events Drawbridge keeps for ever: what became true, when, by whom and because of what.

import type { Check } from "./allow-list.ts";
import type { Disconnect } from "./disconnect.ts";
import type { AccountId, EndpointId, Instant, ServiceId, ZoneId } from "./ids.ts";
import type { AwsState, DnsTarget, IpAddressType } from "./observed.ts";
import type { PrivateDns } from "./private-dns.ts";
import type { Vpc } from "./vpcs.ts";

/** Why an event happened: the rule that fired, and what it saw. */
export interface Because {
  readonly rule: Rule;
  readonly detail: string;
}

export type Rule =
  | "reject-entry" // a reject entry applies
  | "entry" // the most specific entry decides
  | "condition" // the deciding entry's condition fails or cannot be known
  | "entry-removed" // the entry that held it was removed
  | "entry-expired" // the entry that held it has expired
  | "no-entry" // nothing matches the consumer
  | "frozen" // nothing is accepted automatically
  | "approvers" // people decided
  | "break-glass" // one operator decided alone
  | "silence" // nobody answered in time
  | "operator" // an operator decided or changed something
  | "observed" // AWS shows it
  | "outside" // somebody did it past Drawbridge
  | "adopted" // it was there before Drawbridge
  | "names" // the naming rules
  | "effect"; // an attempt at AWS

/** Who did it. */
export type Actor =
  | { readonly kind: "entry"; readonly entry: EntryRef }
  | { readonly kind: "approver"; readonly name: string; readonly channel: "link" | "slack"; readonly arn?: string }
  | { readonly kind: "operator"; readonly arn: string }
  | { readonly kind: "aws" }
  | { readonly kind: "outside"; readonly arn?: string }
  | { readonly kind: "drawbridge" };

/** One version of one allow-list entry. */
export interface EntryRef {
  readonly service: ServiceId | "*";
  readonly principal: string;
  readonly version: number;
}

/** An entry that matched when the list gave its verdict: what it came to, and what each of its conditions saw. */
export interface LoggedFinding {
  readonly entry: EntryRef;
  readonly verdict: Verdict;
  readonly outcome: "applies" | "condition-fails" | "condition-unknown";
  readonly decides: boolean;
  readonly checks: readonly Check[];
  /** Who wrote this version, and when; absent for entries that could not be looked up. */
  readonly author?: string;
  readonly at?: Instant;
  readonly name?: string;
}

/** What brought the matter up; the first message's raw text is kept, since AWS does not document its shape. */
export interface Source {
  readonly kind: "notification" | "cloudtrail" | "bus" | "look-again" | "sweep" | "answer" | "api" | "dns";
  /** At most 2,048 characters. */
  readonly raw?: string;
}

interface Common {
  readonly at: Instant;
  readonly by: Actor;
  readonly because: Because;
  readonly source?: Source;
}

/** A name given to a connection, with all that its records hold, so that they can be deleted exactly. */
export interface Name extends NameContent {
  readonly fqdn: string;
  readonly zone: ZoneId;
  readonly made: boolean;
  /** What its records may still hold from before, oldest first, while it is not made again. */
  readonly was?: readonly NameContent[];
}
export interface NameContent {
  readonly target: DnsTarget;
  readonly types: readonly ("A" | "AAAA")[];
}

export type EffectKind = "accept" | "reject" | "make-name" | "remove-name" | "authorize-vpc" | "withdraw-vpc";

export type ConnectionEvent = Common &
  (
    | { readonly type: "ConnectionRequested"; readonly observed: Facts }
    | { readonly type: "ConnectionAdopted"; readonly observed: Facts }
    | ({ readonly type: "VerdictNoted"; readonly verdict: Verdict; readonly entry?: EntryRef } & Founded)
    | ({ readonly type: "ApprovalRequested"; readonly question: string; readonly entry?: EntryRef } & Founded)
    | {
        readonly type: "ApprovalGiven";
        readonly question: string;
        /** The approver whose agreement it is; an operator agrees as the approver with their IAM identity. */
        readonly approver: string;
        readonly arn?: string;
        /** How many agree by now, and how many must. */
        readonly given: number;
        readonly quorum: number;
        readonly scope?: Scope;
        readonly reason?: string;
      }
    | { readonly type: "ApprovalReminded"; readonly question: string; readonly reminder: number }
    | { readonly type: "ApprovalEscalated"; readonly question: string; readonly to: readonly string[] }
    | ({
        readonly type: "ConnectionApproved";
        readonly question?: string;
        readonly entry?: EntryRef;
        readonly label?: string;
        readonly reason?: string;
        /** The approvers who agreed, where several had to. */
        readonly approvers?: readonly string[];
        /** One operator alone, past those who are asked. */
        readonly breakGlass?: true;
        /** The answer spoke of the account from now on: the entry it wrote. */
        readonly standing?: EntryRef;
        /** The counter of the entry's limit, which this connection takes one of. */
        readonly counter?: string;
        readonly atMost?: number;
      } & Founded)
    | ({
        readonly type: "ConnectionDenied";
        readonly question?: string;
        readonly entry?: EntryRef;
        readonly revokes: boolean;
        /** Of a cut that was told of beforehand: for when. */
        readonly announced?: Instant;
        /** Why, in the words of whoever decided it, or wrote the entry that rejects. */
        readonly reason?: string;
        /** The answer wants no more questions about the account for a while: the entry it wrote. */
        readonly standing?: EntryRef;
        /** The counter that gets one back. */
        readonly counter?: string;
      } & Founded)
    | { readonly type: "ConnectionAvailable" }
    | { readonly type: "ConnectionRejected" }
    | { readonly type: "AcceptedOutside"; readonly kept: boolean }
    | { readonly type: "RejectedOutside"; readonly counter?: string }
    | {
        readonly type: "Attributed";
        readonly action: "accept" | "reject";
        readonly arn: string;
        readonly event: string;
      }
    | { readonly type: "AnswerRefused"; readonly choice: Choice; readonly why: string; readonly cause?: RefusalCause }
    | {
        readonly type: "EffectFailed";
        readonly effect: EffectKind;
        readonly code: string;
        readonly message: string;
        readonly first: Instant;
        readonly count: number;
      }
    | {
        readonly type: "EffectRecovered";
        readonly effect: EffectKind;
        readonly first: Instant;
        readonly count: number;
      }
    | { readonly type: "LabelChanged"; readonly label: string; readonly entry?: EntryRef }
    | { readonly type: "VpcNamed"; readonly vpc?: Vpc; readonly entry?: EntryRef }
    | {
        readonly type: "VpcGranted";
        readonly zone: ZoneId;
        readonly vpc: Vpc;
        /** It was authorized before, and Route 53 lists that no longer. */
        readonly again?: true;
      }
    | { readonly type: "VpcAuthorized" | "VpcWithdrawn"; readonly zone: ZoneId; readonly vpc: Vpc }
    | { readonly type: "NameAssigned"; readonly name: Name }
    | ({ readonly type: "NameChanged"; readonly fqdn: string } & NameContent)
    | { readonly type: "NameDrifted"; readonly fqdn: string; readonly lacks: readonly string[] }
    | { readonly type: "NameClashed"; readonly fqdn: string; readonly found: string; readonly first: Instant; readonly count: number }
    | { readonly type: "NameMade"; readonly fqdn: string }
    | { readonly type: "NameRemoved"; readonly fqdn: string }
    | { readonly type: "ConnectionMissing" }
    | { readonly type: "ConnectionFound" }
    | { readonly type: "ConnectionClosed"; readonly reason: ClosedReason; readonly counter?: string }
    | { readonly type: "ConnectionCounted"; readonly counter: string }
    | { readonly type: "RevocationAnnounced"; readonly due: Instant; readonly entry: EntryRef }
    | { readonly type: "RevocationWithdrawn"; readonly due: Instant; readonly entry: EntryRef }
    | { readonly type: "ExpiryAnnounced"; readonly expires: Instant; readonly entry: EntryRef; readonly cut: boolean }
  );

/** Of the list's own verdict: every entry that matched, most specific first. Absent where none did, and in events from before it was kept. */
interface Founded {
  readonly findings?: readonly LoggedFinding[];
}

export type ConnectionEventType = ConnectionEvent["type"];
export type Verdict = "accept" | "ask" | "reject";
export type Choice = "approve" | "reject";
/** Why an answer did not count; events from before it was told so have the words alone. */
export type RefusalCause =
  | "settled" // the question is closed, or there is none
  | "stranger" // somebody who is no approver
  | "not-theirs" // an approver or operator whose answer does not count here
  | "not-offered" // the service's answers do not speak about the account
  | "repeated" // they agreed already
  | "reject-entry" // a reject entry applies
  | "entry-stands" // an operator's entry is in the way of a lasting answer
  | "observed" // the service is only observed
  | "unsure"; // what bears on it is not known, or not asked yet
/** Why an answer does not count, in a word and in words. */
export interface Refusal {
  readonly cause: RefusalCause;
  readonly why: string;
}
/** What an answer speaks about: this connection, or its account from now on. */
export type Scope = "once" | "account";
export type ClosedReason = "deleted" | "failed" | "expired" | "vanished";

/** What AWS showed when the connection was first seen. */
export interface Facts {
  readonly endpoint: EndpointId;
  readonly service: ServiceId;
  /** `VpcEndpointOwner`: the consumer's account, as AWS knows it. */
  readonly account: AccountId;
  readonly state: AwsState;
  /** `VpcEndpointRegion`; absent when AWS does not say. */
  readonly region?: string;
  readonly ipAddressType?: IpAddressType;
  readonly createdAt?: Instant;
}

/** What happens to entries and services is kept in the same log, each under its own subject. */
export type PolicyEvent = Common &
  (
    | { readonly type: "EntryAdded"; readonly entry: EntryRef; readonly to: unknown }
    | {
        readonly type: "EntryChanged";
        readonly entry: EntryRef;
        readonly from: unknown;
        readonly to: unknown;
      }
    | {
        readonly type: "EntryRemoved";
        readonly entry: EntryRef;
        readonly from: unknown;
        /** What its removal means for the connections that it let in; the service says where it is absent. */
        readonly disconnect?: Disconnect;
      }
    | { readonly type: "ServiceAdded"; readonly service: ServiceId; readonly to: unknown }
    | { readonly type: "ServiceEnforced"; readonly service: ServiceId }
    | {
        readonly type: "ServiceChanged";
        readonly service: ServiceId;
        readonly from: unknown;
        readonly to: unknown;
      }
    | { readonly type: "ServiceRemoved"; readonly service: ServiceId; readonly from: unknown }
    | { readonly type: "PrivateDnsChanged"; readonly service: ServiceId; readonly from?: PrivateDns; readonly to?: PrivateDns }
    | { readonly type: "AcceptanceSwitchedOff"; readonly service: ServiceId }
    | { readonly type: "AcceptanceSwitchedOn"; readonly service: ServiceId }
    | {
        /** Whom CloudTrail names for a call that changes the endpoint service itself. */
        readonly type: "ServiceAttributed";
        readonly service: ServiceId;
        readonly call: ServiceCall;
        readonly arn: string;
        readonly event: string;
      }
    | { readonly type: "ApproverAdded"; readonly name: string; readonly to: unknown }
    | { readonly type: "ApproverChanged"; readonly name: string; readonly from: unknown; readonly to: unknown }
    | { readonly type: "ApproverRemoved"; readonly name: string; readonly from: unknown }
    | { readonly type: "ApproverReachable"; readonly name: string }
    | { readonly type: "ApproverLost"; readonly name: string }
    | { readonly type: "Frozen"; readonly service?: ServiceId; readonly reason: string }
    | { readonly type: "Unfrozen"; readonly service?: ServiceId }
    | {
        /** What is about to be asked of AWS, one event a call. Events from before this was so tell of it afterwards. */
        readonly type: "PermissionsFollowed";
        readonly service: ServiceId;
        readonly added: readonly AccountId[];
        readonly removed: readonly AccountId[];
      }
    | {
        /** AWS refused that, or gave no answer. */
        readonly type: "PermissionsFailed";
        readonly service: ServiceId;
        readonly added: readonly AccountId[];
        readonly removed: readonly AccountId[];
        readonly code: string;
        readonly message: string;
        readonly first: Instant;
        readonly count: number;
      }
  );

/** The calls on endpoint services of which CloudTrail tells. */
export type ServiceCall = "ModifyVpcEndpointServiceConfiguration" | "ModifyVpcEndpointServicePermissions";

export type DrawbridgeEvent = ConnectionEvent | PolicyEvent;

/** The actor as one text, for indexes and tables: `operator arn:…`, `entry vpce-svc-…/account#…`, `approver …`. */
export function actorKey(actor: Actor): string {
  switch (actor.kind) {
    case "entry":
      return `entry ${actor.entry.service}/${actor.entry.principal}`;
    case "approver":
      return `approver ${actor.name}`;
    case "operator":
      return `operator ${actor.arn}`;
    case "outside":
      return actor.arn === undefined ? "outside" : `outside ${actor.arn}`;
    case "aws":
    case "drawbridge":
      return actor.kind;
  }
}

/** The answer an event gave, where it gave one; the log is indexed by it. */
export function decisionOf(event: DrawbridgeEvent): "accepted" | "rejected" | "asked" | "noted" | undefined {
  switch (event.type) {
    case "ConnectionApproved":
      return "accepted";
    case "AcceptedOutside":
      return "accepted";
    case "ConnectionDenied":
    case "RejectedOutside":
      return "rejected";
    case "ApprovalRequested":
      return "asked";
    case "VerdictNoted":
      return "noted";
    default:
      return undefined;
  }
}
