// The times that commands are given: parsed before anything else is done, and refused with the option's name.

import { BadInput } from "../lib/faults.ts";
import { instant, milliseconds, parseInstant, type Instant } from "../lib/ids.ts";
import type { Given } from "./command.ts";
import { wrongUsage } from "./failure.ts";

function timeOf(given: Pick<Given, "text">, name: string): Instant | undefined {
  const text = given.text(name);
  return text === undefined ? undefined : asked(name, text);
}

/** The ends of a period: it begins in the past, and does not end before it begins. */
export function periodOf(given: Pick<Given, "text">): { from?: Instant; to?: Instant } {
  const [from, to] = [timeOf(given, "from"), timeOf(given, "to")];
  if (from !== undefined && to !== undefined && from >= to)
    throw wrongUsage(`--to ${given.text("to") ?? to} is not after --from ${given.text("from") ?? from}`);
  if (from !== undefined) notAhead("from", from);
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

/** A moment that has been; a day stands for all of it, as far as it has passed. */
export function momentOf(given: Pick<Given, "text">, name: string): Instant {
  const now = instant(Date.now());
  const text = given.text(name);
  if (text === undefined) return now;
  const begin = asked(name, text);
  notAhead(name, begin);
  if (text.length > 10) return begin;
  const end = instant(milliseconds(begin) + day - 1);
  return end < now ? end : now;
}

const day = 24 * 60 * 60 * 1000;

function notAhead(name: string, at: Instant): void {
  if (milliseconds(at) > Date.now()) throw wrongUsage(`--${name} ${at} is still to come`, "give a time that has been");
}

function asked(name: string, given: string): Instant {
  try {
    return parseInstant(name, given);
  } catch (error) {
    if (error instanceof BadInput) throw wrongUsage(`--${name} ${given} is no time`, error.remedy);
    throw error;
  }
}
