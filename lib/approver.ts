// An approver: a person who is asked, by the name the log knows them by, and the ways to reach and to know them.

import { BadInput } from "./faults.ts";
import type { Instant } from "./ids.ts";
import { isReserved } from "./reserved.ts";

export interface Approver {
  /** What settings, links and the log call them. */
  readonly name: string;
  readonly email?: string;
  /** Slack's user id. */
  readonly slack?: string;
  /** Their IAM identity: who writes an entry by it does not decide about that account. */
  readonly arn?: string;
  /** Of the approvals topic, filtered to them. */
  readonly subscription?: string;
  /** Since when a message reaches them, by mail or in Slack; absent while none does. */
  readonly reachableSince?: Instant;
  readonly addedAt: Instant;
  readonly version: number;
}

/** Where no approvers are named, whoever has the link is one of them. */
export const anyApprover = "approvers";

const nameForm = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/;

export function approverName(given: unknown): string {
  if (typeof given === "string" && isReserved(given)) throw new BadInput("approver", given, "give another name");
  if (typeof given === "string" && nameForm.test(given) && given !== anyApprover) return given;
  throw new BadInput("approver", given, `give 1 to 32 of a-z, 0-9 and hyphen, such as ann; ${anyApprover} means everybody`);
}

/** What an entry names as its author when an approver's answer wrote it. */
export const authorOf = ({ name, arn }: Pick<Approver, "name" | "arn">): string => arn ?? `approver ${name}`;

/** The way that shows two approvers to be one person, or one mailbox. */
export const sharedWay = (a: Ways, b: Ways): keyof Ways | undefined =>
  (["email", "slack", "arn"] as const).find((way) => {
    const [one, other] = [a[way], b[way]];
    return one !== undefined && other !== undefined && isOne[way](one, other);
  });
type Ways = Pick<Approver, "email" | "slack" | "arn">;
const isOne = { email: sameMailbox, slack: (a: string, b: string) => a === b, arn: mayBeSame };

export function sameMailbox(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/**
 * Whether the caller, as AWS names them, is the identity on record: that very one, or, where a role is on record, whoever has
 * assumed it. A session on record is that session alone.
 */
export function isIdentity(onRecord: string, caller: string): boolean {
  const role = /^arn:[a-z-]+:iam::/.test(onRecord) ? roleOf(onRecord)?.role : undefined;
  return onRecord === caller || (role !== undefined && role === roleOf(caller)?.role);
}

/**
 * Of two who may be one person at most one decides. A role's name stands for whoever assumes it; single sign-on puts the person's own
 * name into the session.
 */
export function mayBeSame(a: string, b: string): boolean {
  if (a === b) return true;
  const [one, other] = [roleOf(a), roleOf(b)];
  if (one === undefined || other === undefined || one.role !== other.role) return false;
  return one.person === undefined || other.person === undefined || one.person === other.person;
}

function roleOf(arn: string): { readonly role: string; readonly person?: string } | undefined {
  const [, account, assumed, session] = /^arn:[a-z-]+:sts::(\d{12}):assumed-role\/([^/]+)\/(.+)$/.exec(arn) ?? [];
  if (account !== undefined && assumed !== undefined && session !== undefined)
    return { role: `${account}/${assumed}`, ...(assumed.startsWith("AWSReservedSSO_") ? { person: session } : {}) };
  const [, owner, role] = /^arn:[a-z-]+:iam::(\d{12}):role\/(?:.+\/)?([^/]+)$/.exec(arn) ?? [];
  return owner === undefined || role === undefined ? undefined : { role: `${owner}/${role}` };
}
