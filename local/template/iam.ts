// AWS::IAM::Role, AWS::IAM::Policy and AWS::IAM::ManagedPolicy.
import { isDeepStrictEqual } from "node:util";

import { optionalText, rows, text, texts } from "../members.ts";
import type { Role } from "../service.ts";
import { within } from "../services/iam.ts";
import { refuse, type Declared, type Made, type Makers, type Workshop } from "./workshop.ts";

export const IAM: Makers = {
  "AWS::IAM::Role": makeRole,
  "AWS::IAM::Policy"(declared, workshop) {
    const name = text(declared.properties, "PolicyName");
    attach(declared, workshop, texts(declared.properties, "Roles"), name);
    return { ref: name, remove: () => detach(declared, workshop, name) };
  },
  "AWS::IAM::ManagedPolicy"(declared, workshop) {
    const name = optionalText(declared.properties, "ManagedPolicyName") ?? workshop.physicalName(declared.logicalId);
    return managedPolicy(declared, workshop, name);
  },
};

function managedPolicy(declared: Declared, workshop: Workshop, name: string): Made {
  const arn = `arn:aws:iam::${workshop.stack.account}:policy/${name}`;
  small(declared, "managed", [declared.properties["PolicyDocument"]], name);
  workshop.policies.put(arn, declared.properties["PolicyDocument"]);
  attach(declared, workshop, texts(declared.properties, "Roles"), name);
  return {
    ref: arn,
    attributes: { PolicyArn: arn },
    change(next) {
      detach(declared, workshop, name);
      return managedPolicy(next, workshop, name);
    },
    remove() {
      detach(declared, workshop, name);
      workshop.policies.remove(arn);
    },
  };
}

function small(declared: Declared, kind: Parameters<typeof within>[0], policies: readonly unknown[], of: string): void {
  try {
    within(kind, policies, of);
  } catch (error) {
    refuse(declared, error instanceof Error ? error.message : String(error));
  }
}

/** Policies of AWS's own that a function may lean on. */
const AWS_MANAGED: Readonly<Record<string, readonly string[]>> = {
  AWSLambdaBasicExecutionRole: ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
  AWSXRayDaemonWriteAccess: ["xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets"],
};

function makeRole(declared: Declared, workshop: Workshop): Made {
  return registeredRole(declared, workshop, optionalText(declared.properties, "RoleName") ?? workshop.physicalName(declared.logicalId, 64));
}

function registeredRole(declared: Declared, workshop: Workshop, name: string): Made {
  const { properties } = declared;
  if (properties["AssumeRolePolicyDocument"] === undefined) refuse(declared, "AssumeRolePolicyDocument is missing.");
  const path = optionalText(properties, "Path") ?? "/";
  const arn = `arn:aws:iam::${workshop.stack.account}:role${path}${name}`;
  const inline = rows(properties, "Policies").map((policy) => ({ name: text(policy, "PolicyName"), document: policy["PolicyDocument"] }));
  small(
    declared,
    "inline",
    inline.map(({ document }) => document),
    name,
  );
  const attached = texts(properties, "ManagedPolicyArns").map((policyArn) => ({
    name: policyArn,
    document: managedDocument(declared, workshop, policyArn),
  }));
  const role: Role = { arn, name, policies: [...inline, ...attached], trust: properties["AssumeRolePolicyDocument"] };
  workshop.identities.registerRole(role);
  return {
    ref: name,
    attributes: {
      Arn: arn,
      RoleId: `AROA${name
        .toUpperCase()
        .replaceAll(/[^A-Z0-9]/g, "")
        .slice(0, 17)}`,
    },
    change: (next) => registeredRole(next, workshop, name),
    drift() {
      const now = workshop.identities.roleByArn(arn);
      const isKept = (policy: Role["policies"][number]): boolean => now?.policies.some((one) => isDeepStrictEqual(one, policy)) === true;
      return Promise.resolve(now === undefined ? "gone" : role.policies.every(isKept) ? [] : ["Policies"]);
    },
    remove() {
      workshop.identities.removeRole(arn);
    },
  };
}

function managedDocument(declared: Declared, workshop: Workshop, arn: string): unknown {
  const own = workshop.policies.find(arn);
  if (own !== undefined) return own;
  const actions = AWS_MANAGED[arn.split("/").at(-1) ?? ""];
  if (!arn.startsWith("arn:aws:iam::aws:policy/") || actions === undefined)
    refuse(declared, `local AWS does not know the managed policy ${arn}.`);
  return { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: actions, Resource: "*" }] };
}

function attach(declared: Declared, workshop: Workshop, roleNames: readonly string[], name: string): void {
  const document: unknown = declared.properties["PolicyDocument"];
  for (const roleName of roleNames) {
    const role = workshop.identities.roleByArn(`arn:aws:iam::${workshop.stack.account}:role/${roleName}`);
    if (role === undefined) return refuse(declared, `the role ${roleName} does not exist.`);
    const policies: Role["policies"] = [...role.policies, { name, document }];
    workshop.identities.registerRole({ ...role, policies });
  }
}

function detach(declared: Declared, workshop: Workshop, name: string): void {
  for (const roleName of texts(declared.properties, "Roles")) {
    const role = workshop.identities.roleByArn(`arn:aws:iam::${workshop.stack.account}:role/${roleName}`);
    if (role !== undefined) workshop.identities.registerRole({ ...role, policies: role.policies.filter((policy) => policy.name !== name) });
  }
}

/** The role as it is now; the service must be one that may assume it. */
export function roleOf(declared: Declared, workshop: Workshop, arn: string, service: string): Role {
  const role = workshop.identities.roleByArn(arn) ?? refuse(declared, `the role ${arn} does not exist.`);
  if (!JSON.stringify(role.trust ?? "").includes(`"${service}"`)) refuse(declared, `the role ${arn} cannot be assumed by ${service}.`);
  return role;
}
