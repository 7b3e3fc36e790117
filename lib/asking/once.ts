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

/**
 * Whether it was done now; if not, it was done before or another instance is at it. What `work` throws is thrown, and the next try
 * does it, as where `work` gives false: then nothing was to be done yet.
 */
export async function once(
  proofs: Proofs,
  id: string,
  work: () => Promise<unknown>,
  kind: keyof typeof keptSeconds = "told",
): Promise<boolean> {
  if (!(await proofs.claim(kind, id, leaseSeconds))) return false;
  let done: unknown;
  try {
    done = await work();
  } catch (error) {
    await lenient(() => proofs.release(kind, id));
    throw error;
  }
  await lenient(() => (done === false ? proofs.release(kind, id) : proofs.extend(kind, id, keptSeconds[kind])));
  return done !== false;
}

/** The lease ends by itself, and a fault here must neither hide the first one nor have it done again. */
async function lenient(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch {
    // Said above.
  }
}
