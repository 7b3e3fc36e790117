// Whose key is whose: a twelve-digit access key id is that account's own, an issued one is a role's session.

import { randomBytes } from "node:crypto";
import { AwsError } from "./service.ts";
import type { Caller, Role } from "./service.ts";

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

export interface Identities {
  /** Who calls with this key; throws `InvalidClientTokenId`, which each protocol's front words as its service does. */
  caller(accessKeyId: string): Caller;
  /** Keys for a function, or for `sts:AssumeRole`. */
  issue(role: Role, session: string): Credentials;
  /** Keys for a role that nobody registered: an operator with full rights in that account. */
  issueOperator(roleArn: string, session: string): Credentials;
  registerRole(role: Role): void;
  removeRole(arn: string): void;
  roleByArn(arn: string): Role | undefined;
  roles(): readonly Role[];
}

const ROLE_ARN = /^arn:aws[a-z-]*:iam::(\d{12}):role\/(?:[\w+=,.@/-]*\/)?([\w+=,.@-]{1,64})$/;

/** Account and name of a role's ARN, or nothing when it is not one. */
export function parseRoleArn(arn: string): { account: string; name: string } | undefined {
  const match = ROLE_ARN.exec(arn);
  const [, account, name] = match ?? [];
  return account === undefined || name === undefined ? undefined : { account, name };
}

export function createIdentities(): Identities {
  const roles = new Map<string, Role>();
  const issued = new Map<string, Caller>();
  const roleIds = new Map<string, string>();

  const issueFor = (roleArn: string, session: string, role: Role | undefined): Credentials => {
    const parsed = parseRoleArn(roleArn);
    if (parsed === undefined) throw new AwsError("ValidationError", `${roleArn} is invalid`);
    const roleId = roleIds.get(roleArn) ?? `AROA${token(17)}`;
    roleIds.set(roleArn, roleId);
    const accessKeyId = `ASIA${token(16)}`;
    issued.set(accessKeyId, {
      account: parsed.account,
      arn: `arn:aws:sts::${parsed.account}:assumed-role/${parsed.name}/${session}`,
      userId: `${roleId}:${session}`,
      accessKeyId,
      ...(role === undefined ? {} : { role }),
    });
    return {
      accessKeyId,
      secretAccessKey: randomBytes(30).toString("base64"),
      sessionToken: randomBytes(96).toString("base64"),
    };
  };

  return {
    caller(accessKeyId) {
      if (/^\d{12}$/.test(accessKeyId)) {
        return { account: accessKeyId, arn: `arn:aws:iam::${accessKeyId}:root`, userId: accessKeyId, accessKeyId };
      }
      const caller = issued.get(accessKeyId);
      if (caller === undefined) {
        throw new AwsError("InvalidClientTokenId", "The security token included in the request is invalid.", 403);
      }
      if (caller.role === undefined) return caller;
      // The key stays, the policies are those of now.
      return { ...caller, role: roles.get(caller.role.arn) ?? caller.role };
    },
    issue: (role, session) => issueFor(role.arn, session, role),
    issueOperator: (roleArn, session) => issueFor(roleArn, session, undefined),
    registerRole: (role) => void roles.set(role.arn, role),
    removeRole: (arn) => void roles.delete(arn),
    roleByArn: (arn) => roles.get(arn),
    roles: () => [...roles.values()],
  };
}

function token(length: number): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  return Array.from(randomBytes(length), (byte) => alphabet[byte % 32]).join("");
}
