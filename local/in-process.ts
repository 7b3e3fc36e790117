// Calling a service of local AWS from inside: as an account, or with a role's rights, but without the wire.
import { randomUUID } from "node:crypto";

import { authorize, inRegion } from "./authorize.ts";
import type { Credentials, Identities } from "./identities.ts";
import { isMembers, type Members } from "./members.ts";
import { AwsError, type Caller, type Demand, type Role, type Service } from "./service.ts";

export interface InProcess {
  readonly asCaller: (caller: Caller, service: string, action: string, input: Members) => Promise<Members>;
  readonly asAccount: (account: string, service: string, action: string, input: Members) => Promise<Members>;
  readonly asRole: (role: Role, service: string, action: string, input: Members) => Promise<Members>;
  /** Throws AccessDenied when the role may not. */
  readonly demand: (role: Role, demands: readonly Demand[]) => Promise<void>;
  readonly callerOf: (role: Role) => Caller;
}

export function createInProcess(options: {
  readonly services: () => readonly Service[];
  readonly identities: Identities;
  readonly region: string;
}): InProcess {
  const sessions = new Map<string, Credentials>();
  const run = async (caller: Caller, name: string, action: string, input: Members): Promise<Members> => {
    const service = options.services().find((one) => one.signingName === name);
    if (service === undefined || !service.actions.has(action)) throw new AwsError("InvalidAction", `Local AWS has no ${name}:${action}.`);
    const call = { action, input, caller, region: options.region, requestId: randomUUID() };
    await authorize(caller, inRegion(options.region, await service.demands(call)));
    const output: unknown = await service.handle(call);
    return isMembers(output) ? output : {};
  };
  const callerOf = (role: Role): Caller => {
    const credentials = sessions.get(role.arn) ?? options.identities.issue(role, "local-aws");
    sessions.set(role.arn, credentials);
    return options.identities.caller(credentials.accessKeyId);
  };
  return {
    asCaller: run,
    asAccount: (account, service, action, input) => run(options.identities.caller(account), service, action, input),
    asRole: (role, service, action, input) => run(callerOf(role), service, action, input),
    demand: (role, demands) => authorize(callerOf(role), demands),
    callerOf,
  };
}
