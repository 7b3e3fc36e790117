// Reads the AWS SDK's own schemas, so that what goes over the wire is shaped by AWS's models and not by our memory of them.

import { AwsError } from "../service.ts";

export type Kind = "string" | "number" | "boolean" | "blob" | "timestamp" | "document" | "list" | "map" | "structure";

export interface Traits {
  readonly xmlName?: string;
  readonly ec2QueryName?: string;
  readonly xmlFlattened?: unknown;
  readonly httpLabel?: unknown;
  readonly httpQuery?: string;
  readonly httpHeader?: string;
  readonly http?: readonly [method: string, path: string, status: number];
  readonly httpError?: number;
  readonly error?: string;
  readonly awsQueryError?: readonly [code: string, status: number];
}

export interface Shape {
  readonly kind: Kind;
  readonly name: string;
  readonly traits: Traits;
  /** Of a structure, in the order of the model. */
  readonly members: readonly Member[];
  /** Of a list or map. */
  readonly key?: Member;
  readonly value?: Member;
}

export interface Member {
  readonly name: string;
  readonly traits: Traits;
  readonly required: boolean;
  /** Looked up when needed: a DynamoDB attribute value contains itself. */
  shape(): Shape;
}

const SIMPLE: Readonly<Record<number, Kind>> = {
  0: "string",
  1: "number",
  2: "boolean",
  15: "document",
  17: "number",
  19: "number",
  21: "blob",
  42: "blob",
};
const TRAIT_BITS = ["httpLabel", "idempotent", "idempotencyToken", "sensitive", "httpPayload", "httpResponseCode", "httpQueryParams"];
const LIST = 64;
const MAP = 128;

const known = new WeakMap<readonly unknown[], Shape>();

/** `schema` is what a client package exports under `Name$`: an array that begins with the kind, or a number for simple kinds. */
export function shapeOf(schema: unknown): Shape {
  const target = typeof schema === "function" ? (schema as () => unknown)() : schema;
  if (typeof target === "number") return simple(target);
  if (!Array.isArray(target)) return { kind: "structure", name: "Unit", traits: {}, members: [] };
  const before = known.get(target);
  if (before !== undefined) return before;
  const shape = compound(target);
  known.set(target, shape);
  return shape;
}

export interface Operation {
  readonly name: string;
  readonly http?: Traits["http"];
  readonly input: Shape;
  readonly output: Shape;
}

export function operationOf(schema: unknown): Operation | undefined {
  if (!Array.isArray(schema) || schema[0] !== 9) return undefined;
  const http = traitsOf(schema[3]).http;
  return { name: String(schema[2]), ...(http === undefined ? {} : { http }), input: shapeOf(schema[4]), output: shapeOf(schema[5]) };
}

/** The first required member that the caller left out. */
export function missingMember(shape: Shape, input: Readonly<Record<string, unknown>>): string | undefined {
  return shape.members.find((member) => member.required && (input[member.name] === undefined || input[member.name] === null))?.name;
}

function simple(code: number): Shape {
  const traits = {};
  if (code >= LIST && code < MAP) return { kind: "list", name: "", traits, members: [], value: memberOf("member", code & 63, true) };
  if (code >= MAP)
    return { kind: "map", name: "", traits, members: [], key: memberOf("key", 0, true), value: memberOf("value", code & 63, true) };
  return { kind: code >= 4 && code <= 7 ? "timestamp" : (SIMPLE[code] ?? "string"), name: "", traits, members: [] };
}

function compound(schema: readonly unknown[]): Shape {
  const base = { name: String(schema[2]), traits: traitsOf(schema[3]), members: [] };
  switch (schema[0]) {
    case 0:
      return { ...shapeOf(schema[4]), name: base.name, traits: base.traits };
    case 1:
      return { ...base, kind: "list", value: memberOf("member", schema[4], true) };
    case 2:
      return { ...base, kind: "map", key: memberOf("key", schema[4], true), value: memberOf("value", schema[5], true) };
    case 3:
    case -3:
    case 4: {
      const names = schema[4] as readonly string[];
      const types = schema[5] as readonly unknown[];
      const required = typeof schema[6] === "number" ? schema[6] : 0;
      return { ...base, kind: "structure", members: names.map((name, at) => memberOf(name, types[at], at < required)) };
    }
    default:
      throw new AwsError("InternalFailure", `local AWS does not know the schema kind ${String(schema[0])} of ${base.name}`, 500);
  }
}

function memberOf(name: string, schema: unknown, required: boolean): Member {
  const isWrapped = Array.isArray(schema) && schema.length === 2;
  const target: unknown = isWrapped ? schema[0] : schema;
  return { name, required, traits: isWrapped ? traitsOf(schema[1]) : {}, shape: () => shapeOf(target) };
}

function traitsOf(traits: unknown): Traits {
  if (typeof traits === "object" && traits !== null) return traits;
  const bits = typeof traits === "number" ? traits : 0;
  return Object.fromEntries(TRAIT_BITS.filter((_, at) => (bits & (1 << at)) !== 0).map((name) => [name, 1]));
}
