// STS: who am I, and the keys of a role's session.

import { parseRoleArn } from "../identities.ts";
import type { Identities } from "../identities.ts";
import { numberOr, text } from "../members.ts";
import { AwsError } from "../service.ts";
import type { Call, Clock, Demand, Service } from "../service.ts";

const ACTIONS = new Set(["GetCallerIdentity", "AssumeRole"]);
const SESSION = /^[\w+=,.@-]{2,64}$/;

export function createSts(options: { identities: Identities; clock: Clock }): Service {
  return {
    signingName: "sts",
    actions: ACTIONS,
    demands: (call): Demand[] => {
      if (call.action !== "AssumeRole") return [];
      const roleArn = text(call.input, "RoleArn");
      // Trust policies are not modelled: whoever may call may assume, across accounts too.
      return call.caller.role === undefined ? [] : [{ action: "sts:AssumeRole", resource: roleArn, resourceAccount: call.caller.account }];
    },
    handle(call) {
      if (call.action === "GetCallerIdentity") {
        return { UserId: call.caller.userId, Account: call.caller.account, Arn: call.caller.arn };
      }
      return assumeRole(options, call);
    },
  };
}

/** A registered role keeps its policies; any other well-formed one is an operator with full rights in that account. */
function assumeRole({ identities, clock }: { identities: Identities; clock: Clock }, call: Call): unknown {
  const roleArn = text(call.input, "RoleArn");
  const session = text(call.input, "RoleSessionName");
  if (parseRoleArn(roleArn) === undefined) throw new AwsError("ValidationError", `${roleArn} is invalid`);
  if (!SESSION.test(session)) {
    const constraint = "Member must satisfy regular expression pattern: [\\w+=,.@-]*";
    throw new AwsError(
      "ValidationError",
      `1 validation error detected: Value '${session}' at 'roleSessionName' failed to satisfy constraint: ${constraint}`,
    );
  }
  const role = identities.roleByArn(roleArn);
  const credentials = role === undefined ? identities.issueOperator(roleArn, session) : identities.issue(role, session);
  const caller = identities.caller(credentials.accessKeyId);
  return {
    Credentials: {
      AccessKeyId: credentials.accessKeyId,
      SecretAccessKey: credentials.secretAccessKey,
      SessionToken: credentials.sessionToken,
      Expiration: new Date(clock.now() + numberOr(call.input, "DurationSeconds", 3600) * 1000),
    },
    AssumedRoleUser: { AssumedRoleId: caller.userId, Arn: caller.arn },
  };
}
