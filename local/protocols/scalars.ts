// Simple values as text: how query strings and XML write numbers, booleans and times, and how to read them back.

import { AwsError } from "../service.ts";
import type { Shape } from "./shapes.ts";

export function scalarFromText(shape: Shape, text: string, name: string): unknown {
  switch (shape.kind) {
    case "number": {
      const number = Number(text);
      if (text.trim() === "" || !Number.isFinite(number)) throw malformed(text, name, "a number");
      return number;
    }
    case "boolean":
      if (/^true$/i.test(text)) return true;
      if (/^false$/i.test(text)) return false;
      throw malformed(text, name, "a boolean");
    case "timestamp": {
      const at = Date.parse(text);
      if (Number.isNaN(at)) throw malformed(text, name, "a timestamp");
      return new Date(at);
    }
    case "string":
    case "blob":
    case "document":
      return text;
    case "list":
    case "map":
    case "structure":
      throw malformed(text, name, `a ${shape.kind}`);
    default:
      return text;
  }
}

export function scalarToText(shape: Shape, value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (shape.kind === "timestamp" && typeof value === "number") return new Date(value).toISOString();
  return typeof value === "string" ? value : JSON.stringify(value);
}

export function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;").replaceAll("\r", "&#13;");
}

function malformed(text: string, name: string, wanted: string): AwsError {
  return new AwsError("MalformedInput", `Value (${text.slice(0, 100)}) for parameter ${name} is not ${wanted}.`);
}
