// Findings of doctor and verify as lines: the state, what it is about, and what mends it.

import type { Finding } from "../lib/operator/doctor.ts";
import { harmless, painted, type Style } from "./render.ts";
import type { Terminal } from "./terminal.ts";

const styles: Readonly<Record<Finding["state"], Style>> = { ok: "green", failed: "red", "not readable": "yellow" };

export function findingLine({ about, state, message, mend }: Finding, terminal: Terminal): string {
  const first = `${painted(state.padEnd(13), styles[state], terminal)}${harmless(`${about}: ${message}`)}`;
  return mend === undefined ? first : `${first}\n${" ".repeat(13)}${harmless(`→ ${mend}`)}`;
}
