// The awsJson protocols: checks that a body has the shape of its action, and writes times as AWS does.

import { AwsError } from "../service.ts";
import { isMembers } from "../members.ts";
import type { Shape } from "./shapes.ts";

export function readJson(shape: Shape | undefined, body: string): Readonly<Record<string, unknown>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    throw new AwsError("SerializationException", "");
  }
  if (!isMembers(parsed)) throw new AwsError("SerializationException", "Start of structure or map found where not expected.");
  if (shape !== undefined) check(shape, parsed);
  return parsed;
}

const WANTED: Readonly<Record<Shape["kind"], string>> = {
  string: "String",
  number: "Number",
  boolean: "Boolean",
  blob: "Blob",
  timestamp: "Timestamp",
  document: "Document",
  list: "List",
  map: "Map",
  structure: "Structure",
};

function check(shape: Shape, value: unknown): void {
  if (value === null || value === undefined || shape.kind === "document" || shape.kind === "timestamp") return;
  if (!fits(shape, value)) {
    const found = Array.isArray(value)
      ? "LIST_VALUE"
      : typeof value === "object"
        ? "STRUCT_VALUE"
        : `${(typeof value).toUpperCase()}_VALUE`;
    throw new AwsError("SerializationException", `${found} cannot be converted to ${WANTED[shape.kind]}`);
  }
  if (shape.kind === "list")
    for (const item of value as readonly unknown[]) if (shape.value !== undefined) check(shape.value.shape(), item);
  if (shape.kind === "map") for (const item of Object.values(value)) if (shape.value !== undefined) check(shape.value.shape(), item);
  if (shape.kind === "structure") {
    const record = value as Readonly<Record<string, unknown>>;
    for (const member of shape.members) check(member.shape(), record[member.name]);
  }
}

function fits(shape: Shape, value: unknown): boolean {
  switch (shape.kind) {
    case "string":
    case "blob":
      return typeof value === "string";
    case "number":
      return typeof value === "number";
    case "boolean":
      return typeof value === "boolean";
    case "list":
      return Array.isArray(value);
    default:
      return isMembers(value);
  }
}

/** Times leave as seconds since 1970, bytes as base64. */
export function writeJson(value: unknown): string {
  return JSON.stringify(value ?? {}, function replace(this: unknown, key: string, member: unknown) {
    const raw: unknown = isMembers(this) || Array.isArray(this) ? (this as Readonly<Record<string, unknown>>)[key] : member;
    if (raw instanceof Date) return raw.getTime() / 1000;
    if (raw instanceof Uint8Array) return Buffer.from(raw).toString("base64");
    return member;
  });
}
