// What connections and services live through that no story of test/rights tells: told after those, so that each event type is recorded.

import { service as idOf, type Story, type Told } from "../rights/stories/story.ts";
import { accounts, zoneName, type Keys, type Offered, type World } from "../rights/world.ts";

const { acme, unknown, umbrella } = accounts;
type Members = Readonly<Record<string, unknown>>;
const hour = 3600;

/** Cat is the approver with these keys. */
export const livesWith = (cat: Keys): readonly Story[] => [
  {
    name: "two must agree: one does, and again; then both are reminded, and a third is asked; one of them moves and can no longer be reached",
    async tell(world) {
      const shared = await inCare(world, "--no-names");
      await world.drawbridge("approvers", "add", "cat", "--email", "cat@payments.example", "--arn", world.arnOf("ApproverRole"));
      for (const name of ["dan", "eve"]) await world.drawbridge("approvers", "add", name, "--email", `${name}@payments.example`);
      const escalation = ["--remind", "4", "--escalate-to", "eve", "--escalate-after", "24"];
      await world.drawbridge(
        "services",
        "set",
        shared.id,
        "--approver",
        "cat",
        "--approver",
        "dan",
        "--quorum",
        "2",
        ...escalation,
        "--yes",
      );
      await sweep(world);
      const endpoint = await world.connect(unknown, shared);
      await logs(world, endpoint, "ApprovalRequested");
      await world.drawbridgeAs(cat, "approve", endpoint, "--reason", "known partner");
      await world.drawbridgeAs(cat, "approve", endpoint).catch(() => undefined);
      await passes(world, 5 * hour);
      await passes(world, 20 * hour);
      const { Subscriptions } = await world.aws("sns", "ListSubscriptionsByTopic", { TopicArn: world.local.outputs["ApprovalsTopicArn"] });
      const hers = (Subscriptions as Members[]).find(({ Endpoint }) => Endpoint === "dan@payments.example");
      await world.aws("sns", "Unsubscribe", { SubscriptionArn: hers?.["SubscriptionArn"] });
      await sweep(world);
      await world.drawbridge("approvers", "add", "dan", "--email", "dan@elsewhere.example", "--yes");
    },
  },
  {
    name: "somebody rejects in the console what is connected",
    async tell(world, told) {
      const endpoint = await world.connect(acme, { id: idOf(told), name: told.payments?.name ?? "" });
      await logs(world, endpoint, "ConnectionAvailable");
      await world.aws("ec2", "RejectVpcEndpointConnections", { ServiceId: idOf(told), VpcEndpointIds: [endpoint] });
      await logs(world, endpoint, "RejectedOutside");
    },
  },
  {
    name: "EC2 refuses to accept, and does so a little later",
    async tell(world) {
      const offered = await inCare(world, "--no-names");
      await world.drawbridge("allow", acme, "--service", offered.id);
      const code = "OperationNotPermitted";
      const fault = world.local.faults.refuse({ service: "ec2", action: "AcceptVpcEndpointConnections", code, status: 400 });
      const endpoint = await world.connect(acme, offered);
      await logs(world, endpoint, "EffectFailed");
      fault.lift();
      await passes(world, 2 * hour);
      await logs(world, endpoint, "ConnectionAvailable");
      await logs(world, endpoint, "EffectRecovered");
    },
  },
  {
    name: "an entry gains a limit, another label and an end; it is removed with a day of grace, and is there again",
    async tell(world) {
      const { offered, endpoint } = await named(world, acme, "grace");
      const allow = (...words: string[]): Promise<string> =>
        world.drawbridge("allow", acme, "--service", offered.id, "--name", "grace", ...words, "--yes");
      await allow("--label", "graceful", "--at-most", "3");
      await logs(world, endpoint, "LabelChanged");
      await logs(world, endpoint, "ConnectionCounted");
      await allow("--expires", new Date(world.now() + 48 * hour * 1000).toISOString());
      await logs(world, endpoint, "ExpiryAnnounced");
      await allow("--replace");
      await world.drawbridge("remove", acme, "--service", offered.id, "--disconnect", "24h", "--yes");
      await logs(world, endpoint, "RevocationAnnounced");
      await allow();
      await logs(world, endpoint, "RevocationWithdrawn");
    },
  },
  {
    name: "a name's record is deleted; its endpoint becomes dualstack; another name is taken by somebody else's record",
    async tell(world) {
      const { offered, endpoint } = await named(world, umbrella, "drifting");
      const record = await recordAt(world, `drifting.${zoneName}.`);
      await change(world, "DELETE", record);
      await compareNames(world, offered);
      await logs(world, endpoint, "NameDrifted");
      const shown = shows(world, (connection) =>
        connection["VpcEndpointId"] === endpoint ? [{ ...connection, IpAddressType: "dualstack" }] : [connection],
      );
      await compareNames(world, offered);
      await logs(world, endpoint, "NameChanged");
      shown.lift();
      const Name = `taken.${zoneName}.`;
      await change(world, "CREATE", { Name, Type: "A", TTL: 60, ResourceRecords: [{ Value: "10.0.0.1" }] });
      await world.drawbridge("allow", umbrella, "--service", offered.id, "--name", "drifting", "--label", "taken", "--yes");
      await logs(world, endpoint, "NameClashed");
    },
  },
  {
    name: "AWS's listing is without a connection, and has it again",
    async tell(world) {
      const { endpoint } = await named(world, acme, "missing");
      const shown = shows(world, (connection) => (connection["VpcEndpointId"] === endpoint ? [] : [connection]));
      await logs(world, endpoint, "ConnectionMissing");
      shown.lift();
      await logs(world, endpoint, "ConnectionFound");
    },
  },
  {
    name: "EC2 refuses the permissions that follow the list",
    async tell(world) {
      const offered = await inCare(world, "--no-names");
      await world.drawbridge("remove", "any", "--service", "*", "--yes").catch(() => undefined);
      const action = "ModifyVpcEndpointServicePermissions";
      const fault = world.local.faults.refuse({ service: "ec2", action, code: "OperationNotPermitted", status: 400 });
      await world.drawbridge("allow", acme, "--service", offered.id);
      await world.drawbridge("services", "set", offered.id, "--permissions", "follow", "--yes");
      await sweep(world);
      fault.lift();
    },
  },
  {
    name: "a freeze that stands, and one that was lifted",
    async tell(world) {
      await world.drawbridge("freeze", "all", "--reason", "incident 42", "--yes");
      await world.drawbridge("unfreeze", "all", "--reason", "it is over", "--yes");
      await world.drawbridge("freeze", "all", "--reason", "incident 43", "--yes");
    },
  },
];

