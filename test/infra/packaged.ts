// The packaged template as the tests of the infrastructure read it: by type, by reference, by policy statement.
import { isObject, readTemplate, type Resource } from "../../scripts/template.ts";

export interface Declared extends Resource {
  readonly id: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

export interface Statement {
  /** The resource that carries it: a role, or a queue's or topic's policy. */
  readonly holder: string;
  readonly effect: string;
  readonly actions: readonly string[];
  /** As written: `*`, or what `shown` makes of an intrinsic. */
  readonly resources: readonly string[];
  readonly principal: unknown;
  readonly condition: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export const template = await readTemplate();

export const resources: readonly Declared[] = Object.entries(template.Resources).map(([id, resource]) => ({
  ...resource,
  id,
  Properties: resource.Properties ?? {},
}));

export function ofType(type: string): readonly Declared[] {
  return resources.filter((resource) => resource.Type === type);
}

export function named(id: string): Declared {
  const found = resources.find((resource) => resource.id === id);
  if (!found) throw new Error(`The template has no ${id}`);
  return found;
}

/** The value at a path of properties: `at(queue, "RedrivePolicy", "maxReceiveCount")`. */
export function at(resource: Declared, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (isObject(value) || Array.isArray(value) ? (value as Record<string | number, unknown>)[key] : undefined),
    resource.Properties,
  );
}

/** The resource that a Ref, or a GetAtt of any attribute, points to. */
export function target(value: unknown): string | undefined {
  if (!isObject(value)) return undefined;
  const got = value["Fn::GetAtt"];
  return typeof value["Ref"] === "string" ? value["Ref"] : Array.isArray(got) ? String(got[0]) : undefined;
}

/** A value in a form that reads well in a failure, and compares. */
export function shown(value: unknown): string {
  if (typeof value === "string") return value;
  if (isObject(value)) {
    if (typeof value["Ref"] === "string") return `Ref ${value["Ref"]}`;
    if (Array.isArray(value["Fn::GetAtt"])) return value["Fn::GetAtt"].join(".");
    if (typeof value["Fn::Sub"] === "string") return value["Fn::Sub"];
  }
  return JSON.stringify(value);
}

export const roleStatements: readonly Statement[] = ofType("AWS::IAM::Role").flatMap((role) =>
  list(at(role, "Policies")).flatMap((policy) => statementsOf(role.id, isObject(policy) ? policy["PolicyDocument"] : undefined)),
);

export const resourcePolicyStatements: readonly Statement[] = resources
  .filter(({ Type }) => Type.endsWith("Policy") && Type !== "AWS::IAM::ManagedPolicy")
  .flatMap((policy) => statementsOf(policy.id, policy.Properties["PolicyDocument"]));

export const trustStatements: readonly Statement[] = ofType("AWS::IAM::Role").flatMap((role) =>
  statementsOf(role.id, at(role, "AssumeRolePolicyDocument")),
);

/** What people may do. */
export const peopleStatements: readonly Statement[] = ofType("AWS::IAM::ManagedPolicy").flatMap((policy) =>
  statementsOf(policy.id, at(policy, "PolicyDocument")),
);

function statementsOf(holder: string, document: unknown): Statement[] {
  const written = isObject(document) ? list(document["Statement"]) : [];
  return written.flatMap(unconditional).map((statement) => ({
    holder,
    effect: String(statement["Effect"]),
    actions: list(statement["Action"]).map(String),
    resources: list(statement["Resource"]).map(shown),
    principal: statement["Principal"],
    condition: (statement["Condition"] ?? {}) as Statement["condition"],
  }));
}

/** A statement that is there under a condition only counts as if it always were. */
function unconditional(statement: unknown): Record<string, unknown>[] {
  if (!isObject(statement)) return [];
  const either = statement["Fn::If"];
  if (Array.isArray(either)) return either.slice(1).flatMap(unconditional);
  return "Effect" in statement ? [statement] : [];
}

function list(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
