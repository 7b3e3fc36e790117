// The page of all events for those who listen on the bus: each in words, its members, and an example.

import { detailVersion } from "../lib/aws/bus-event.ts";
import { exampleOf, type Catalogue, type EventSchema } from "./event-schemas.ts";
import type { Schema } from "./type-schemas.ts";

export function eventsPage(all: Catalogue, sentence: (event: never) => string): string {
  const told = (one: EventSchema): string => {
    const example = exampleOf(one, all);
    const own = Object.entries(one.schema.properties ?? {}).filter(([name]) => !common.has(name));
    const rows = own.map(
      ([name, schema]) =>
        `| \`${name}\` | ${shape(schema)} | ${(one.schema.required ?? []).includes(name) ? "always" : "sometimes"} | ${schema.description ?? ""} |`,
    );
    return [
      `### ${one.type}`,
      "",
      `In words, for this example: *${sentence(example as never)}*`,
      "",
      ...(rows.length === 0 ? [] : ["| member | is | there | |", "|---|---|---|---|", ...rows, ""]),
      "```json",
      JSON.stringify(example, null, 2),
      "```",
      "",
    ].join("\n");
  };
  const of = (about: EventSchema["about"]): EventSchema[] => all.events.filter((one) => one.about === about);
  return [
    "<!-- Printed by `npm run docs` from lib/events.ts; edit that, not this. -->",
    "",
    "# The events",
    "",
    `Everything that becomes true is an event in the audit log, and leaves on the stack's bus (output BusName): source \`drawbridge\`, detail type the event's type, detail as below. The JSON Schema of all of them is in [events.schema.json](events.schema.json). This is version ${String(detailVersion)}: \`version\` in each detail. Within a version members may be added, never removed or changed in meaning; ignore what you do not know. A change that breaks this gets a new version, and both leave for a while.`,
    "",
    "An event may come twice, and in another order than it happened: `subject` and `seq` name it, and order those of one subject. The raw message that brought something up stays in the log (`source`), and does not leave.",
    "",
    `${String(all.events.length)} events: ${all.events.map(({ type }) => `[${type}](#${type.toLowerCase()})`).join(", ")}.`,
    "",
    "## Of connections",
    "",
    ...of("connections").map(told),
    "## Of the rules: entries, services, approvers, freezes",
    "",
    ...of("rules").map(told),
  ].join("\n");
}

const common = new Set(["version", "type", "subject", "seq", "at", "by", "because", "service", "endpoint", "account"]);

const shape = (schema: Schema): string => {
  if (schema.$ref !== undefined) return schema.$ref.split("/").at(-1) ?? "";
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((one) => `\`${String(one)}\``).join(", ");
  if (schema.anyOf !== undefined) return schema.anyOf.map(shape).join(" or ");
  if (schema.type === "array") return `list of ${shape(schema.items ?? {})}`;
  return schema.type === undefined ? "anything" : schema.format === "date-time" ? "time" : schema.type;
};
