// CloudFormation's intrinsic functions.
import { isMembers, type Members } from "../members.ts";
import { subRanges } from "../ip-ranges.ts";

/** What a value of the template may refer to. */
export interface Scope {
  readonly parameters: Readonly<Record<string, unknown>>;
  /** `AWS::Region` … */
  readonly pseudo: Readonly<Record<string, string>>;
  readonly mappings: Members;
  readonly conditions: Members;
  /** Some of what it refers to is not there yet and known by a placeholder: nothing can be selected from that. */
  readonly isForeseen?: boolean;
  /** What `Ref` and `Fn::GetAtt` give for a resource; throws when it is not there yet. */
  resource(logicalId: string): { readonly ref: string; readonly attributes: Members };
}

const NO_VALUE = Symbol("AWS::NoValue");

/** The value with every intrinsic function in it worked out; `AWS::NoValue` takes its member away. */
export function resolve(value: unknown, scope: Scope): unknown {
  const resolved = work(value, scope);
  return resolved === NO_VALUE ? undefined : resolved;
}

export function resolveCondition(name: string, scope: Scope): boolean {
  if (!(name in scope.conditions)) throw new Error(`Template error: unresolved condition dependency ${name}.`);
  return truth(scope.conditions[name], scope);
}

function work(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) return value.map((item) => work(item, scope)).filter((item) => item !== NO_VALUE);
  if (!isMembers(value)) return value;
  const keys = Object.keys(value);
  const name = keys[0];
  if (keys.length === 1 && name !== undefined && (name === "Ref" || name === "Condition" || name.startsWith("Fn::"))) {
    const operand = value[name];
    // A policy statement may have a member named Condition: that one is an object.
    if (name !== "Condition" || typeof operand === "string") return intrinsic(name, operand, scope);
  }
  const members = Object.entries(value).map(([key, member]): [string, unknown] => [key, work(member, scope)]);
  return Object.fromEntries(members.filter(([, member]) => member !== NO_VALUE));
}

function intrinsic(name: string, operand: unknown, scope: Scope): unknown {
  if (name === "Ref") return reference(String(operand), scope);
  if (name === "Fn::If") {
    const [condition, yes, no] = listOf(name, operand);
    return work(resolveCondition(String(condition), scope) ? yes : no, scope);
  }
  const simple = FUNCTIONS[name];
  if (simple !== undefined) return simple(operand, scope);
  if (CONDITION_FUNCTIONS.has(name)) return truth({ [name]: operand }, scope);
  throw new Error(`Template error: local AWS does not know ${name}.`);
}

const FUNCTIONS: Readonly<Record<string, (operand: unknown, scope: Scope) => unknown>> = {
  "Fn::GetAtt": (operand, scope) => {
    const parts = Array.isArray(operand) ? operand.map((part) => String(work(part, scope))) : String(operand).split(".");
    return attribute(parts[0] ?? "", parts.slice(1).join("."), scope);
  },
  "Fn::Sub": (operand, scope) => substitute(operand, scope),
  "Fn::Join": (operand, scope) => {
    const [separator, items] = listOf("Fn::Join", operand);
    return listOf("Fn::Join", work(items, scope)).map(String).join(String(separator));
  },
  "Fn::Select": (operand, scope) => {
    const [index, items] = listOf("Fn::Select", operand);
    const found = work(items, scope);
    if (scope.isForeseen === true && !Array.isArray(found)) return found;
    const all = listOf("Fn::Select", found);
    const selected = all[Number(work(index, scope))] ?? (scope.isForeseen === true ? all[0] : undefined);
    if (selected === undefined) throw new Error(`Template error: Fn::Select cannot select element ${String(index)} of ${all.length}.`);
    return selected;
  },
  "Fn::Split": (operand, scope) => {
    const [separator, text] = listOf("Fn::Split", operand);
    return String(work(text, scope)).split(String(separator));
  },
  "Fn::FindInMap": (operand, scope) => {
    const path = listOf("Fn::FindInMap", work(operand, scope)).map(String);
    const found = path.reduce<unknown>((value, key) => (isMembers(value) ? value[key] : undefined), scope.mappings);
    if (found === undefined) throw new Error(`Template error: Unable to get mapping for ${path.join("::")}`);
    return found;
  },
  "Fn::Cidr": (operand, scope) => {
    const [block, count, bits] = listOf("Fn::Cidr", work(operand, scope));
    return subRanges(String(block), Number(count), Number(bits ?? 8));
  },
  "Fn::Base64": (operand, scope) => Buffer.from(String(work(operand, scope))).toString("base64"),
  Condition: (operand, scope) => resolveCondition(String(operand), scope),
};

