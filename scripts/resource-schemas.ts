// What AWS publishes about each type of resource: its properties, their types, the values that some of them are limited to, and the
// attributes that it offers. Patterns, lengths and ranges are not in what AWS's CDK republishes, so nothing here looks at them.
import { loadAwsServiceSpec } from "@aws-cdk/aws-service-spec";
import { isIntrinsic, isObject, type Resource } from "./template.ts";

export interface ResourceSchemas {
  /** One line for each property that is missing, unknown, of the wrong type or none of the values that there are. */
  problems(id: string, resource: Resource): string[];
  /** Whether `Fn::GetAtt` may ask such a resource for the attribute. */
  hasAttribute(type: string, attribute: string): boolean;
}

type Properties = Readonly<Record<string, Property>>;
interface Property {
  readonly required?: boolean;
  readonly type: Type;
  readonly previousTypes?: readonly Type[];
}
type Type =
  | { readonly type: Primitive | "json" | "tag"; readonly allowedValues?: readonly unknown[] }
  | { readonly type: "array" | "map"; readonly element: Type }
  | { readonly type: "union"; readonly types: readonly Type[] }
  | { readonly type: "ref"; readonly reference: { readonly $ref: string } };
type Primitive = keyof typeof primitives;
type Definitions = (reference: string) => Properties;

const primitives = {
  string: (value: unknown) => typeof value === "string",
  number: (value: unknown) => typeof value === "number",
  integer: (value: unknown) => Number.isInteger(value),
  boolean: (value: unknown) => typeof value === "boolean",
  "date-time": (value: unknown) => typeof value === "string",
  null: (value: unknown) => value === null,
};

export async function loadResourceSchemas(): Promise<ResourceSchemas> {
  const spec = await loadAwsServiceSpec();
  const schemaOf = (type: string) => spec.lookup("resource", "cloudFormationType", "equals", type)[0];
  const definitions: Definitions = (reference) => spec.get("typeDefinition", reference).properties;
  return {
    problems(id, resource) {
      const schema = schemaOf(resource.Type);
      if (!schema) return [`${id}: there is no resource type ${resource.Type}`];
      const properties = schema.properties as Properties;
      return objectProblems(`${id} (${resource.Type})`, resource.Properties ?? {}, properties, definitions);
    },
    hasAttribute(type, attribute) {
      const schema = schemaOf(type);
      return schema !== undefined && (attribute in schema.attributes || attribute in schema.properties);
    },
  };
}

function objectProblems(path: string, value: object, properties: Properties, definitions: Definitions): string[] {
  const missing = Object.entries(properties).filter(([name, property]) => property.required && !(name in value));
  const problems = missing.map(([name]) => `${path}: ${name} is required`);
  for (const [name, item] of Object.entries(value)) {
    const property = properties[name];
    if (!property) problems.push(`${path}: there is no property ${name}`);
    else problems.push(...anyOf(`${path}.${name}`, item, [property.type, ...(property.previousTypes ?? [])], definitions));
  }
  return problems;
}

/** A property may have had other types before, and may be one of several: the problems with the first are told. */
function anyOf(path: string, value: unknown, types: readonly Type[], definitions: Definitions): string[] {
  const outcomes = types.map((type) => valueProblems(path, value, type, definitions));
  return outcomes.some((problems) => problems.length === 0) ? [] : (outcomes[0] ?? []);
}

function valueProblems(path: string, value: unknown, type: Type, definitions: Definitions): string[] {
  const wrong = (wanted: string) => [`${path}: ${JSON.stringify(value)} is not ${wanted}`];
  if (isIntrinsic(value) || type.type === "json") return [];
  switch (type.type) {
    case "tag":
      return isObject(value) && "Key" in value && "Value" in value ? [] : wrong("a tag");
    case "array":
      if (!Array.isArray(value)) return wrong("a list");
      return value.flatMap((item, index) => valueProblems(`${path}[${index}]`, item, type.element, definitions));
    case "map":
      if (!isObject(value)) return wrong("an object");
      return Object.entries(value).flatMap(([name, item]) => valueProblems(`${path}.${name}`, item, type.element, definitions));
    case "union": {
      // Where a schema says "this, or any JSON", the value is held to "this".
      const strict = type.types.filter((one) => one.type !== "json");
      return anyOf(path, value, strict.length > 0 ? strict : type.types, definitions);
    }
    case "ref":
      return isObject(value) ? objectProblems(path, value, definitions(type.reference.$ref), definitions) : wrong("an object");
    default:
      if (!primitives[type.type](value)) return wrong(`of type ${type.type}`);
      return type.allowedValues?.includes(value) === false ? wrong(`one of ${type.allowedValues.join(", ")}`) : [];
  }
}
