// CloudWatch Logs' filter patterns, as far as the command and the runbook write them: words, and values of a JSON line's own keys.
import { AwsError } from "../service.ts";

/** Whether a line passes; a pattern that is not known is refused rather than misread. */
export function lineFilter(pattern: string): (line: string) => boolean {
  const json = /^\{(.*)\}$/s.exec(pattern.trim())?.[1];
  if (json !== undefined) return jsonFilter(json);
  const words = [...pattern.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
  if (/[[{?%-]/.test(pattern.replaceAll(/"[^"]*"/g, ""))) throw unknown();
  return (line) => words.every((word) => line.includes(word));
}

/** `$.level = "ERROR"`, or several of them, any of which may hold; a value may end in `*`. */
function jsonFilter(text: string): (line: string) => boolean {
  const terms = text.split("||").map((term) => {
    const [, key, value] = /^\s*\(?\s*\$\.(\w+)\s*=\s*"([^"]*)"\s*\)?\s*$/.exec(term) ?? [];
    if (key === undefined || value === undefined) throw unknown();
    return { key, value };
  });
  return (line) => {
    const members = parsed(line);
    return terms.some(({ key, value }) => {
      const its = members[key];
      if (typeof its !== "string" && typeof its !== "number") return false;
      return value.endsWith("*") ? String(its).startsWith(value.slice(0, -1)) : String(its) === value;
    });
  };
}

function parsed(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

const unknown = (): AwsError =>
  new AwsError("InvalidParameterException", 'Local AWS knows filter patterns of words, and of { $.key = "value" } with ||.');
