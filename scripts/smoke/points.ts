// The points that AWS leaves open (aws-facts.md, section 7), what local AWS assumes of each, and what a smoke run saw.
import { isDeepStrictEqual } from "node:util";
import { assumptionTexts, defaultAssumptions, type Assumptions } from "../../local/assumptions.ts";

export type Verdict = "agrees" | "differs" | "seen" | "not observed";

export interface Finding {
  readonly id: PointId;
  /** Its number in the list of open points; 0 for what only local AWS had to decide. */
  readonly item: number;
  readonly asks: string;
  /** Agrees or differs with what local AWS does by default; seen: there is nothing to compare with. */
  readonly verdict: Verdict;
  readonly says: string;
  readonly assumption?: keyof Assumptions;
  readonly assumed?: unknown;
  readonly observed?: unknown;
}

interface Point {
  readonly item: number;
  readonly asks: string;
  readonly assumption?: keyof Assumptions;
  /** What is said when nothing was seen. */
  readonly unseen: string;
}

const unseen = "The run did not come so far.";

const points = {
  "notification-connect": { item: 1, asks: "What does the notification Connect look like?", unseen: "None came." },
  "notification-accept": { item: 1, asks: "What does the notification Accept look like?", unseen: "None came." },
  "notification-reject": { item: 1, asks: "What does the notification Reject look like?", unseen: "None came." },
  "notification-delete": { item: 1, asks: "What does the notification Delete look like?", unseen: "None came." },
  "notification-form": { item: 1, asks: "Is the body JSON or text?", assumption: "notificationForm", unseen: "No notification came." },
  "notification-other": { item: 1, asks: "Does AWS publish anything that names no endpoint, such as a test?", unseen: "None came." },
  "wrong-state-code": {
    item: 2,
    asks: "Which code stands in Unsuccessful for a connection in the wrong state?",
    assumption: "wrongStateCode",
    unseen: "No call met a wrong state.",
  },
  "accept-available": { item: 2, asks: "Accept on available: what happens?", assumption: "acceptAgainSucceeds", unseen },
  "accept-rejected": { item: 2, asks: "Accept on rejected: does it work?", assumption: "acceptAfterRejectSucceeds", unseen },
  "reject-deleted": { item: 2, asks: "Reject on deleted: which code?", unseen },
  "accept-deleted": { item: 2, asks: "Accept on deleted: which code?", unseen },
  "dns-while-pending": {
    item: 3,
    asks: "Is DnsEntries filled while pendingAcceptance?",
    assumption: "dnsEntriesWhilePendingAcceptance",
    unseen,
  },
  "dns-order": { item: 3, asks: "In which order are DnsEntries?", unseen },
  "dns-zone": { item: 3, asks: "Which HostedZoneId do DnsEntries have?", unseen },
  "dns-zone-elsewhere": {
    item: 3,
    asks: "Which HostedZoneId do they have for an endpoint in another Region?",
    unseen: "It takes a VPC in another Region (--other-region).",
  },
  expiry: {
    item: 4,
    asks: "After how long does pendingAcceptance expire?",
    assumption: "pendingAcceptanceExpiresMs",
    unseen,
  },
  "state-casing": { item: 4, asks: "How are states written on the wire?", unseen },
  "delete-of-rejected": {
    item: 5,
    asks: "Does Delete fire for a rejected or expired endpoint?",
    assumption: "deleteEventForEveryState",
    unseen,
  },
  "accept-event-on-automatic": {
    item: 5,
    asks: "Without acceptance required: does Accept fire besides Connect?",
    assumption: "acceptEventOnAutomaticAcceptance",
    unseen,
  },
  "notification-latency": { item: 5, asks: "How late do notifications come?", unseen: "No notification came." },
  "notification-repeats": { item: 5, asks: "Do notifications come more than once?", unseen: "No notification came." },
  "notification-gwlb": {
    item: 5,
    asks: "Are there notifications for Gateway Load Balancer endpoints?",
    unseen: "It takes a Gateway Load Balancer (--gateway-load-balancer).",
  },
  "trail-shape": {
    item: 6,
    asks: "What shape has CloudTrail's record of Accept and Reject?",
    unseen: "No record came; the account may have no trail.",
  },
  "trail-latency": { item: 6, asks: "How late do CloudTrail's records come?", unseen: "No record came." },
  "trail-of-consumer": {
    item: 6,
    asks: "Does a record of the consumer's CreateVpcEndpoint reach the provider?",
    unseen: "It takes a second account (--consumer-profile): in one account it is there anyway.",
  },
  "route53-numbers": {
    item: 7,
    asks: "How many changes does Route 53 take at once?",
    unseen: "It takes a storm of changes, which the whole account feels (--storm).",
  },
  "route53-authorizations": {
    item: 7,
    asks: "Are 1,000 authorizations the zone's limit or the account's?",
    unseen: "Not probed: it takes a thousand authorizations, and uses up a limit of the account.",
  },
  "zone-busy": { item: 7, asks: "Does Route 53 refuse a change right after another?", assumption: "zoneBusyMs", unseen },
  "deleted-stay-listed": {
    item: 8,
    asks: "How long does a deleted connection stay in Describe?",
    assumption: "deletedStayListedMs",
    unseen,
  },
  "rejected-stay-listed": { item: 8, asks: "How long does a rejected connection stay in Describe?", unseen },
  "allow-multi-region": {
    item: 9,
    asks: "Is vpce:AllowMultiRegion needed to Accept for a multi-Region service?",
    unseen: "It takes a VPC in another Region (--other-region), and the story.",
  },
  "endpoint-filter": { item: 10, asks: "Does the filter vpc-endpoint-id work?", assumption: "vpcEndpointIdFilterWorks", unseen },
  "consumer-tags": { item: 11, asks: "Do the consumer's tags show in Tags?", assumption: "consumerTagsOnConnections", unseen },
  "publish-retried": {
    item: 12,
    asks: "Does PrivateLink try again to publish?",
    unseen,
  },
  // What follows with the record is not asked: it takes a public zone.
  "private-dns": { item: 0, asks: "Is a private DNS name verified without its TXT record?", unseen },
  "open-to-all": {
    item: 0,
    asks: "Does another account see a service whose permissions nobody touched?",
    assumption: "servicesOpenUntilPermissionsSet",
    unseen: "It takes a second account (--consumer-profile).",
  },
} as const satisfies Readonly<Record<string, Point>>;

