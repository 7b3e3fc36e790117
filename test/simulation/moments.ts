// The moments by which a run may have judged a list: as it read it, as it committed, and where its clock had passed an entry's beginning or end.

import type { Instant } from "../../lib/ids.ts";
import type { Invocation, ListRead } from "./lambda.ts";

/** A run that takes long, or whose record's time is ahead of its clock, judges in between; what the list says changes only there. */
export function momentsOf({ table, clock }: ListRead, { reads: { clocks } }: Invocation, at: Instant): Instant[] {
  const edges = [...table.values()].flatMap(({ conditions: { notBefore, expires } }) =>
    [notBefore, expires].flatMap((edge) => (edge !== undefined && edge > clock && edge <= at ? [edge] : [])),
  );
  const passed = edges.flatMap((edge) => clocks.find((read) => read >= edge && read <= at) ?? []);
  return [...new Set([clock, ...passed, at])];
}
