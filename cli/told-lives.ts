// The connections that a report tells of: where the index did not give all of one's events, its chain is read by its key, which lags behind nothing.

import { livesUntil, type Life } from "../lib/audit/lives.ts";
import type { Instant } from "../lib/ids.ts";
import { connectionSubject, type LogRow } from "../lib/ledger.ts";
import { chainOf } from "./audit-stream.ts";
import type { Call } from "./command.ts";
import { Failure } from "./failure.ts";

/** Where more are incomplete, somebody altered the log, and verification is what tells it. */
const readAgainMax = 200;

export async function toldLives(
  call: Pick<Call, "api">,
  rows: AsyncIterable<LogRow>,
  { at, whole = false }: { readonly at?: Instant; readonly whole?: boolean },
): Promise<Life[]> {
  const lives = livesUntil(at, whole);
  for await (const row of rows) lives.add(row);
  let read = 0;
  const sure: Life[] = [];
  for (const life of lives.told())
    if (life.incomplete !== true || (read += 1) > readAgainMax) sure.push(life);
    else sure.push((await readAgain(call, life, at)) ?? life);
  return sure;
}

async function readAgain(call: Pick<Call, "api">, { endpoint }: Life, at: Instant | undefined): Promise<Life | undefined> {
  const again = livesUntil(at, true);
  try {
    for (const row of await chainOf(call, connectionSubject(endpoint))) again.add(row);
  } catch (error) {
    // Somebody made up a name that nobody can ask for: what was told of it stands.
    if (!(error instanceof Failure && error.exit === 2)) throw error;
  }
  return again.told()[0];
}
