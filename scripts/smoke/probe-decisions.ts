// Two endpoints at a service that nobody cares for yet: every call on a connection in every state it can be in, and what AWS says.
import { CreateVpcEndpointConnectionNotificationCommand, DescribeVpcEndpointConnectionsCommand, type DnsEntry } from "@aws-sdk/client-ec2";
import { vpceHostedZoneId } from "../../local/vpce-names.ts";
import type { Caught, ConnectionEvent, Notification } from "./caught.ts";
import type { Connections, Answer } from "./connections.ts";
import type { Findings } from "./points.ts";
import { told, type Wait } from "./steps.ts";
import type { Ground, OfferedService, World } from "./world.ts";

const MINUTE = 60_000;

export interface Probing extends Ground {
  readonly world: World;
  readonly service: OfferedService;
  readonly connections: Connections;
  readonly caught: Caught;
  readonly findings: Findings;
  readonly latencies: { readonly event: ConnectionEvent; readonly toTopicMs: number | undefined; readonly toQueueMs: number }[];
}

export interface Endpoints {
  /** Accepted, rejected, then deleted. */
  readonly decided: string;
  /** Never answered, then deleted. */
  readonly waiting: string;
  readonly deletedAt: number;
}

const consumerTag = { key: "seen-by-provider", value: "perhaps" };

/** Gives the endpoints, deleted by then. */
export async function probeDecisions(probing: Probing): Promise<Endpoints> {
  const { steps, options, connections, findings } = probing;
  const { notified, quiet } = options.waits;
  const limit = notified + quiet + 5 * MINUTE;
  await listen(probing);

  const waitingSince = Date.now();
  const waiting = await steps.need("an endpoint that nobody answers", limit, async (wait) => {
    const id = await connections.ask();
    await hears(probing, wait, id, "Connect", waitingSince);
    return id;
  });
  const decided = await steps.need("an endpoint with tags", limit, async (wait) => {
    const since = Date.now();
    const id = await connections.ask({ [consumerTag.key]: consumerTag.value });
    await hears(probing, wait, id, "Connect", since);
    return id;
  });
  await steps.probe("what the provider sees while it waits", MINUTE, () => lookWhilePending(probing, decided));
  await steps.need("accepted, and available", limit, async (wait) => {
    const since = Date.now();
    refuseFailure(await connections.decide("Accept", decided));
    await wait.until("available", () => connections.is(decided, "available"));
    await hears(probing, wait, decided, "Accept", since);
  });
  await steps.probe("its names", MINUTE, () => lookAtNames(probing, decided));
  await steps.probe("accepted again", limit, () => acceptAgain(probing, decided));
  await steps.need("rejected while available", limit, async (wait) => {
    const since = Date.now();
    refuseFailure(await connections.decide("Reject", decided));
    await wait.until("rejected", () => connections.is(decided, "rejected"));
    await hears(probing, wait, decided, "Reject", since);
  });
  await steps.probe("accepted after it was rejected", limit, (wait) => acceptRejected(probing, wait, decided));
  await steps.probe("whether the one nobody answers has expired", MINUTE, () => lookForExpiry(probing, waiting, waitingSince));
  const deletedAt = await steps.need("both deleted by their owner", limit, (wait) => deleteBoth(probing, wait, decided, waiting));
  await steps.probe("rejected and accepted after it was deleted", MINUTE, () => decideDeleted(probing, decided, waiting));
  findings.judged("state-casing", ...casing(connections));
  return { decided, waiting, deletedAt };
}

async function listen({ clients, service, made, steps, world }: Probing): Promise<void> {
  await steps.need("a connection notification to a topic of our own", MINUTE, async () => {
    const there = made.about({ kind: "notification" });
    const created = await clients.ec2.send(
      new CreateVpcEndpointConnectionNotificationCommand({
        ServiceId: service.id,
        ConnectionNotificationArn: world.topicArn,
        ConnectionEvents: ["Connect", "Accept", "Reject", "Delete"],
      }),
    );
    there({ id: created.ConnectionNotification?.ConnectionNotificationId ?? "" });
  });
}

