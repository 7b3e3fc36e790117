// One name that is tried, and what is known of the endpoint that it should lead to.
import type { PrivateName } from "./private-name.ts";
import type { ConsumerSide } from "./sides.ts";

export interface Wanted {
  readonly name: string;
  readonly port: number;
  readonly path: string;
  /** Whether what answers speaks HTTP. */
  readonly http: boolean;
  readonly region: string;
  readonly endpoint: string;
  /** What mends the connection's state, while it takes no traffic. */
  readonly first: string | undefined;
  readonly consumer: ConsumerSide | undefined;
  /** The endpoint's own addresses, where they could be read. */
  readonly own: readonly string[] | undefined;
  /** The service's own private DNS name, where it has one and it could be read. */
  readonly privateName: PrivateName | undefined;
  /** The command that takes these looks again. */
  readonly again: string;
}
