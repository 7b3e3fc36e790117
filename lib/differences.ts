// What differs between two versions of an entry or of a service's settings, field by field, in words.

import { disconnectWords, type Disconnect } from "./disconnect.ts";
import type { Instant } from "./ids.ts";
import { exactly } from "./when.ts";

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** What says who wrote a version and when, rather than what it says. */
const ofTheWriting = new Set(["version", "author", "authors", "afterwards", "at", "reason", "since", "by", "addedAt", "addedBy"]);

/** `verdict accept → reject, at most 2 → none`; the empty text when nothing differs. */
export function differences(from: unknown, to: unknown): string {
  const [was, is] = [flat(from), flat(to)];
  return [...new Set([...Object.keys(was), ...Object.keys(is)])]
    .filter((field) => !ofTheWriting.has(field))
    .flatMap((field) => {
      const [before, after] = [valueWords(was[field]), valueWords(is[field])];
      return before === after ? [] : [`${fieldWords(field)} ${before} → ${after}`];
    })
    .join(", ");
}

/** Conditions and how people are asked stand beside the other fields. */
function flat(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return {};
  const { conditions, asking, ...rest } = value as Readonly<Record<string, unknown>>;
  return { ...rest, ...members(conditions), ...members(asking) };
}
const members = (value: unknown): object => (typeof value === "object" && value !== null ? value : {});

/** `atMost` → `at most`. */
export const fieldWords = (field: string): string => field.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** A field's value as one reads it: `none`, `eu-west-1 or eu-west-2`, `cut after 24 hours`, `team=payments`. */
export function valueWords(value: unknown): string {
  if (value === undefined || value === null) return "none";
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.join(" or ");
  if (typeof value === "string") return instant.test(value) ? exactly(value as Instant) : value;
  if (typeof value !== "object") return JSON.stringify(value);
  const { afterHours, name, id } = value as { afterHours?: unknown; name?: unknown; id?: unknown };
  if (typeof afterHours === "number") return disconnectWords(value as Disconnect);
  if (typeof name === "string" && typeof id === "string") return `${name} (${id})`;
  return Object.entries(value)
    .map(([key, its]) => `${key}=${valueWords(its)}`)
    .join(" ");
}
