// Where a search of the log goes on: what a cursor holds, checked when it comes back.

import * as v from "valibot";
import type { Instant } from "../ids.ts";
import { badCursor, readCursorJson, writeCursor } from "./pages.ts";
import { instantText } from "./rows.ts";
import { shardsMax } from "./spread.ts";
import type { Written } from "./found-row.ts";

/**
 * Where the next page begins. Whatever is new since the first page lies after `upTo` and is not part of the list.
 * Of each further shard it is known from when on it has anything: until then it is not read.
 */
export interface Place {
  /** The question. */
  readonly q: string;
  readonly upTo: Instant;
  /** The last row's place in the index; absent when nothing was read yet. */
  readonly after?: Written;
  /** For each shard the instant of its next event, or null when it has none; empty until they were looked for. */
  readonly shards: readonly (Instant | null)[];
  /** Where several values are asked for: how many of the shards are each one's, in their order. */
  readonly of?: readonly number[];
  /** The days still to read of a log that was filed by day, first and last. */
  readonly days?: readonly [string, string];
}

/** So many values are one list at most. */
export const valuesMax = 16;

export const cursorOf = (place: Place): string => writeCursor({ ...place });

export function readPlace(q: string, text: string): Place {
  const place: Readonly<Record<string, unknown>> = readCursorJson(text);
  const result = v.safeParse(placeShape, place);
  if (!result.success || result.output.q !== q) throw badCursor(text);
  return place as unknown as Place;
}

const atKey = v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z#.+#\d{12}$/), v.maxBytes(1024));
/** What DynamoDB takes as a key. */
const keyText = v.pipe(v.string(), v.nonEmpty(), v.maxBytes(1024));
const dayText = v.pipe(v.string(), v.isoDate());
const placeShape = v.strictObject({
  q: v.string(),
  upTo: instantText,
  after: v.optional(v.union([atKey, v.pipe(v.array(keyText), v.length(3))])),
  // Where somebody filed a row under no instant, that is where its shard goes on.
  shards: v.pipe(v.array(v.nullable(v.pipe(v.string(), v.maxLength(24)))), v.maxLength(shardsMax * valuesMax)),
  of: v.optional(v.pipe(v.array(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(shardsMax))), v.maxLength(valuesMax))),
  days: v.optional(v.pipe(v.array(dayText), v.length(2))),
});
