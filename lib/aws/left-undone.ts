// Calls of which DynamoDB leaves a part undone: made again for that part, later each time, and not without end.

import { Fault } from "../faults.ts";
import { pause, type Pause } from "./pause.ts";

const triesMax = 6;

/** Calls for all, then for what each answer leaves, until nothing is left. Throws a `Fault` that a retry may help when something still is. */
export async function untilDone<T>(
  action: string,
  where: string,
  all: readonly T[],
  call: (some: readonly T[]) => Promise<readonly T[]>,
  wait: Pause = pause,
): Promise<void> {
  let left = all;
  for (let tries = 1; left.length > 0; tries += 1) {
    if (tries > triesMax)
      throw new Fault("Unprocessed", action, `${where} left ${String(left.length)} keys undone after ${String(triesMax)} tries`, true);
    if (tries > 1) await wait(tries - 1);
    left = await call(left);
  }
}
