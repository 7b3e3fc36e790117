// A template's Rules: what its parameters must be together, checked before anything is made.
import { optionalText, record, rows } from "../members.ts";
import { truth, type Scope } from "./intrinsics.ts";
import type { ParameterValue, Template } from "./template.ts";

/** Throws what the first assertion that does not hold says. Rules see parameters only. */
export function checkRules({ rules }: Pick<Template, "rules">, parameters: Readonly<Record<string, ParameterValue>>): void {
  const scope: Scope = {
    parameters,
    pseudo: {},
    mappings: {},
    conditions: {},
    resource(name) {
      throw new Error(`Template error: a rule can refer to parameters only, not to ${name}.`);
    },
  };
  for (const name of Object.keys(rules)) {
    const rule = record(rules, name);
    if (rule["RuleCondition"] !== undefined && !truth(rule["RuleCondition"], scope)) continue;
    const broken = rows(rule, "Assertions").find((assertion) => !truth(assertion["Assert"], scope));
    if (broken !== undefined)
      throw new Error(optionalText(broken, "AssertDescription") ?? `Template error: the rule ${name} does not hold.`);
  }
}
