// Rows as DynamoDB holds them: plain JSON values on our side, attribute values on its side.

import type { AttributeValue } from "@aws-sdk/client-dynamodb";

/** A row as plain JSON. */
export type Item = Readonly<Record<string, unknown>>;
export type Row = Record<string, AttributeValue>;

/** Members that are undefined are left out. Text is made well formed, since half a surrogate pair would come back as another text. */
export const writeItem = (item: Item): Row =>
  Object.fromEntries(Object.entries(item).flatMap(([name, value]) => (value === undefined ? [] : [[name, write(value)]])));

/** A member that holds what we never write is `Foreign`, whole. */
export const readItem = (row: Readonly<Row> | undefined): Item =>
  Object.fromEntries(Object.entries(row ?? {}).map(([name, value]) => [name, readMember(value)]));

/** What a value is after it has been stored: what is hashed must be what is read back. */
export const asStored = <T extends object>(value: T): T => readItem(writeItem(value as Item)) as T;

function write(value: unknown): AttributeValue {
  if (value === null || value === undefined) return { NULL: true };
  if (typeof value === "string") return { S: value.toWellFormed() };
  if (typeof value === "number" && Number.isFinite(value)) return { N: String(value) };
  if (typeof value === "boolean") return { BOOL: value };
  if (Array.isArray(value)) return { L: value.map(write) };
  if (value instanceof Foreign) return { S: value.message };
  if (typeof value === "object") return { M: writeItem(value as Item) };
  throw new TypeError(`${typeof value === "number" ? String(value) : typeof value} has no place in a row`);
}

function readMember(value: AttributeValue): unknown {
  try {
    return read(value);
  } catch (error) {
    if (error instanceof Foreign) return error;
    throw error;
  }
}

function read(value: AttributeValue): unknown {
  if (value.S !== undefined) return value.S;
  if (value.N !== undefined) return Number(value.N);
  if (value.BOOL !== undefined) return value.BOOL;
  if (value.NULL !== undefined) return null;
  if (value.L !== undefined) return value.L.map(read);
  if (value.M !== undefined) return Object.fromEntries(Object.entries(value.M).map(([name, inner]) => [name, read(inner)]));
  throw new Foreign(Object.keys(value).join());
}

/** An attribute of a kind that we never write: whoever reads its row finds it unreadable (`rows.ts`), and no other. */
class Foreign extends Error {
  constructor(kind: string) {
    super(`an attribute of the kind ${kind} is not one that Drawbridge writes`);
    this.name = "Foreign";
  }
}

/** The first member of a row that holds such an attribute, and what is wrong with it. */
export function foreignIn(item: Item): string | undefined {
  for (const [name, value] of Object.entries(item)) if (value instanceof Foreign) return `${name}: ${value.message}`;
  return undefined;
}
