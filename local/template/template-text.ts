// A CloudFormation template as people write it: JSON, or YAML with the short forms of the intrinsic functions.
import { parse, type CollectionTag, type ScalarTag, type YAMLMap, type YAMLSeq } from "yaml";

import { isMembers, type Members } from "../members.ts";

const SHORT = ["Ref", "Condition", "And", "Base64", "Cidr", "Equals", "FindInMap", "GetAtt", "GetAZs", "If", "Join", "Not", "Or", "Select"];
const TAGS = [...SHORT, "Split", "Sub"].flatMap(shortForms);

/** Throws in CloudFormation's words when the text is no template. */
export function templateFrom(text: string): Members {
  let parsed: unknown;
  try {
    parsed = text.trimStart().startsWith("{") ? JSON.parse(text) : parse(text, { customTags: TAGS, logLevel: "error" });
  } catch (error) {
    throw new Error(`Template format error: ${error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error)}`, {
      cause: error,
    });
  }
  if (!isMembers(parsed)) throw new Error("Template format error: unsupported structure.");
  return parsed;
}

/** `!Ref X` is short for `{ Ref: X }`, `!Sub X` for `{ Fn::Sub: X }`. */
function shortForms(name: string): (ScalarTag | CollectionTag)[] {
  const key = name === "Ref" || name === "Condition" ? name : `Fn::${name}`;
  const tag = `!${name}`;
  const collection = (items: YAMLMap | YAMLSeq): unknown => ({ [key]: items.toJSON() as unknown });
  return [
    { tag, resolve: (text: string) => ({ [key]: name === "GetAtt" ? text.split(".") : text }) },
    { tag, collection: "seq", resolve: collection },
    { tag, collection: "map", resolve: collection },
  ];
}
