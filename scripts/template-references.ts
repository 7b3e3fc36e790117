// Whether every name that a template mentions is one that it has.
import type { ResourceSchemas } from "./resource-schemas.ts";
import { isObject, type Template } from "./template.ts";

interface Mention {
  readonly where: string;
  readonly name: string;
  /** Present when an attribute is asked for. */
  readonly attribute?: string;
  /** A condition, and not a resource or parameter. */
  readonly condition?: true;
}

/** One line for each Ref, Fn::GetAtt, Fn::Sub, Fn::If, Condition and DependsOn that leads nowhere. */
export function referenceProblems(template: Template, schemas: ResourceSchemas): string[] {
  const conditions = new Set(Object.keys(template.Conditions ?? {}));
  const parameters = new Set(Object.keys(template.Parameters ?? {}));

  return mentionsIn(template).flatMap(({ where, name, attribute, condition }) => {
    if (condition) return conditions.has(name) ? [] : [`${where}: there is no condition ${name}`];
    if (name.startsWith("AWS::")) return [];
    const type = template.Resources[name]?.Type;
    if (type === undefined) return parameters.has(name) && attribute === undefined ? [] : [`${where}: there is no ${name}`];
    if (attribute === undefined || schemas.hasAttribute(type, attribute)) return [];
    return [`${where}: ${name} has no attribute ${attribute}`];
  });
}

function mentionsIn(template: Template): Mention[] {
  const resources = Object.entries(template.Resources).flatMap(([where, resource]) => [
    ...mentions(where, resource.Properties),
    ...[resource.DependsOn ?? []].flat().map((name) => ({ where, name })),
    ...(resource.Condition === undefined ? [] : [{ where, name: resource.Condition, condition: true as const }]),
  ]);
  return [
    ...resources,
    ...mentions("Outputs", template.Outputs),
    ...mentions("Conditions", template.Conditions),
    ...mentions("Rules", template.Rules),
  ];
}

function mentions(where: string, value: unknown): Mention[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => mentions(`${where}[${index}]`, item));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => [...mention(where, key, item), ...mentions(`${where}.${key}`, item)]);
}

function mention(where: string, key: string, item: unknown): Mention[] {
  switch (key) {
    case "Ref":
      return [{ where, name: String(item) }];
    case "Fn::GetAtt":
      return [{ where, ...attributeOf(Array.isArray(item) ? item.join(".") : String(item)) }];
    case "Fn::If":
      return [{ where, name: Array.isArray(item) ? String(item[0]) : "", condition: true }];
    case "Fn::Sub":
      return namesIn(item).map((name) => ({
        where,
        ...(name.startsWith("AWS::") ? { name } : attributeOf(name)),
      }));
    default:
      return [];
  }
}

/** The names in the text of a Sub, but for those that the Sub itself defines. */
function namesIn(item: unknown): string[] {
  const [text, own]: unknown[] = Array.isArray(item) ? item : [item, {}];
  const names = [...String(text).matchAll(/\$\{([^!}][^}]*)\}/g)].map(([, name = ""]) => name.trim());
  return names.filter((name) => !(isObject(own) && name in own));
}

function attributeOf(text: string): { name: string; attribute?: string } {
  const [name = "", ...attribute] = text.split(".");
  return attribute.length === 0 ? { name } : { name, attribute: attribute.join(".") };
}
