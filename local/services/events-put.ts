// PutEvents: what is refused as a whole, and how each entry becomes an event or an error.
import { randomUUID } from "node:crypto";

import { isMembers, list, optionalText, rows, text, texts, type Members } from "../members.ts";
import { AwsError, type Call } from "../service.ts";
import type { Bus, Rules } from "./events-rules.ts";

export interface EventParts {
  readonly source: unknown;
  readonly detailType: unknown;
  readonly detail: unknown;
  readonly resources?: readonly unknown[];
  /** Epoch milliseconds. */
  readonly time: number;
}

const ENTRIES_MAX = 10;
const BYTES_MAX = 1_048_576;

export function putEvents(call: Call, rules: Rules, now: number, region: string, route: (bus: Bus, event: Members) => void): Members {
  const entries = rows(call.input, "Entries");
  if (entries.length === 0) throw outOfBounds("length greater than or equal to 1");
  if (entries.length > ENTRIES_MAX) throw outOfBounds(`length less than or equal to ${ENTRIES_MAX}`);
  const bytes = entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
  if (bytes > BYTES_MAX) throw new AwsError("ValidationException", "Total size of the entries in the request is over the limit.");
  const answers = entries.map((entry) => {
    const accepted = accept(entry, rules, call.caller.account, now);
    if ("ErrorCode" in accepted) return accepted;
    const event = envelope(accepted.bus, accepted.parts, region);
    route(accepted.bus, event);
    return { EventId: event["id"] };
  });
  return { FailedEntryCount: answers.filter((answer) => "ErrorCode" in answer).length, Entries: answers };
}

/** An event as targets get it. */
export function envelope(bus: Bus, parts: EventParts, region: string): Members {
  return {
    version: "0",
    id: randomUUID(),
    "detail-type": parts.detailType,
    source: parts.source,
    account: bus.account,
    time: new Date(parts.time).toISOString().replace(/\.\d+Z$/, "Z"),
    region,
    resources: parts.resources ?? [],
    detail: parts.detail,
  };
}

interface Refused {
  readonly ErrorCode: string;
  readonly ErrorMessage: string;
}

function accept(entry: Members, rules: Rules, account: string, now: number): { readonly bus: Bus; readonly parts: EventParts } | Refused {
  const missing = ["Source", "DetailType", "Detail"].find((name) => (optionalText(entry, name) ?? "") === "");
  if (missing !== undefined)
    return refused("InvalidArgument", `Parameter ${missing} is not valid. Reason: ${missing} is a required argument.`);
  const source = text(entry, "Source");
  if (source.startsWith("aws.")) return refused("NotAuthorizedForSourceException", "Not authorized for the source.");
  const detail = parsedDetail(text(entry, "Detail"));
  if (detail === undefined) return refused("MalformedDetail", "Detail is malformed.");
  const parts = {
    source,
    detailType: entry["DetailType"],
    detail,
    resources: list(entry, "Resources"),
    time: momentOf(entry["Time"]) ?? now,
  };
  try {
    return { bus: rules.bus(account, optionalText(entry, "EventBusName")), parts };
  } catch (error) {
    return refused("ResourceNotFoundException", error instanceof Error ? error.message : "Event bus does not exist.");
  }
}

export function parsedDetail(value: string): Members | undefined {
  try {
    const detail: unknown = JSON.parse(value);
    return isMembers(detail) ? detail : undefined;
  } catch {
    return undefined;
  }
}

/** Epoch seconds in JSON 1.1, or ISO text. */
function momentOf(value: unknown): number | undefined {
  if (value instanceof Date) return value.getTime();
  if (typeof value === "number") return value * 1000;
  const parsed = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(parsed) ? undefined : parsed;
}

function sizeOf(entry: Members): number {
  const fields = ["Source", "DetailType", "Detail"].map((name) => Buffer.byteLength(optionalText(entry, name) ?? ""));
  const resources = texts(entry, "Resources").map((resource) => Buffer.byteLength(resource));
  return [...fields, ...resources].reduce((sum, bytes) => sum + bytes, entry["Time"] === undefined ? 0 : 14);
}

function refused(ErrorCode: string, ErrorMessage: string): Refused {
  return { ErrorCode, ErrorMessage };
}

function outOfBounds(constraint: string): AwsError {
  const message = `1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have ${constraint}`;
  return new AwsError("ValidationException", message);
}
