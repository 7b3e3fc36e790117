// The catalogue of events, from the types themselves: a JSON Schema for each event as it leaves on the bus, and an example made from it.

import { readdir, readFile } from "node:fs/promises";
import { parseSync } from "oxc-parser";
import { awsStates } from "../lib/observed.ts";
import { detailVersion } from "../lib/aws/bus-event.ts";
import { toldIn, valuesIn } from "./event-examples.ts";

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
export interface EventSchema {
  readonly type: string;
  readonly about: "connections" | "rules";
  readonly schema: Schema;
}
export interface Catalogue {
  readonly events: readonly EventSchema[];
  /** The shapes that events share, by name. */
  readonly shared: Readonly<Record<string, Schema>>;
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

/** The domain: all that an event may be made of. */
const folder = new URL("../lib/", import.meta.url);

/** Ids are branded texts, whose forms are in lib/ids.ts; nothing else is written down twice. */
const forms: Readonly<Record<string, Schema>> = {
  ServiceId: { type: "string", pattern: "^vpce-svc-[0-9a-f]{8,17}$" },
  EndpointId: { type: "string", pattern: "^vpce-[0-9a-f]{8,17}$" },
  AccountId: { type: "string", pattern: "^[0-9]{12}$" },
  ZoneId: { type: "string", pattern: "^Z[0-9A-Z]{1,31}$" },
  Instant: { type: "string", format: "date-time", pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$" },
  Principal: { type: "string", pattern: "^(any|(endpoint|account|ou|org)#.+)$" },
  AwsState: { enum: [...awsStates, "unknown"] },
};

export async function catalogue(): Promise<Catalogue> {
  const files = (await readdir(folder)).filter((name) => name.endsWith(".ts")).sort();
  const declared = new Map((await Promise.all(files.map((file) => declarations(new URL(file, folder))))).flatMap((one) => [...one]));
  const shared: Record<string, Schema> = {};
  const types = reader(declared, shared);
  const events = (["ConnectionEvent", "PolicyEvent"] as const).flatMap((name) =>
    members(declared.get(name)?.node).flatMap((node) =>
      eventSchemas(types(node)).map((one): EventSchema => ({ ...one, about: name === "ConnectionEvent" ? "connections" : "rules" })),
    ),
  );
  for (const name of ["Actor", "Because", "Source", ...new Set(valueShapes.map(([, shape]) => shape))])
    types({ type: "TSTypeReference", start: 0, typeName: { name } });
  shared["Source"] = {
    description: "What brought it up; the message itself stays in the log",
    type: "object",
    properties: { kind: shared["Source"]?.properties?.["kind"] ?? {} },
    required: ["kind"],
  };
  return { events, shared: Object.fromEntries(Object.entries(shared).sort(([a], [b]) => (a < b ? -1 : 1))) };
}

async function declarations(file: URL): Promise<Map<string, Declared>> {
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
function members(node: Node | undefined): Node[] {
  const types = ((node?.["typeAnnotation"] as Node | undefined)?.["types"] ?? []) as Node[];
  const union = types.map(bare).find(({ type }) => type === "TSUnionType");
  return ((union?.["types"] ?? []) as Node[]).map(bare);
}

const bare = (node: Node): Node => (node.type === "TSParenthesizedType" ? bare(node["typeAnnotation"] as Node) : node);

/** Reads a type into a schema; what has a name and members becomes shared. */
function reader(declared: ReadonlyMap<string, Declared>, shared: Record<string, Schema>): (node: Node) => Schema {
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
        throw new Error(`scripts/event-schemas.ts does not know the type ${node.type} yet`);
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
    throw new Error(`scripts/event-schemas.ts does not know the type ${name}<…> yet`);
  };
  const named = (name: string): Schema => {
    const form = forms[name];
    if (form !== undefined) return form;
    const one = declared.get(name);
    if (one === undefined) throw new Error(`scripts/event-schemas.ts finds no type ${name}: add its file to the list there`);
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
  return read;
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

/** The event's own members with those that everybody on the bus may rely on. The raw message that brought it up stays in the log. */
function eventSchemas(own: Schema): Omit<EventSchema, "about">[] {
  const { type: kind = {}, ...rest } = own.properties ?? {};
  return (kind.enum ?? [kind.const]).map((type) => eventSchema(String(type), own, rest));
}

function eventSchema(type: string, own: Schema, rest: Readonly<Record<string, Schema>>): Omit<EventSchema, "about"> {
  const known: Record<string, Schema> = {
    version: { const: detailVersion },
    type: { const: type },
    subject: { description: "Whose story it belongs to: connection#…, entry#…, service#…, approver#… or deployment", type: "string" },
    seq: { description: "Its place in that story, from 1; subject and seq name an event", type: "integer", minimum: 1 },
    at: forms["Instant"] ?? {},
    by: { $ref: "#/$defs/Actor" },
    because: { $ref: "#/$defs/Because" },
    service: { description: "The service, or * for every one", anyOf: [forms["ServiceId"] ?? {}, { const: "*" }] },
    endpoint: { description: "Of a connection's events", ...forms["EndpointId"] },
    account: { description: "The consumer's, where the event is about one", ...forms["AccountId"] },
    hash: { description: "The event's hash in the log, which the checkpoints hold", type: "string", pattern: "^[0-9a-f]{64}$" },
    previous: {
      description: "The hash of the event before it in that story; nothing for the first",
      type: "string",
      pattern: "^([0-9a-f]{64})?$",
    },
    source: { $ref: "#/$defs/Source" },
  };
  const shape = valueOf(type);
  const values = shape === undefined ? {} : Object.fromEntries(["from", "to"].flatMap((name) => (name in rest ? [[name, shape]] : [])));
  const required = ["version", "type", "subject", "seq", "at", "by", "because", ...(own.required ?? []).filter((name) => name !== "type")];
  return { type, schema: { type: "object", properties: { ...known, ...rest, ...values }, required: [...new Set(required)] } };
}

/** What `from` and `to` are: in the log they are kept as they were, of whatever version. */
const valueShapes: readonly (readonly [RegExp, string])[] = [
  [/^Entry/, "Entry"],
  [/^Service(Added|Changed|Removed)$/, "Service"],
  [/^Approver/, "Approver"],
];
function valueOf(type: string): Schema | undefined {
  const shape = valueShapes.find(([form]) => form.test(type))?.[1];
  return shape === undefined ? undefined : { $ref: `#/$defs/${shape}` };
}

/** An example that the schema allows: everything that may be there, with values that read well. */
export function exampleOf({ type, about, schema }: EventSchema, { shared }: Catalogue): Readonly<Record<string, unknown>> {
  const subjects: readonly (readonly [RegExp, string])[] = [
    [/^Entry/, "entry#vpce-svc-0123456789abcdef0#account#222222222222"],
    [/^Approver/, "approver#ann"],
    [/./, "service#vpce-svc-0123456789abcdef0"],
  ];
  const subject = about === "connections" ? "connection#vpce-0123456789abcdef0" : (subjects.find(([form]) => form.test(type))?.[1] ?? "");
  const made = sample("", schema, shared) as Record<string, unknown>;
  const { endpoint: _endpoint, account: _account, service: _service, ...rest } = made;
  const places =
    about === "connections"
      ? { endpoint: "vpce-0123456789abcdef0", account: "222222222222" }
      : type.startsWith("Entry")
        ? { account: "222222222222" }
        : {};
  return {
    ...rest,
    ...toldIn(type),
    ...valuesIn(type, made),
    previous: previousExample,
    subject,
    ...(type.startsWith("Approver") ? {} : { service: "vpce-svc-0123456789abcdef0" }),
    ...places,
  };
}

const previousExample = "b1946ac92492d2347c6235b4d2611184a3f1c9d80e5a5d4b1b0ad33f6b2a5c7e";

const objects: Readonly<Record<string, object>> = {
  vpc: { id: "vpc-0123456789abcdef0", region: "eu-west-1" },
  target: { name: "vpce-0123456789abcdef0-x1y2z3.vpce-svc-0123456789abcdef0.eu-west-1.vpce.amazonaws.com", zone: "Z38GZ743OKFT7T" },
};

const samples: Readonly<Record<string, unknown>> = {
  detail: "account 222222222222 (acme) at vpce-svc-0123456789abcdef0: accept, version 3",
  rule: "entry",
  principal: "account#222222222222",
  fqdn: "acme.privatelink.example.com",
  found: "acme.privatelink.example.com A 192.0.2.1",
  arn: "arn:aws:iam::111111111111:user/alice",
  by: { kind: "operator", arn: "arn:aws:iam::111111111111:user/alice" },
  label: "acme",
  region: "eu-west-1",
  question: "q-4f7c1a",
  approver: "ann",
  approvers: ["ann", "ben"],
  reason: "known from the spring trial",
  code: "RequestLimitExceeded",
  message: "Request limit exceeded.",
  why: "the question was closed",
  event: "11111111-2222-3333-4444-555555555555",
  counter: "vpce-svc-0123456789abcdef0/account#222222222222",
  lacks: ["A"],
  name: "ann",
  to: ["carol"],
};

function sample(name: string, schema: Schema, shared: Readonly<Record<string, Schema>>): unknown {
  if (schema.const !== undefined) return schema.const;
  if (objects[name] !== undefined) return objects[name];
  if (schema.$ref !== undefined) return sample(name, shared[schema.$ref.split("/").at(-1) ?? ""] ?? {}, shared);
  if (
    schema.type !== "array" &&
    schema.properties === undefined &&
    samples[name] !== undefined &&
    schema.enum === undefined &&
    schema.pattern === undefined
  )
    return samples[name];
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.anyOf !== undefined) return sample(name, schema.anyOf[0] ?? {}, shared);
  switch (schema.type) {
    case "object":
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([member, one]) => [
          member,
          member === "by" ? samples["by"] : sample(member, one, shared),
        ]),
      );
    case "array":
      return Array.isArray(samples[name]) ? samples[name] : [sample("", schema.items ?? {}, shared)];
    case "number":
    case "integer":
      return name === "seq" ? 3 : 2;
    case "boolean":
      return true;
    case "string":
      return sampleText(schema);
    default:
      return {};
  }
}

function sampleText({ pattern = "" }: Schema): string {
  if (pattern.includes("{64}")) return "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8";
  if (pattern.includes("account")) return "account#222222222222";
  if (pattern.includes("vpce-svc")) return "vpce-svc-0123456789abcdef0";
  if (pattern.includes("vpce-")) return "vpce-0123456789abcdef0";
  if (pattern.includes("{12}")) return "222222222222";
  if (pattern.startsWith("^Z")) return "Z0123456789ABCDEFGHIJ";
  return pattern.includes("T") ? "2026-11-23T10:00:00.000Z" : "a text";
}

// The pages

export function schemaPage({ events, shared }: Catalogue): string {
  const page = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: `urn:drawbridge:events:${String(detailVersion)}`,
    title: "The detail of every event that Drawbridge puts on its bus",
    $comment:
      "Printed by npm run docs from lib/events.ts; edit that, not this. Members that are not named here may be added within this version: ignore them.",
    oneOf: events.map(({ type }) => ({ $ref: `#/$defs/${type}` })),
    $defs: { ...Object.fromEntries(events.map(({ type, schema }) => [type, schema])), ...shared },
  };
  return `${JSON.stringify(page, null, 2)}\n`;
}

