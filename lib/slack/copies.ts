// Where a question stands in Slack, so that every copy of it can be changed when it is settled.

import type { Because } from "../events.ts";
import { instant, milliseconds, type EndpointId, type Instant } from "../ids.ts";
import type { Slip, Slips } from "../ports.ts";
import type { Place } from "./web-api.ts";

export interface Copy extends Place {
  /** As it was posted to: the channel's name or id, or a person's id. */
  readonly to: string;
  readonly endpoint: EndpointId;
  readonly question: string;
  /** Since when, and why, people are asked: the record forgets it once they have answered. */
  readonly at: Instant;
  readonly because: Because;
  /** Only shown there, to be decided elsewhere. */
  readonly linkOnly: boolean;
  /** It shows the outcome; nothing changes it any more. */
  readonly settled: boolean;
}

/** Longer than a question stays open. Slack keeps the message; only nobody changes it any more. */
const keptDays = 90;
const kindOf = (endpoint: EndpointId): string => `slack#${endpoint}`;

export async function keepCopy(slips: Pick<Slips, "put">, copy: Copy, now: Instant): Promise<void> {
  const { endpoint, question, to, channel, ts, at, because, linkOnly, settled } = copy;
  await slips.put({
    kind: kindOf(endpoint),
    id: `${question}#${channel}`,
    until: instant(milliseconds(now) + keptDays * 24 * 60 * 60 * 1000),
    data: {
      question,
      to,
      channel,
      ts,
      at,
      rule: because.rule,
      detail: because.detail,
      linkOnly: String(linkOnly),
      settled: String(settled),
    },
  });
}

/** Strongly consistent: what was kept before the record was read is found. */
export const copiesOf = async (slips: Pick<Slips, "ofKind">, endpoint: EndpointId): Promise<Copy[]> =>
  (await slips.ofKind(kindOf(endpoint))).map((slip) => copyOf(endpoint, slip));

function copyOf(endpoint: EndpointId, { data }: Slip): Copy {
  const { question = "", to = "", channel = "", ts = "", at = "", rule = "no-entry", detail = "", linkOnly, settled } = data;
  return {
    endpoint,
    question,
    to,
    channel,
    ts,
    at: at as Instant,
    because: { rule: rule as Because["rule"], detail },
    linkOnly: linkOnly === "true",
    settled: settled === "true",
  };
}