/** A notification that does not come is a finding too, so nothing fails here. */
export async function hears(
  probing: Probing,
  wait: Wait,
  endpoint: string,
  event: ConnectionEvent,
  since: number,
): Promise<Notification | undefined> {
  const { caught, options, latencies, findings } = probing;
  const heard = await wait.within(options.waits.notified, () => caught.told(endpoint, event, since));
  if (heard === undefined) return undefined;
  latencies.push({
    event,
    toTopicMs: heard.publishedAt === undefined ? undefined : heard.publishedAt - since,
    toQueueMs: heard.receivedAt - since,
  });
  const { subject, message, attributes } = heard;
  const id = `notification-${event.toLowerCase() as Lowercase<ConnectionEvent>}` as const;
  findings.seen(id, `subject ${subject === undefined ? "none" : `“${subject}”`}, body ${message}`, { subject, message, attributes });
  const form = isJson(message) ? "json" : "text";
  findings.compared("notification-form", form, `the body is ${form === "json" ? "JSON" : "text"}`);
  return heard;
}

async function lookWhilePending({ clients, connections, service, findings }: Probing, endpoint: string): Promise<void> {
  const seen = await connections.of(endpoint);
  const dns = seen?.DnsEntries ?? [];
  findings.compared("dns-while-pending", dns.length > 0, dns.length > 0 ? `it is: ${String(dns.length)} entries` : "it is empty", dns);
  const tags = seen?.Tags ?? [];
  const shows = tags.some(({ Key }) => Key === consumerTag.key);
  findings.compared("consumer-tags", shows, shows ? "they do" : "they do not", tags);
  try {
    const Filters = [
      { Name: "service-id", Values: [service.id] },
      { Name: "vpc-endpoint-id", Values: [endpoint] },
    ];
    const { VpcEndpointConnections = [] } = await clients.ec2.send(new DescribeVpcEndpointConnectionsCommand({ Filters }));
    const works = VpcEndpointConnections.length === 1 && VpcEndpointConnections[0]?.VpcEndpointId === endpoint;
    findings.compared(
      "endpoint-filter",
      works,
      works ? "it does" : `it gave ${String(VpcEndpointConnections.length)} connections instead of one`,
    );
  } catch (error) {
    findings.compared("endpoint-filter", false, `AWS refuses it: ${told(error)}`, told(error));
  }
}

async function lookAtNames({ clients, connections, findings }: Probing, endpoint: string): Promise<void> {
  const dns: readonly DnsEntry[] = (await connections.of(endpoint))?.DnsEntries ?? [];
  const heads = dns.map(({ DnsName = "" }) => DnsName.split(".")[0] ?? "");
  const shortest = Math.min(...heads.map(({ length }) => length));
  const isFirst = heads[0]?.length === shortest;
  const order = dns.map(({ DnsName }) => DnsName).join(", ");
  findings.judged("dns-order", isFirst, isFirst ? "the Regional name comes first" : `the Regional name is not first: ${order}`, dns);
  const zones = [...new Set(dns.map(({ HostedZoneId = "none" }) => HostedZoneId))];
  const known = vpceHostedZoneId(clients.region);
  findings.judged(
    "dns-zone",
    zones.length === 1 && zones[0] === known,
    `${zones.join(", ")}; local AWS has ${known} for ${clients.region}`,
    zones,
  );
}

async function acceptAgain({ connections, findings }: Probing, endpoint: string): Promise<void> {
  const answer = await connections.decide("Accept", endpoint);
  findings.compared("accept-available", answer.code === undefined, answerWords(answer), answer);
  judgeCode(findings, answer);
}

/** When it works, the connection is rejected once more, so that the rest goes on as it would have. */
async function acceptRejected({ connections, findings, options }: Probing, wait: Wait, endpoint: string): Promise<void> {
  const answer = await connections.decide("Accept", endpoint);
  const after = await wait.within(Math.min(options.waits.quiet, 10_000), async () => {
    const state = await connections.stateOf(endpoint);
    return state?.toLowerCase() === "rejected" ? undefined : state;
  });
  const works = answer.code === undefined && after !== undefined;
  const says =
    answer.code === undefined ? (works ? `it works: ${after}` : "AWS says nothing against it, but it stays rejected") : answerWords(answer);
  findings.compared("accept-rejected", works, says, { answer, after });
  judgeCode(findings, answer);
  if (after === undefined) return;
  await wait.until("rejected again", async () => {
    if (await connections.is(endpoint, "rejected")) return true;
    await connections.decide("Reject", endpoint);
    return undefined;
  });
}

