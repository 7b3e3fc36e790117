// Reading the members of an AWS request or of a template's properties as the type the API model gives them.
import { AwsError } from "./service.ts";

export type Members = Readonly<Record<string, unknown>>;

export function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The member as text; numbers and booleans of a template are written out as CloudFormation does. */
export function optionalText(members: Members, name: string): string | undefined {
  const value = members[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw new AwsError("ValidationException", `${name} must be a string.`);
}

export function text(members: Members, name: string): string {
  const value = optionalText(members, name);
  if (value === undefined || value === "") throw new AwsError("MissingParameter", `The request must contain the parameter ${name}.`);
  return value;
}

/** Numbers come as numbers in JSON, as text in the query protocol and in templates. */
export function optionalNumber(members: Members, name: string): number | undefined {
  const value = members[name];
  if (value === undefined || value === null || value === "") return undefined;
  const number = typeof value === "number" ? value : Number(value);
  if (!Number.isFinite(number)) throw new AwsError("ValidationException", `${name} must be a number.`);
  return number;
}

export function numberOr(members: Members, name: string, otherwise: number): number {
  return optionalNumber(members, name) ?? otherwise;
}

export function flag(members: Members, name: string): boolean {
  return members[name] === true || members[name] === "true";
}

export function list(members: Members, name: string): readonly unknown[] {
  const value = members[name];
  if (value === undefined || value === null || value === "") return [];
  return Array.isArray(value) ? value : [value];
}

export function texts(members: Members, name: string): readonly string[] {
  return list(members, name).map(String);
}

export function rows(members: Members, name: string): readonly Members[] {
  return list(members, name).filter(isMembers);
}

export function record(members: Members, name: string): Members {
  const value = members[name];
  return isMembers(value) ? value : {};
}

/** A map of text to text: a JSON object, or the query protocol's `entry` rows. */
export function textMap(members: Members, name: string): Readonly<Record<string, string>> {
  const value = members[name];
  const entries = Array.isArray(value) ? value : isMembers(value) && Array.isArray(value["entry"]) ? value["entry"] : undefined;
  if (entries !== undefined) {
    const pairs = entries.filter(isMembers).map((row): [string, string] => [text(row, "key"), optionalText(row, "value") ?? ""]);
    return Object.fromEntries(pairs);
  }
  if (!isMembers(value)) return {};
  const pairs = Object.entries(value).filter(([, member]) => member !== undefined && member !== null);
  return Object.fromEntries(pairs.map(([key, member]) => [key, typeof member === "string" ? member : JSON.stringify(member)]));
}

/** A JSON document that AWS carries as text and a template as an object. */
export function document(value: unknown): unknown {
  if (typeof value !== "string") return value;
  if (value === "") return undefined;
  try {
    return JSON.parse(value);
  } catch {
    throw new AwsError("InvalidParameterValue", `Not valid JSON: ${value.slice(0, 80)}`);
  }
}
