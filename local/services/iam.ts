// IAM, as far as a role goes that an administrator makes by hand: its inline policies, and the managed ones that are attached to it.

import type { Identities } from "../identities.ts";
import { document, text } from "../members.ts";
import { AwsError, type Call, type Demand, type Role, type Service } from "../service.ts";

export interface IamService extends Service {
  readonly managed: ManagedPolicies;
}

/** The account's own managed policies, which stacks make. */
export interface ManagedPolicies {
  /** Made, or changed: whoever has it attached has the new one. */
  put(arn: string, policy: unknown): void;
  find(arn: string): unknown;
  /** Refused while a role has it. */
  remove(arn: string): void;
}

export function createIam(identities: Identities): IamService {
  const managed = managedPolicies(identities);
  const arnOf = ({ caller, input }: Call): string => `arn:aws:iam::${caller.account}:role/${text(input, "RoleName")}`;
  const roleOf = (call: Call): Role => {
    const role = identities.roleByArn(arnOf(call));
    if (role === undefined) throw new AwsError("NoSuchEntity", `The role with name ${text(call.input, "RoleName")} cannot be found.`, 404);
    return role;
  };
  const put = (role: Role, name: string, policy: unknown): object => {
    identities.registerRole({ ...role, policies: [...without(role, name), { name, document: policy }] });
    return {};
  };
  const remove = (role: Role, name: string): object => {
    if (!role.policies.some((one) => one.name === name))
      throw new AwsError("NoSuchEntity", `The role ${role.name} has no policy ${name}.`, 404);
    identities.registerRole({ ...role, policies: without(role, name) });
    return {};
  };
  const actions: Readonly<Record<string, (call: Call) => unknown>> = {
    CreatePolicy(call) {
      const arn = `arn:aws:iam::${call.caller.account}:policy/${text(call.input, "PolicyName")}`;
      if (managed.find(arn) !== undefined) throw new AwsError("EntityAlreadyExists", `A policy called ${arn} already exists.`, 409);
      const policy = document(call.input["PolicyDocument"]);
      managed.put(arn, within("managed", [policy], arn));
      return { Policy: { Arn: arn } };
    },
    DeletePolicy(call) {
      managed.remove(text(call.input, "PolicyArn"));
      return {};
    },
    CreateRole(call) {
      const [arn, name] = [arnOf(call), text(call.input, "RoleName")];
      if (identities.roleByArn(arn) !== undefined) throw new AwsError("EntityAlreadyExists", `Role with name ${name} already exists.`, 409);
      identities.registerRole({ arn, name, policies: [] });
      return { Role: { Path: "/", RoleName: name, Arn: arn } };
    },
    PutRolePolicy(call) {
      const [role, name] = [roleOf(call), text(call.input, "PolicyName")];
      const policy = document(call.input["PolicyDocument"]);
      const inline = without(role, name).filter((one) => !one.name.startsWith("arn:"));
      within("inline", [...inline.map((one) => one.document), policy], role.name);
      return put(role, name, policy);
    },
    DeleteRolePolicy: (call) => remove(roleOf(call), text(call.input, "PolicyName")),
    AttachRolePolicy(call) {
      const arn = text(call.input, "PolicyArn");
      const policy = managed.find(arn);
      if (policy === undefined) throw new AwsError("NoSuchEntity", `Policy ${arn} does not exist or is not attachable.`, 404);
      return put(roleOf(call), arn, policy);
    },
    DetachRolePolicy: (call) => remove(roleOf(call), text(call.input, "PolicyArn")),
  };
  return {
    managed,
    signingName: "iam",
    actions: new Set(Object.keys(actions)),
    demands(call): Demand[] {
      const { PolicyName, PolicyArn } = call.input;
      const isPolicy = call.action === "CreatePolicy" || call.action === "DeletePolicy";
      const policy = typeof PolicyArn === "string" ? PolicyArn : `arn:aws:iam::${call.caller.account}:policy/${String(PolicyName)}`;
      return [{ action: `iam:${call.action}`, resource: isPolicy ? policy : arnOf(call) }];
    },
    handle: (call) => actions[call.action]?.(call),
  };
}

/** IAM's quotas, which count no blanks: of one managed policy, and of a role's inline policies together. */
const quotas = {
  managed: { size: 6144, words: () => "Cannot exceed quota for PolicySize: 6144" },
  inline: { size: 10_240, words: (role: string) => `Maximum policy size of 10240 bytes exceeded for role ${role}` },
} as const;

/** The last of the policies, if all of them together are small enough. */
export function within(kind: keyof typeof quotas, policies: readonly unknown[], of: string): unknown {
  const size = policies.reduce<number>((sum, policy) => sum + JSON.stringify(policy ?? {}).replaceAll(/\s/g, "").length, 0);
  if (size > quotas[kind].size) throw new AwsError("LimitExceeded", `${quotas[kind].words(of)}; it is ${String(size)}.`, 409);
  return policies.at(-1);
}

const without = ({ policies }: Role, name: string): Role["policies"] => policies.filter((one) => one.name !== name);

function managedPolicies(identities: Identities): ManagedPolicies {
  const all = new Map<string, unknown>();
  const having = (arn: string): Role[] => identities.roles().filter(({ policies }) => policies.some(({ name }) => name === arn));
  return {
    put(arn, policy) {
      all.set(arn, policy);
      for (const role of having(arn))
        identities.registerRole({
          ...role,
          policies: role.policies.map((one) => (one.name === arn ? { name: arn, document: policy } : one)),
        });
    },
    find: (arn) => all.get(arn),
    remove(arn) {
      const [role] = having(arn);
      if (role !== undefined)
        throw new AwsError(
          "DeleteConflict",
          `Cannot delete a policy attached to entities: ${arn} is attached to the role ${role.name}.`,
          409,
        );
      all.delete(arn);
    },
  };
}
