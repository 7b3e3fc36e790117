// Reads the XML body of a rest-xml request by its shape.

import { XMLParser, XMLValidator } from "fast-xml-parser";
import { AwsError } from "../service.ts";
import { scalarFromText } from "./scalars.ts";
import type { Member, Shape } from "./shapes.ts";

const parser = new XMLParser({
  ignoreAttributes: true,
  parseTagValue: false,
  trimValues: false,
  isArray: () => true,
  ignoreDeclaration: true,
});

export function readXml(shape: Shape, body: string): Record<string, unknown> {
  const checked = XMLValidator.validate(body);
  if (checked !== true) throw new AwsError("MalformedInput", `Invalid XML ; ${checked.err.msg}`);
  const parsed = parser.parse(body) as Readonly<Record<string, readonly unknown[]>>;
  const root = Object.entries(parsed).find(([name]) => !name.startsWith("#") && !name.startsWith("?"))?.[1][0];
  return readStructure(shape, root);
}

function readStructure(shape: Shape, node: unknown): Record<string, unknown> {
  const children = childrenOf(node);
  const result: Record<string, unknown> = {};
  for (const member of shape.members) {
    if (member.traits.httpLabel !== undefined || member.traits.httpQuery !== undefined) continue;
    const found = children[member.traits.xmlName ?? member.name];
    if (found !== undefined) result[member.name] = readValue(member, found);
  }
  return result;
}

/** `nodes`: every element of that name; a list that is not flattened has one, which holds the items. */
function readValue(member: Member, nodes: readonly unknown[]): unknown {
  const shape = member.shape();
  const [first] = nodes;
  switch (shape.kind) {
    case "structure":
      return readStructure(shape, first);
    case "list": {
      const item = shape.value;
      if (item === undefined) return [];
      const items = member.traits.xmlFlattened === undefined ? (childrenOf(first)[item.traits.xmlName ?? "member"] ?? []) : nodes;
      return items.map((one) => readValue(item, [one]));
    }
    default:
      return scalarFromText(shape, textOf(first), member.name);
  }
}

function childrenOf(node: unknown): Readonly<Record<string, readonly unknown[]>> {
  return typeof node === "object" && node !== null ? (node as Readonly<Record<string, readonly unknown[]>>) : {};
}

function textOf(node: unknown): string {
  if (typeof node === "string") return node;
  const text: unknown = childrenOf(node)["#text"];
  return Array.isArray(text) ? text.join("") : typeof text === "string" ? text : "";
}