export async function tellAll(world: World, told: Told, stories: readonly Story[]): Promise<void> {
  for (const story of stories) {
    await story.tell(world, told).catch((cause: unknown) => {
      throw new Error(`Not told to its end: ${story.name}`, { cause });
    });
    await world.local.idle();
  }
}

async function passes(world: World, seconds: number): Promise<void> {
  world.leap(seconds);
  await sweep(world);
}

/** The schedule itself may be some seconds short of its next minute after a leap. */
async function sweep(world: World): Promise<void> {
  await world.tick();
  await world.local.invoke("sweep");
  await world.local.idle();
}

async function inCare(world: World, ...names: string[]): Promise<Offered> {
  const offered = await world.offer();
  await world.drawbridge("services", "add", offered.id, ...names, "--yes");
  return offered;
}

async function named(world: World, account: string, name: string): Promise<{ offered: Offered; endpoint: string }> {
  const offered = await inCare(world, "--zone", zoneName);
  await world.drawbridge("allow", account, "--service", offered.id, "--name", name);
  const endpoint = await world.connect(account, offered);
  await logs(world, endpoint, "ConnectionAvailable");
  await logs(world, endpoint, "NameMade");
  return { offered, endpoint };
}

/** Minutes pass until the connection's log has it. */
async function logs(world: World, endpoint: string, type: string): Promise<void> {
  await world.until(`${type} of ${endpoint}`, async () => {
    // Not known before it is seen for the first time.
    const shown = await world.drawbridge("show", endpoint, "--json").catch(() => "");
    if (shown.includes(`"${type}"`)) return true;
    await sweep(world);
    return undefined;
  });
}

/** What EC2 shows of each connection from now on. */
const shows = (world: World, each: (connection: Members) => readonly Members[]): { readonly lift: () => void } =>
  world.local.faults.refuse({
    service: "ec2",
    action: "DescribeVpcEndpointConnections",
    instead: async (input, work) => {
      const result = (await work(input)) as Members;
      return { ...result, VpcEndpointConnections: (result["VpcEndpointConnections"] as Members[]).flatMap(each) };
    },
  });

async function compareNames(world: World, { id }: Offered): Promise<void> {
  const MessageBody = JSON.stringify({ look: { service: id, why: "compare" } });
  await world.aws("sqs", "SendMessage", { QueueUrl: world.idOf("DnsQueue"), MessageBody });
  await world.local.idle();
}

async function recordAt(world: World, name: string): Promise<Members | undefined> {
  const { ResourceRecordSets } = await world.aws("route53", "ListResourceRecordSets", { HostedZoneId: world.zoneId });
  return (ResourceRecordSets as Members[]).find(({ Name, Type }) => Name === name && Type === "A");
}

const change = (world: World, Action: string, ResourceRecordSet: Members | undefined): Promise<Members> =>
  world.aws("route53", "ChangeResourceRecordSets", {
    HostedZoneId: world.zoneId,
    ChangeBatch: { Changes: [{ Action, ResourceRecordSet }] },
  });
