// The conditions an entry may set, in the order in which they are explained.

import type { Check, Consumer } from "./allow-list.ts";
import { atMost } from "./conditions/at-most.ts";
import { expires } from "./conditions/expires.ts";
import { ipAddressTypes } from "./conditions/ip-address-types.ts";
import { notBefore } from "./conditions/not-before.ts";
import { regions } from "./conditions/regions.ts";
import type { Instant } from "./ids.ts";
import type { IpAddressType } from "./observed.ts";

/** What an entry demands beyond its principal; an absent member demands nothing. */
export interface Conditions {
  readonly regions?: readonly string[];
  readonly ipAddressTypes?: readonly IpAddressType[];
  readonly notBefore?: Instant;
  readonly expires?: Instant;
  /** How many connections the entry may hold at a time. */
  readonly atMost?: number;
}

/** One condition: nothing when the entry does not set it, else what it saw. */
export type Condition = (wanted: Conditions, consumer: Consumer, now: Instant, counted: Counted) => Check | undefined;

/** How many connections the entry holds, and whether this one is among them; without a count it is not known. */
export interface Counted {
  readonly count: number | undefined;
  readonly own: boolean;
}

export const conditions: readonly Condition[] = [notBefore, expires, regions, ipAddressTypes, atMost];
