// What becomes of live connections, as people write it: `keep`, `now`, `24h`, `7d`; and back.

import type { Disconnect } from "../disconnect.ts";
import { BadInput } from "../faults.ts";

/** A year. */
const hoursMax = 8760;
const remedy = "give keep, now, or how long after, such as 24h or 7d (a year at most)";

export function disconnectGiven(given: unknown): Disconnect {
  if (given === "keep" || given === "now") return given;
  const hours = hoursOf(given);
  if (hours !== undefined && Number.isInteger(hours) && hours >= 1 && hours <= hoursMax) return { afterHours: hours };
  throw new BadInput("disconnect", given, remedy);
}

function hoursOf(given: unknown): number | undefined {
  if (typeof given === "string") {
    const [, count, unit] = /^(\d{1,4})(h|d)$/.exec(given) ?? [];
    return count === undefined ? undefined : Number(count) * (unit === "d" ? 24 : 1);
  }
  if (typeof given !== "object" || given === null || Array.isArray(given)) return undefined;
  const { afterHours, ...rest } = given as { afterHours?: unknown };
  return typeof afterHours === "number" && Object.keys(rest).length === 0 ? afterHours : undefined;
}

/** `keep`, `now`, `24h`, `7d`: what `disconnectGiven` takes. */
export function disconnectText(disconnect: Disconnect): string {
  if (typeof disconnect === "string") return disconnect;
  const { afterHours } = disconnect;
  return afterHours > 24 && afterHours % 24 === 0 ? `${String(afterHours / 24)}d` : `${String(afterHours)}h`;
}
