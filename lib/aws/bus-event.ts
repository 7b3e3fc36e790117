// What a committed event says on the bus: the detail of an EventBridge event, written and read in one place.

import * as v from "valibot";
import type { Actor, Because, DrawbridgeEvent, Source } from "../events.ts";
import { Unreadable } from "../faults.ts";
import { endpointId, isEndpointId, type AccountId, type EndpointId, type Instant, type ServiceId } from "../ids.ts";
import type { StoredEvent, Subject } from "../ledger.ts";

export const busSource = "drawbridge";
export const detailVersion = 1;

/** What everybody on the bus may rely on; the event's own members are beside it. */
export interface Told {
  readonly version: typeof detailVersion;
  readonly subject: Subject;
  readonly seq: number;
  readonly at: Instant;
  readonly type: DrawbridgeEvent["type"];
  readonly by: Actor;
  readonly because: Because;
  readonly service?: ServiceId | "*";
  readonly endpoint?: EndpointId;
  readonly account?: AccountId;
  /** Its hash, and that of the event before it in its story: what the log's checkpoints hold. Events from before this was so lack them. */
  readonly hash?: string;
  readonly previous?: string;
  /** What brought it up. */
  readonly source?: Pick<Source, "kind">;
  readonly [member: string]: unknown;
}

/** The raw message that brought the matter up stays in the log. */
export function detailOf({ subject, seq, event, service, account, hash, previous }: StoredEvent): Told {
  const { source, ...said } = event;
  const endpoint = endpointOf(subject);
  return {
    ...said,
    version: detailVersion,
    subject,
    seq,
    ...(service === undefined ? {} : { service }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(account === undefined ? {} : { account }),
    hash,
    previous,
    ...(source === undefined ? {} : { source: { kind: source.kind } }),
  };
}

export function readDetail(detail: unknown): Told {
  const result = v.safeParse(schema, detail);
  if (!result.success)
    throw new Unreadable(
      "The event of the bus",
      result.issues.map(({ message, path }) => `${path?.map(({ key }) => String(key)).join(".") ?? "detail"}: ${message}`).join("; "),
    );
  return result.output as unknown as Told;
}

function endpointOf(subject: Subject): EndpointId | undefined {
  const [kind, id = ""] = subject.split("#");
  return kind === "connection" && isEndpointId(id) ? endpointId(id) : undefined;
}

const schema = v.looseObject({
  version: v.literal(detailVersion),
  subject: v.pipe(v.string(), v.nonEmpty()),
  seq: v.pipe(v.number(), v.integer(), v.minValue(1)),
  at: v.string(),
  type: v.string(),
  by: v.looseObject({ kind: v.string() }),
  because: v.looseObject({ rule: v.string(), detail: v.string() }),
  endpoint: v.optional(v.pipe(v.string(), v.check(isEndpointId))),
});
