// Why an operator changed something, where they did not say: the command's own name stands in the log, and nobody reads it as a reason.

import type { Because } from "./events.ts";

export const unsaid = {
  entry: "an operator's command",
  apply: "drawbridge apply",
  renew: "renewed",
  unfreeze: "an operator's command",
  addService: "services add",
  setService: "services set",
  enforceService: "services enforce",
  removeService: "services remove",
  addApprover: "approvers add",
  confirmApprover: "approvers confirm",
  removeApprover: "approvers remove",
} as const;

const commands: ReadonlySet<string> = new Set(Object.values(unsaid));

/** The reason that a person gave for a change; nothing when they gave none, or when nobody did it. */
export const reasonOf = ({ rule, detail }: Because): string | undefined =>
  (rule === "operator" || rule === "approvers") && !commands.has(detail) ? detail : undefined;
