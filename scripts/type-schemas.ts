// Reads the domain's TypeScript types into JSON Schemas, as far as its events use them.

import { readFile } from "node:fs/promises";
import { parseSync } from "oxc-parser";
import { awsStates } from "../lib/observed.ts";

export interface Schema {
  readonly description?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly $ref?: string;
}

// The parser's nodes, as far as the types of events use them.
interface Node {
  readonly type: string;
  readonly start: number;
  readonly [member: string]: unknown;
}
interface Declared {
  readonly node: Node;
  readonly description?: string;
}
interface TypeReader {
  readonly read: (node: Node) => Schema;
  readonly named: (name: string) => Schema;
}

/** Ids are branded texts, whose forms are in lib/ids.ts; nothing else is written down twice. */
export const forms: Readonly<Record<string, Schema>> = {
  ServiceId: { type: "string", pattern: "^vpce-svc-[0-9a-f]{8,17}$" },
  EndpointId: { type: "string", pattern: "^vpce-[0-9a-f]{8,17}$" },
  AccountId: { type: "string", pattern: "^[0-9]{12}$" },
  ZoneId: { type: "string", pattern: "^Z[0-9A-Z]{1,31}$" },
  Instant: { type: "string", format: "date-time", pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$" },
  Principal: { type: "string", pattern: "^(any|(endpoint|account|ou|org)#.+)$" },
  AwsState: { enum: [...awsStates, "unknown"] },
};

export async function declarations(file: URL): Promise<Map<string, Declared>> {
  const text = await readFile(file, "utf8");
  const { program, comments } = parseSync(file.pathname, text);
  const found = new Map<string, Declared>();
  for (const statement of program.body as unknown as Node[]) {
    const node = (statement["declaration"] as Node | undefined) ?? statement;
    if (node.type !== "TSTypeAliasDeclaration" && node.type !== "TSInterfaceDeclaration") continue;
    const before = comments.find(({ end }) => text.slice(end, statement.start).trim() === "");
    const description = before?.type === "Block" ? words(before.value) : undefined;
    found.set((node["id"] as { name: string }).name, { node, ...(description === undefined ? {} : { description }) });
  }
  // Comments within types: each belongs to the member that follows it.
  const within = new Map<number, string>();
  for (const { type, value, end } of comments)
    if (type === "Block") within.set(end + (/^\s*/.exec(text.slice(end))?.[0].length ?? 0), words(value));
  describe(program.body, within);
  return found;
}

const described = new WeakMap<object, string>();
function describe(value: unknown, comments: ReadonlyMap<number, string>): void {
  if (Array.isArray(value)) for (const one of value) describe(one, comments);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return;
  const node = value as Node;
  const comment = node.type === "TSPropertySignature" ? comments.get(node.start) : undefined;
  if (comment !== undefined) described.set(node, comment);
  for (const member of Object.values(node)) describe(member, comments);
}

const words = (comment: string): string =>
  comment
    .replaceAll(/^\s*\*+/gm, "")
    .replaceAll(/\s+/g, " ")
    .trim();

/** `Common & (A | B | …)`: each of the alternatives, which all have what is common. */
export function members(node: Node | undefined): Node[] {
  const types = ((node?.["typeAnnotation"] as Node | undefined)?.["types"] ?? []) as Node[];
  const union = types.map(bare).find(({ type }) => type === "TSUnionType");
  return ((union?.["types"] ?? []) as Node[]).map(bare);
}

const bare = (node: Node): Node => (node.type === "TSParenthesizedType" ? bare(node["typeAnnotation"] as Node) : node);

/** Reads types into schemas; what has a name and members becomes shared. */
export function reader(declared: ReadonlyMap<string, Declared>, shared: Record<string, Schema>): TypeReader {
  const read = (given: Node): Schema => {
    const node = bare(given);
    switch (node.type) {
      case "TSStringKeyword":
        return { type: "string" };
      case "TSNumberKeyword":
        return { type: "number" };
      case "TSBooleanKeyword":
        return { type: "boolean" };
      case "TSUnknownKeyword":
        return {};
      case "TSLiteralType":
        return { const: (node["literal"] as { value: unknown }).value };
      case "TSArrayType":
        return { type: "array", items: read(node["elementType"] as Node) };
      case "TSTypeOperator":
        return read(node["typeAnnotation"] as Node);
      case "TSUnionType":
        return union((node["types"] as Node[]).map(read));
      case "TSIntersectionType":
        return (node["types"] as Node[]).map((one) => inlined(read(one), shared)).reduce(both);
      case "TSTypeLiteral":
        return object(node["members"] as Node[]);
      case "TSTypeReference":
        return referred(node, (node["typeName"] as { name: string }).name);
      default:
        throw new Error(`scripts/type-schemas.ts does not know the type ${node.type} yet`);
    }
  };
  const object = (list: readonly Node[]): Schema => {
    const pairs = list.map((member) => {
      const name = (member["key"] as { name: string }).name;
      const schema = read((member["typeAnnotation"] as { typeAnnotation: Node }).typeAnnotation);
      const description = described.get(member);
      return { name, optional: member["optional"] === true, schema: description === undefined ? schema : { description, ...schema } };
    });
    return {
      type: "object",
      properties: Object.fromEntries(pairs.map(({ name, schema }) => [name, schema])),
      required: pairs.filter(({ optional }) => !optional).map(({ name }) => name),
    };
  };
  /** Of what TypeScript itself makes of types, as much as events use. */
  const referred = (node: Node, name: string): Schema => {
    const [first] = ((node["typeArguments"] as { params: Node[] } | null | undefined)?.params ?? []) as readonly Node[];
    if (first === undefined) return named(name);
    if (name === "Readonly") return read(first);
    if (name === "Record" || name === "Omit") return { type: "object" };
    throw new Error(`scripts/type-schemas.ts does not know the type ${name}<…> yet`);
  };
  const named = (name: string): Schema => {
    const form = forms[name];
    if (form !== undefined) return form;
    const one = declared.get(name);
    if (one === undefined) throw new Error(`no type ${name} is declared in what is read`);
    if (shared[name] === undefined) {
      shared[name] = {};
      shared[name] = { ...(one.description === undefined ? {} : { description: one.description }), ...declaration(one.node) };
    }
    return { $ref: `#/$defs/${name}` };
  };
  const declaration = (node: Node): Schema => {
    if (node.type === "TSTypeAliasDeclaration") return read(node["typeAnnotation"] as Node);
    const own = object((node["body"] as { body: Node[] }).body);
    const bases = ((node["extends"] ?? []) as { expression: { name: string } }[]).map(({ expression }) =>
      inlined(named(expression.name), shared),
    );
    return [...bases, own].reduce(both);
  };
  return { read, named };
}

function union(schemas: readonly Schema[]): Schema {
  const constants = schemas.flatMap((one) => ("const" in one ? [one.const] : (one.enum ?? [])));
  const others = schemas.filter((one) => !("const" in one) && one.enum === undefined);
  if (others.length === 0) return { enum: constants };
  return { anyOf: [...others, ...(constants.length === 0 ? [] : [{ enum: constants }])] };
}

const inlined = (schema: Schema, shared: Readonly<Record<string, Schema>>): Schema =>
  schema.$ref === undefined ? schema : (shared[schema.$ref.split("/").at(-1) ?? ""] ?? {});
const both = (a: Schema, b: Schema): Schema => ({
  type: "object",
  properties: { ...a.properties, ...b.properties },
  required: [...(a.required ?? []), ...(b.required ?? [])],
});
