// A freeze: nothing is accepted automatically at a service, or anywhere, until it is lifted; people are asked instead.

import type { Instant, ServiceId } from "./ids.ts";
import { utc } from "./when.ts";

export interface Freeze {
  /** `*` freezes every service. */
  readonly id: ServiceId | "*";
  readonly at: Instant;
  /** The operator's IAM ARN. */
  readonly by: string;
  readonly reason: string;
  readonly version: number;
}

/** Why nothing is accepted automatically: the service's own freeze comes first. */
export function frozenWords(freezes: readonly Freeze[]): string | undefined {
  const first = freezes.find(({ id }) => id !== "*") ?? freezes[0];
  if (first === undefined) return undefined;
  const what = first.id === "*" ? "every service is frozen" : "the service is frozen";
  return `${what} since ${utc(first.at)}: ${first.reason}`;
}
