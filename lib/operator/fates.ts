// What becomes of the connections there are by a change of the policy, kind by kind.

import type { AccountId, EndpointId, Instant, ServiceId } from "../ids.ts";

/** What becomes of one connection. */
export interface Fate {
  readonly endpoint: EndpointId;
  readonly account: AccountId;
  readonly service: ServiceId;
  readonly because: string;
  /** When it will be cut; absent when that is at once. */
  readonly due?: Instant;
}

/**
 * `cut` ends connections that are accepted; `spared` were to be cut and now are not; `kept` go on though by this change the list
 * lets them in no more.
 */
export interface Outlook {
  readonly accepted: readonly Fate[];
  readonly asked: readonly Fate[];
  readonly rejected: readonly Fate[];
  readonly cut: readonly Fate[];
  readonly spared: readonly Fate[];
  readonly kept: readonly Fate[];
}

export const outlookOf = (of: (kind: keyof Outlook) => readonly Fate[]): Outlook => ({
  accepted: of("accepted"),
  asked: of("asked"),
  rejected: of("rejected"),
  cut: of("cut"),
  spared: of("spared"),
  kept: of("kept"),
});
