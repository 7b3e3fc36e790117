// Filters and pages of EC2's Describe actions.

import { flag, optionalNumber, optionalText, rows, text, texts } from "../members.ts";
import { AwsError } from "../service.ts";
import type { Call } from "../service.ts";
import type { Tags } from "./ec2-state.ts";

/** What a filter's name stands for; several values when any of them may match. */
export type FilterFields<T> = Readonly<Record<string, (one: T) => string | readonly string[] | undefined>>;

export function filtered<T>(call: Call, items: readonly T[], fields: FilterFields<T>, tagsOf?: (one: T) => Tags): T[] {
  const tests = rows(call.input, "Filters").map((filter) => {
    const name = text(filter, "Name");
    const wanted = texts(filter, "Values").map(wildcard);
    const field = fields[name] ?? tagField(name, tagsOf);
    if (field === undefined) throw new AwsError("InvalidParameterValue", `The filter '${name}' is invalid`);
    return (one: T): boolean => {
      const value = field(one);
      const values = value === undefined ? [] : typeof value === "string" ? [value] : value;
      return values.some((each) => wanted.some((pattern) => pattern.test(each)));
    };
  });
  return items.filter((one) => tests.every((test) => test(one)));
}

function tagField<T>(
  name: string,
  tagsOf: ((one: T) => Tags) | undefined,
): ((one: T) => string | readonly string[] | undefined) | undefined {
  if (tagsOf === undefined) return undefined;
  if (name === "tag-key") return (one) => [...tagsOf(one).keys()];
  return name.startsWith("tag:") ? (one) => tagsOf(one).get(name.slice(4)) : undefined;
}

/** In a filter's value `*` and `?` are wildcards. */
function wildcard(value: string): RegExp {
  const source = value
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s");
}

const PAGE_MAX = 1000;
const PAGE_MIN = 5;

/** One page in the order of `sequence`. The token names where to go on, so that what comes or goes meanwhile is neither lost nor repeated. */
export function paged<T extends { readonly sequence: number }>(call: Call, items: readonly T[]): { page: T[]; NextToken?: string } {
  const asked = optionalNumber(call.input, "MaxResults");
  if (asked !== undefined && asked < PAGE_MIN) {
    throw new AwsError(
      "InvalidParameterValue",
      `Value ( ${asked} ) for parameter maxResults is invalid. Expecting a value greater than or equal to ${PAGE_MIN}.`,
    );
  }
  const size = Math.min(asked ?? PAGE_MAX, PAGE_MAX);
  const from = startOf(optionalText(call.input, "NextToken"));
  const rest = items.filter((one) => one.sequence >= from).sort((a, b) => a.sequence - b.sequence);
  const next = rest[size];
  const page = rest.slice(0, size);
  return next === undefined ? { page } : { page, NextToken: Buffer.from(`from:${next.sequence}`).toString("base64url") };
}

function startOf(token: string | undefined): number {
  if (token === undefined || token === "") return 0;
  const found = /^from:(\d+)$/.exec(Buffer.from(token, "base64url").toString("utf8"))?.[1];
  if (found === undefined) throw new AwsError("InvalidNextToken", "The token is not valid.");
  return Number(found);
}

/** Answers as AWS does to a call that only wants to know whether it may. */
export function refuseDryRun(call: Call): void {
  if (flag(call.input, "DryRun")) throw new AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412);
}
