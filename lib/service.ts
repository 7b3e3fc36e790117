// A service under Drawbridge's care: how its operator wants it handled.

import type { AskingSettings } from "./asking-policy.ts";
import type { Disconnect } from "./disconnect.ts";
import type { Instant, ServiceId, ZoneId } from "./ids.ts";
import type { PrivateDns } from "./private-dns.ts";

export interface Service {
  readonly service: ServiceId;
  /** `observe` logs what would be decided and does nothing; `enforce` acts. */
  readonly mode: "observe" | "enforce";
  /** Where accepted consumers get their names; without one there are none. */
  readonly zone?: { readonly id: ZoneId; readonly name: string; readonly isPrivate?: true };
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
  /** What the removal of an entry, a new reject entry and an expiry mean for live connections, where the entry itself does not say: keep, now, keep. */
  readonly onRemoval?: Disconnect;
  readonly onReject?: Disconnect;
  readonly onExpiry?: Disconnect;
  /** How long before an entry expires approvers are told of the connections it holds; a week. */
  readonly expiryNoticeHours?: number;
  /** Whether the endpoint service's own permissions follow the allow-list; off. */
  readonly permissions?: "off" | "follow";
  /** Whom to ask, and how, where not as lib/asking-policy.ts says. */
  readonly asking?: AskingSettings;
  /** The name that every consumer may use for its own endpoint, and how far AWS and we have come with it. */
  readonly privateDnsName?: string;
  readonly privateDns?: PrivateDns;
  readonly version: number;
}
