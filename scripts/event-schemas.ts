// The catalogue of events, from the types themselves: a JSON Schema for each event as it leaves on the bus, and an example made from it.

import { readdir } from "node:fs/promises";
import { detailVersion } from "../lib/aws/bus-event.ts";
import { toldIn, valuesIn } from "./event-examples.ts";
import { sample } from "./sample-values.ts";
import { declarations, forms, members, reader, type Schema } from "./type-schemas.ts";

export type { Schema };
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

/** The domain: all that an event may be made of. */
const folder = new URL("../lib/", import.meta.url);

export async function catalogue(): Promise<Catalogue> {
  const files = (await readdir(folder)).filter((name) => name.endsWith(".ts")).sort();
  const declared = new Map((await Promise.all(files.map((file) => declarations(new URL(file, folder))))).flatMap((one) => [...one]));
  const shared: Record<string, Schema> = {};
  const { read, named } = reader(declared, shared);
  const events = (["ConnectionEvent", "PolicyEvent"] as const).flatMap((name) =>
    members(declared.get(name)?.node).flatMap((node) =>
      eventSchemas(read(node)).map((one): EventSchema => ({ ...one, about: name === "ConnectionEvent" ? "connections" : "rules" })),
    ),
  );
  for (const name of ["Actor", "Because", "Source", ...new Set(valueShapes.map(([, shape]) => shape))]) named(name);
  shared["Source"] = {
    description: "What brought it up; the message itself stays in the log",
    type: "object",
    properties: { kind: shared["Source"]?.properties?.["kind"] ?? {} },
    required: ["kind"],
  };
  return { events, shared: Object.fromEntries(Object.entries(shared).sort(([a], [b]) => (a < b ? -1 : 1))) };
}

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
