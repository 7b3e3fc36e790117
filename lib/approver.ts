// An approver: a person who is asked, by the name the log knows them by, and the ways to reach and to know them.

import { BadInput } from "./faults.ts";
import type { Instant } from "./ids.ts";

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
  if (typeof given === "string" && nameForm.test(given) && given !== anyApprover) return given;
  throw new BadInput("approver", given, `give 1 to 32 of a-z, 0-9 and hyphen, such as ann; ${anyApprover} means everybody`);
}

/** The author that an entry names when an approver's answer wrote it. */
export const authorOf = ({ name, arn }: Pick<Approver, "name" | "arn">): string => arn ?? `approver ${name}`;

/** A role's name stands for whoever assumes it; single sign-on puts the person's own name into the session. */
export function mayBeSame(a: string, b: string): boolean {
  if (a === b) return true;
  const [one, other] = [identityOf(a), identityOf(b)];
  return one !== undefined && one === other;
}

function identityOf(arn: string): string | undefined {
  const [, account, role, session] = /^arn:[a-z-]+:sts::(\d{12}):assumed-role\/([^/]+)\/(.+)$/.exec(arn) ?? [];
  if (account !== undefined)
    return role?.startsWith("AWSReservedSSO_") === true ? `${account}/${role}/${session ?? ""}` : `${account}/${role ?? ""}`;
  const [, owner, path] = /^arn:[a-z-]+:iam::(\d{12}):role\/(?:.+\/)?([^/]+)$/.exec(arn) ?? [];
  return owner === undefined ? undefined : `${owner}/${path ?? ""}`;
}
