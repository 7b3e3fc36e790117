// Writes an action's result as the XML of the ec2, query and rest-xml protocols.

import { escapeXml, scalarToText } from "./scalars.ts";
import type { Member, Shape } from "./shapes.ts";

/** The elements of a structure's members, without an element around them. */
export function writeMembers(shape: Shape, value: unknown): string {
  const record = typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  return shape.members
    .filter((member) => member.traits.httpHeader === undefined)
    .map((member) => writeMember(member, record[member.name]))
    .join("");
}

export function element(name: string, content: string, xmlns?: string): string {
  return `<${name}${xmlns === undefined ? "" : ` xmlns="${escapeXml(xmlns)}"`}>${content}</${name}>`;
}

function writeMember(member: Member, value: unknown): string {
  return value === undefined || value === null ? "" : writeAs(member.traits.xmlName ?? member.name, member, value);
}

function writeAs(name: string, member: Member, value: unknown): string {
  const shape = member.shape();
  switch (shape.kind) {
    case "structure":
      return element(name, writeMembers(shape, value));
    case "list": {
      const item = shape.value;
      if (item === undefined || !Array.isArray(value)) return "";
      if (member.traits.xmlFlattened !== undefined) return value.map((one) => writeAs(name, item, one)).join("");
      return element(name, value.map((one) => writeAs(item.traits.xmlName ?? "member", item, one)).join(""));
    }
    case "map":
      return writeMap(name, member, shape, value);
    default:
      return element(name, escapeXml(scalarToText(shape, value)));
  }
}

function writeMap(name: string, member: Member, shape: Shape, value: unknown): string {
  const { key, value: item } = shape;
  if (key === undefined || item === undefined) return "";
  const isFlat = member.traits.xmlFlattened !== undefined;
  const entries = Object.entries(value as Readonly<Record<string, unknown>>)
    .filter(([, one]) => one !== undefined && one !== null)
    .map(([each, one]) =>
      element(
        isFlat ? name : "entry",
        writeAs(key.traits.xmlName ?? "key", key, each) + writeAs(item.traits.xmlName ?? "value", item, one),
      ),
    )
    .join("");
  return isFlat ? entries : element(name, entries);
}
