// What a rule's target receives: the event, a part of it, a constant, or a text made from it.
import { document, isMembers, optionalText, record, text, type Members } from "../members.ts";

/** A value of JSON; a queue gets it as text, a function as it is. */
export function targetInput(given: Members, event: Members, ruleArn: string): unknown {
  const constant = optionalText(given, "Input");
  if (constant !== undefined) return document(constant);
  const path = optionalText(given, "InputPath");
  if (path !== undefined) return atPath(event, path);
  if (!isMembers(given["InputTransformer"])) return event;
  return transformed(record(given, "InputTransformer"), event, ruleArn);
}

/** `$.detail.list[0].name` */
function atPath(event: unknown, path: string): unknown {
  const steps = path.replace(/^\$\.?/, "").match(/[^.[\]]+/g) ?? [];
  let value = event;
  for (const step of steps) {
    if (Array.isArray(value)) value = (value as readonly unknown[])[Number(step)];
    else value = isMembers(value) ? value[step] : undefined;
  }
  return value;
}

function transformed(transformer: Members, event: Members, ruleArn: string): unknown {
  const paths = record(transformer, "InputPathsMap");
  const reserved: Readonly<Record<string, unknown>> = {
    "aws.events.rule-arn": ruleArn,
    "aws.events.rule-name": ruleArn.split("/").at(-1),
    "aws.events.event": event,
    "aws.events.event.json": event,
    "aws.events.event.ingestion-time": event["time"],
  };
  const valueOf = (name: string): unknown =>
    name in reserved ? reserved[name] : atPath(event, optionalText(paths, name) ?? "$.missing-path");
  let quoted = false;
  const filled = text(transformer, "InputTemplate").replaceAll(/\\.|"|<([^<>\s]+)>/g, (found, name?: string) => {
    if (found === '"') quoted = !quoted;
    if (name === undefined) return found;
    const value = valueOf(name);
    if (!quoted) return value === undefined ? '""' : JSON.stringify(value);
    const plain = typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);
    return JSON.stringify(plain).slice(1, -1);
  });
  try {
    return JSON.parse(filled);
  } catch {
    return filled;
  }
}