const CONDITION_FUNCTIONS: ReadonlySet<string> = new Set(["Fn::And", "Fn::Or", "Fn::Not", "Fn::Equals"]);

/** A condition, or what a rule asserts. */
export function truth(value: unknown, scope: Scope): boolean {
  if (!isMembers(value)) return value === true || value === "true";
  const [name = "", operand] = Object.entries(value)[0] ?? [];
  if (name === "Condition") return resolveCondition(String(operand), scope);
  const operands = listOf(name, operand);
  if (name === "Fn::Equals") return String(work(operands[0], scope)) === String(work(operands[1], scope));
  if (name === "Fn::And") return operands.every((one) => truth(one, scope));
  if (name === "Fn::Or") return operands.some((one) => truth(one, scope));
  if (name === "Fn::Not") return !truth(operands[0], scope);
  throw new Error(`Template error: ${name} is not a condition function.`);
}

function reference(name: string, scope: Scope): unknown {
  if (name === "AWS::NoValue") return NO_VALUE;
  if (name === "AWS::NotificationARNs") return [];
  if (name in scope.pseudo) return scope.pseudo[name];
  if (name in scope.parameters) return scope.parameters[name];
  return scope.resource(name).ref;
}

function attribute(logicalId: string, name: string, scope: Scope): unknown {
  const value = scope.resource(logicalId).attributes[name];
  if (value === undefined) throw new Error(`Template error: resource ${logicalId} does not support attribute type ${name} in Fn::GetAtt`);
  return value;
}

/** `${X}`, `${X.Attribute}`, `${!literal}`; the second form brings variables of its own. */
function substitute(operand: unknown, scope: Scope): string {
  const [template, variables] = Array.isArray(operand) ? (operand as readonly unknown[]) : [operand, {}];
  return String(template).replaceAll(/\$\{(!?)([^}]+)\}/g, (_found, literal: string, name: string) => {
    if (literal === "!") return `\${${name}}`;
    if (isMembers(variables) && name in variables) return String(work(variables[name], scope));
    const dot = name.indexOf(".");
    return String(dot < 0 ? reference(name, scope) : attribute(name.slice(0, dot), name.slice(dot + 1), scope));
  });
}

function listOf(name: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error(`Template error: ${name} needs a list.`);
}

/** The logical ids that a value refers to, directly or through a condition's branches. */
export function references(value: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  collect(value, found);
  return found;
}

function collect(value: unknown, found: Set<string>): void {
  if (Array.isArray(value)) for (const item of value) collect(item, found);
  if (!isMembers(value)) return;
  for (const [key, member] of Object.entries(value)) {
    if (key === "Ref" && typeof member === "string") found.add(member);
    if (key === "Fn::GetAtt") found.add(String(Array.isArray(member) ? member[0] : String(member).split(".")[0]));
    if (key === "Fn::Sub") {
      const template = String(Array.isArray(member) ? member[0] : member);
      for (const match of template.matchAll(/\$\{([^!}][^}]*)\}/g)) found.add((match[1] ?? "").split(".")[0] ?? "");
    }
    collect(member, found);
  }
}