async function lookForExpiry({ connections, findings }: Probing, endpoint: string, since: number): Promise<void> {
  const state = await connections.stateOf(endpoint);
  const first = connections.states.find((seen) => seen.endpoint === endpoint && seen.state.toLowerCase() === "expired");
  const start = new Date(since).toISOString();
  if (first !== undefined) {
    const ms = Date.parse(first.at) - since;
    findings.compared("expiry", ms, `it was “${first.state}” when looked at ${String(ms)} ms after it was made`, { start, ms });
    return;
  }
  const seconds = Math.round((Date.now() - since) / 1000);
  findings.missed("expiry", `still ${state ?? "not listed"} after ${String(seconds)} s; a run cannot wait for it`, {
    start,
    state,
    seconds,
  });
}

async function deleteBoth(probing: Probing, wait: Wait, decided: string, waiting: string): Promise<number> {
  const { connections, caught, options, findings } = probing;
  const since = Date.now();
  const [stateOfDecided, stateOfWaiting] = [await connections.stateOf(decided), await connections.stateOf(waiting)];
  await connections.delete([decided, waiting]);
  await wait.until("both deleted", async () => {
    const states = (await connections.list()).filter(({ VpcEndpointId }) => VpcEndpointId === decided || VpcEndpointId === waiting);
    return states.every(({ VpcEndpointState }) => VpcEndpointState?.toLowerCase() === "deleted") ? true : undefined;
  });
  const heardOfWaiting = await hears(probing, wait, waiting, "Delete", since);
  const patience = heardOfWaiting === undefined ? 0 : options.waits.quiet;
  const heard = await wait.within(patience, () => caught.told(decided, "Delete", since));
  const observed = { [stateOfDecided ?? "?"]: heard !== undefined, [stateOfWaiting ?? "?"]: heardOfWaiting !== undefined };
  const says = `${String(stateOfDecided)}: ${heard === undefined ? "no" : "yes"}; ${String(stateOfWaiting)}: ${heardOfWaiting === undefined ? "no" : "yes"}`;
  if (heard === undefined && heardOfWaiting === undefined)
    findings.missed("delete-of-rejected", `no Delete at all came: ${says}`, observed);
  else findings.compared("delete-of-rejected", heard !== undefined, says, observed);
  return since;
}

async function decideDeleted({ connections, findings }: Probing, decided: string, waiting: string): Promise<void> {
  const rejected = await connections.decide("Reject", decided);
  findings.seen("reject-deleted", answerWords(rejected), rejected);
  const accepted = await connections.decide("Accept", waiting);
  findings.seen("accept-deleted", answerWords(accepted), accepted);
  for (const answer of [rejected, accepted]) judgeCode(findings, answer);
}

const answerWords = ({ call, code, message, while: state }: Answer): string =>
  code === undefined ? `${call} while ${state}: no complaint` : `${call} while ${state}: ${code} (${message ?? ""})`;

function judgeCode(findings: Findings, { code, call, while: state }: Answer): void {
  // One that is gone from the list is in no state at all.
  if (code !== undefined && !code.endsWith(".NotFound")) findings.compared("wrong-state-code", code, `${code}, for ${call} while ${state}`);
}

function refuseFailure({ call, endpoint, code, message }: Answer): void {
  if (code !== undefined) throw new Error(`${call} of ${endpoint} was refused: ${code}: ${message ?? ""}`);
}

function casing({ states }: Connections): [boolean, string, readonly string[]] {
  const seen = [...new Set(states.map(({ state }) => state))];
  return [seen.every((state) => /^[a-z][a-zA-Z]*$/.test(state)), `camel case is expected: ${seen.join(", ")}`, seen];
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === "object";
  } catch {
    return false;
  }
}
