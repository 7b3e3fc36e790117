// A service under Drawbridge's care: how its operator wants it handled.

import type { Instant, ServiceId, ZoneId } from "./ids.ts";

export interface Service {
  readonly service: ServiceId;
  /** `observe` logs what would be decided and does nothing; `enforce` acts. */
  readonly mode: "observe" | "enforce";
  /** Where accepted consumers get their names; without one there are none. */
  readonly zone?: { readonly id: ZoneId; readonly name: string };
  /** What an accept outside Drawbridge means; a reject entry is enforced in any case. */
  readonly outsideAccept: "keep" | "enforce";
  /** Connections older than this that are accepted already are adopted. */
  readonly addedAt: Instant;
  readonly addedBy: string;
  /** `com.amazonaws.vpce.<region>.<service id>`: what consumers ask for. */
  readonly serviceName?: string;
  /** The connection notification that Drawbridge made. */
  readonly notification?: string;
  /** Since when AWS shows that acceptance is no longer required. */
  readonly acceptanceOffSince?: Instant;
  readonly version: number;
}
