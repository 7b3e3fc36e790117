// What is shown beside something else: a row that cannot be read, maybe of another service, hides it and nothing else.

import { UnreadableRow } from "../faults.ts";

/** Nothing where a row cannot be read. */
export async function readable<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof UnreadableRow) return undefined;
    throw error;
  }
}
