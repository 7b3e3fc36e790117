// Findings of doctor and verify as lines: the state, what it is about, and what mends it.

import type { Finding } from "../lib/operator/doctor.ts";
import { painted, prose, type Style } from "./render.ts";
import type { Look } from "./terminal.ts";

const styles: Readonly<Record<Finding["state"], Style>> = { ok: "green", failed: "red", "not readable": "yellow" };
const inset = 13;

export function findingLine({ about, state, message, mend }: Finding, look: Look): string {
  const words = (text: string, more = 0): string => prose(`${" ".repeat(inset)}${text}`, look, inset + more);
  const first = `${painted(state.padEnd(inset), styles[state], look)}${words(`${about}: ${message}`).slice(inset)}`;
  return mend === undefined ? first : `${first}\n${words(`→ ${mend}`, 2)}`;
}
