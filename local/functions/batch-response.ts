// What a function's answer to a batch says about each of its items.
import { isMembers } from "../members.ts";
import type { Invocation } from "./runtime.ts";

/** The ids that failed, or `all` when the function failed or its answer is not one Lambda takes. */
export function failedItems(invocation: Invocation, reportsItemFailures: boolean, ids: ReadonlySet<string>): ReadonlySet<string> | "all" {
  if (invocation.functionError !== undefined) return "all";
  if (!reportsItemFailures) return new Set();
  const answer: unknown = JSON.parse(invocation.payload);
  if (answer === null) return new Set();
  if (!isMembers(answer)) return "all";
  const rows = answer["batchItemFailures"];
  if (rows === undefined || rows === null) return new Set();
  if (!Array.isArray(rows)) return "all";
  const failed = new Set<string>();
  for (const row of rows) {
    const id: unknown = isMembers(row) ? row["itemIdentifier"] : undefined;
    if (typeof id !== "string" || !ids.has(id)) return "all";
    failed.add(id);
  }
  return failed;
}
