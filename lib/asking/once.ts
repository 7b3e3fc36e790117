// What is to be done once, though the bus and people repeat; and it is done, though a function may die half-way.

import type { Proofs } from "../ports.ts";

/** Longer than a function may run, shorter than Lambda waits before it tries again: who died half-way gets another try. */
const leaseSeconds = 45;
const day = 24 * 60 * 60;

/** How long it is remembered as done. */
const keptSeconds = {
  /** A message to people: longer than any queue keeps an event that somebody may send again. */
  told: 15 * day,
  /** Of who answers too late, and of a stranger who presses, the log tells once for each question. */
  "late-answer": 30 * day,
  stranger: 30 * day,
};

/** Whether it was done now; if not, it was done before or another instance is at it. What `work` throws is thrown, and the next try does it. */
export async function once(
  proofs: Proofs,
  id: string,
  work: () => Promise<void>,
  kind: keyof typeof keptSeconds = "told",
): Promise<boolean> {
  if (!(await proofs.claim(kind, id, leaseSeconds))) return false;
  try {
    await work();
  } catch (error) {
    await lenient(() => proofs.release(kind, id));
    throw error;
  }
  await lenient(() => proofs.extend(kind, id, keptSeconds[kind]));
  return true;
}

/** The lease ends by itself, and a fault here must neither hide the first one nor have it done again. */
async function lenient(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch {
    // Said above.
  }
}