export type PointId = keyof typeof points;

export interface Findings {
  /** Something to be read; there is nothing to compare it with. */
  seen(id: PointId, says: string, observed?: unknown): void;
  /** Compared with an assumption that has no switch. */
  judged(id: PointId, agrees: boolean, says: string, observed?: unknown): void;
  /** Compared with what local AWS does by default. */
  compared(id: PointId, value: unknown, says: string, observed?: unknown): void;
  /** Looked for, and it did not come out. */
  missed(id: PointId, says: string, observed?: unknown): void;
  all(): readonly Finding[];
}

export function findings(): Findings {
  const found = new Map<PointId, Finding>();
  const put = (id: PointId, verdict: Verdict, says: string, observed: unknown): void => {
    const { item, asks, assumption } = points[id] as Point;
    found.set(id, {
      id,
      item,
      asks,
      verdict,
      says,
      ...(assumption === undefined
        ? {}
        : {
            assumption,
            assumed: defaultAssumptions[assumption],
          }),
      ...(observed === undefined ? {} : { observed }),
    });
  };
  return {
    seen: (id, says, observed) => put(id, "seen", says, observed),
    judged: (id, agrees, says, observed) => put(id, agrees ? "agrees" : "differs", says, observed),
    missed: (id, says, observed) => put(id, "not observed", says, observed),
    compared(id, value, says, observed) {
      const { assumption } = points[id] as Point;
      const agrees = assumption !== undefined && isDeepStrictEqual(value, defaultAssumptions[assumption]);
      put(id, agrees ? "agrees" : "differs", says, observed ?? value);
    },
    all() {
      for (const id of Object.keys(points) as PointId[])
        if (!found.has(id)) put(id, "not observed", (points[id] as Point).unseen, undefined);
      return (Object.keys(points) as PointId[]).flatMap((id) => found.get(id) ?? []);
    },
  };
}

/** Assumptions that no point asks about, so that the report can say so. */
export function unasked(): readonly { readonly assumption: keyof Assumptions; readonly text: string }[] {
  const asked = new Set(Object.values(points).flatMap((point: Point) => point.assumption ?? []));
  return (Object.keys(assumptionTexts) as (keyof Assumptions)[])
    .filter((assumption) => !asked.has(assumption))
    .map((assumption) => ({ assumption, text: assumptionTexts[assumption] }));
}
