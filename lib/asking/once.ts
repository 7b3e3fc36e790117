// A message to people goes out once, though the bus may repeat; and it does go out, though a function may die half-way.

import type { Proofs } from "../ports.ts";

/** Longer than a function may run, shorter than Lambda waits before it tries again: who died half-way gets another try. */
const leaseSeconds = 45;
/** Longer than any queue keeps an event that somebody may send again. */
const keptSeconds = 15 * 24 * 60 * 60;
const kind = "told";

/** Whether it was sent now; if not, it was sent before or another instance is at it. What `send` throws is thrown, and the next try sends. */
export async function once(proofs: Proofs, id: string, send: () => Promise<void>): Promise<boolean> {
  if (!(await proofs.claim(kind, id, leaseSeconds))) return false;
  try {
    await send();
  } catch (error) {
    await lenient(() => proofs.release(kind, id));
    throw error;
  }
  await lenient(() => proofs.extend(kind, id, keptSeconds));
  return true;
}

/** The lease ends by itself, and a fault here must neither hide the first one nor have the message sent again. */
async function lenient(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch {
    // Said above.
  }
}