export function eventsPage(all: Catalogue, sentence: (event: never) => string): string {
  const told = (one: EventSchema): string => {
    const example = exampleOf(one, all);
    const own = Object.entries(one.schema.properties ?? {}).filter(([name]) => !common.has(name));
    const rows = own.map(
      ([name, schema]) =>
        `| \`${name}\` | ${shape(schema)} | ${(one.schema.required ?? []).includes(name) ? "always" : "sometimes"} | ${schema.description ?? ""} |`,
    );
    return [
      `### ${one.type}`,
      "",
      `In words, for this example: *${sentence(example as never)}*`,
      "",
      ...(rows.length === 0 ? [] : ["| member | is | there | |", "|---|---|---|---|", ...rows, ""]),
      "```json",
      JSON.stringify(example, null, 2),
      "```",
      "",
    ].join("\n");
  };
  const of = (about: EventSchema["about"]): EventSchema[] => all.events.filter((one) => one.about === about);
  return [
    "<!-- Printed by `npm run docs` from lib/events.ts; edit that, not this. -->",
    "",
    "# The events",
    "",
    `Everything that becomes true is an event in the audit log, and leaves on the stack's bus (output BusName): source \`drawbridge\`, detail type the event's type, detail as below. The JSON Schema of all of them is in [events.schema.json](events.schema.json). This is version ${String(detailVersion)}: \`version\` in each detail. Within a version members may be added, never removed or changed in meaning; ignore what you do not know. A change that breaks this gets a new version, and both leave for a while.`,
    "",
    "An event may come twice, and in another order than it happened: `subject` and `seq` name it, and order those of one subject. The raw message that brought something up stays in the log (`source`), and does not leave.",
    "",
    `${String(all.events.length)} events: ${all.events.map(({ type }) => `[${type}](#${type.toLowerCase()})`).join(", ")}.`,
    "",
    "## Of connections",
    "",
    ...of("connections").map(told),
    "## Of the rules: entries, services, approvers, freezes",
    "",
    ...of("rules").map(told),
  ].join("\n");
}

const common = new Set(["version", "type", "subject", "seq", "at", "by", "because", "service", "endpoint", "account"]);

const shape = (schema: Schema): string => {
  if (schema.$ref !== undefined) return schema.$ref.split("/").at(-1) ?? "";
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((one) => `\`${String(one)}\``).join(", ");
  if (schema.anyOf !== undefined) return schema.anyOf.map(shape).join(" or ");
  if (schema.type === "array") return `list of ${shape(schema.items ?? {})}`;
  return schema.type === undefined ? "anything" : schema.format === "date-time" ? "time" : schema.type;
};
