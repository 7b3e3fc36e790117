// Reads `Filter.1.Name=…` and `Attributes.entry.1.key=…`: the form bodies of the ec2 and query protocols.

import { AwsError } from "../service.ts";
import { scalarFromText } from "./scalars.ts";
import type { Member, Shape } from "./shapes.ts";

interface Node {
  text?: string;
  children: Map<string, Node>;
}

const DEPTH_MAX = 20;
const PARAMETERS_MAX = 20_000;

export function readQuery(shape: Shape, form: URLSearchParams, isEc2: boolean): Record<string, unknown> {
  return readStructure(shape, treeOf(form), isEc2, "");
}

function treeOf(form: URLSearchParams): Node {
  const root: Node = { children: new Map() };
  let count = 0;
  for (const [name, value] of form) {
    const steps = name.split(".");
    count += 1;
    if (count > PARAMETERS_MAX || steps.length > DEPTH_MAX) throw new AwsError("MalformedInput", "The request has too many parameters.");
    let node = root;
    for (const step of steps) {
      const next: Node = node.children.get(step) ?? { children: new Map() };
      node.children.set(step, next);
      node = next;
    }
    node.text = value;
  }
  return root;
}

function readStructure(shape: Shape, node: Node, isEc2: boolean, path: string): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const member of shape.members) {
    const key = keyOf(member, isEc2);
    const child = node.children.get(key);
    if (child !== undefined) result[member.name] = readValue(member, child, isEc2, path === "" ? key : `${path}.${key}`);
  }
  return result;
}

function readValue(member: Member, node: Node, isEc2: boolean, path: string): unknown {
  const shape = member.shape();
  switch (shape.kind) {
    case "structure":
      return readStructure(shape, node, isEc2, path);
    case "list": {
      const value = shape.value;
      const isFlat = isEc2 || member.traits.xmlFlattened !== undefined;
      const holder = isFlat ? node : node.children.get(value?.traits.xmlName ?? "member");
      return value === undefined ? [] : numbered(holder).map(([at, item]) => readValue(value, item, isEc2, `${path}.${at}`));
    }
    case "map": {
      const holder = member.traits.xmlFlattened === undefined ? node.children.get("entry") : node;
      const { key, value } = shape;
      if (key === undefined || value === undefined) return {};
      const entries = numbered(holder).map(([at, entry]): [string, unknown] => {
        const valueNode = entry.children.get(value.traits.xmlName ?? "value");
        const name = entry.children.get(key.traits.xmlName ?? "key")?.text ?? "";
        return [name, valueNode === undefined ? undefined : readValue(value, valueNode, isEc2, `${path}.entry.${at}.value`)];
      });
      return Object.fromEntries(entries);
    }
    default:
      return scalarFromText(shape, node.text ?? "", path);
  }
}

/** The children `1`, `2`, … in the order of their numbers. */
function numbered(node: Node | undefined): [string, Node][] {
  if (node === undefined) return [];
  return [...node.children].filter(([step]) => /^\d+$/.test(step)).sort(([a], [b]) => Number(a) - Number(b));
}

function keyOf(member: Member, isEc2: boolean): string {
  if (!isEc2) return member.traits.xmlName ?? member.name;
  if (member.traits.ec2QueryName !== undefined) return member.traits.ec2QueryName;
  const key = member.traits.xmlName ?? member.name;
  return key.charAt(0).toUpperCase() + key.slice(1);
}
