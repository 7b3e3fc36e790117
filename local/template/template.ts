// A CloudFormation template as a file holds it, and its parameters and conditions with their values.
import { readFileSync } from "node:fs";

import { isMembers, list, numberOr, optionalText, record, texts, type Members } from "../members.ts";
import { resolveCondition, type Scope } from "./intrinsics.ts";
import { checkRules } from "./rules.ts";

export interface Template {
  readonly parameters: Members;
  readonly mappings: Members;
  readonly rules: Members;
  readonly conditions: Members;
  readonly resources: Readonly<Record<string, Members>>;
  readonly outputs: Members;
  /** As it was given. */
  readonly source: Members;
}

export type ParameterValue = string | readonly string[];

export function readTemplate(path: string): Template {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new Error(
      `Cannot read the template ${path}: ${error instanceof Error ? error.message : String(error)}. Run "npm run package" to make it.`,
      { cause: error },
    );
  }
  if (!isMembers(parsed)) throw new Error(`${path} is not a CloudFormation template.`);
  return asTemplate(parsed);
}

export function asTemplate(parsed: Members): Template {
  const resources = Object.entries(record(parsed, "Resources")).map(([id, value]): [string, Members] => {
    if (!isMembers(value) || typeof value["Type"] !== "string") throw new Error(`Template error: resource ${id} has no Type.`);
    return [id, value];
  });
  return {
    parameters: record(parsed, "Parameters"),
    mappings: record(parsed, "Mappings"),
    rules: record(parsed, "Rules"),
    conditions: record(parsed, "Conditions"),
    resources: Object.fromEntries(resources),
    outputs: record(parsed, "Outputs"),
    source: parsed,
  };
}

/** Given values over defaults, checked as CloudFormation checks them. */
export function parameterValues(template: Template, given: Readonly<Record<string, string>>): Readonly<Record<string, ParameterValue>> {
  const unknown = Object.keys(given).filter((name) => !(name in template.parameters));
  if (unknown.length > 0) throw new Error(`Parameters: [${unknown.join(", ")}] do not exist in the template`);
  const missing = Object.keys(template.parameters).filter(
    (name) => given[name] === undefined && record(template.parameters, name)["Default"] === undefined,
  );
  if (missing.length > 0) throw new Error(`Parameters: [${missing.join(", ")}] must have values`);
  const pairs = Object.keys(template.parameters).map((name): [string, ParameterValue] => {
    const declared = record(template.parameters, name);
    const value = given[name] ?? optionalText(declared, "Default") ?? "";
    const listed = /^(CommaDelimitedList|List<.*>)$/.test(optionalText(declared, "Type") ?? "String");
    const items = listed ? value.split(",").map((item) => item.trim()) : [value];
    for (const item of items) checkParameter(name, declared, item);
    return [name, listed ? items : value];
  });
  const values = Object.fromEntries(pairs);
  checkRules(template, values);
  return values;
}

function checkParameter(name: string, declared: Members, value: string): void {
  const refuse = (why: string): never => {
    throw new Error(optionalText(declared, "ConstraintDescription") ?? `Parameter ${name} ${why}`);
  };
  const allowed = texts(declared, "AllowedValues");
  if (list(declared, "AllowedValues").length > 0 && !allowed.includes(value))
    refuse(`must be one of AllowedValues ${allowed.join(", ")}: ${value}`);
  const pattern = optionalText(declared, "AllowedPattern");
  if (pattern !== undefined && !new RegExp(`^(?:${pattern})$`).test(value)) refuse(`must match pattern ${pattern}: ${value}`);
  if (value.length < numberOr(declared, "MinLength", 0) || value.length > numberOr(declared, "MaxLength", Number.MAX_SAFE_INTEGER))
    refuse("has the wrong length");
  if (declared["Type"] !== "Number") return;
  const number = Number(value);
  if (value === "" || Number.isNaN(number)) refuse(`must be a number: ${value}`);
  if (number < numberOr(declared, "MinValue", -Infinity) || number > numberOr(declared, "MaxValue", Infinity))
    refuse(`is out of range: ${value}`);
}

/** Whether a resource or an output is wanted at all. */
export function isWanted(declared: Members, scope: Scope): boolean {
  const condition = optionalText(declared, "Condition");
  return condition === undefined || resolveCondition(condition, scope);
}
