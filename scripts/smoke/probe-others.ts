// What takes more than every account has, and is asked only when it is given: another Region, a Gateway Load Balancer, a storm of changes.
import {
  CreateVpcEndpointCommand,
  CreateVpcEndpointConnectionNotificationCommand,
  CreateVpcEndpointServiceConfigurationCommand,
  ModifyVpcEndpointServiceConfigurationCommand,
  ModifyVpcEndpointServicePermissionsCommand,
} from "@aws-sdk/client-ec2";
import { ChangeResourceRecordSetsCommand, type Change } from "@aws-sdk/client-route-53";
import { vpceHostedZoneId } from "../../local/vpce-names.ts";
import { tagKey } from "./made.ts";
import type { Probing } from "./probe-decisions.ts";
import { told, type Wait } from "./steps.ts";
import type { Zone } from "./world.ts";

const MINUTE = 60_000;

/** Gives an endpoint in the other Region, which waits for an answer; nothing where no other Region was given. */
export async function askFromElsewhere({ clients, options, service, steps, made, connections }: Probing): Promise<string | undefined> {
  const { elsewhere } = options;
  if (elsewhere === undefined) return undefined;
  const { region, vpc: VpcId, subnets } = elsewhere;
  return steps.probe(`an endpoint in ${region}`, 10 * MINUTE, async (wait) => {
    const AddSupportedRegions = [region];
    await clients.ec2.send(new ModifyVpcEndpointServiceConfigurationCommand({ ServiceId: service.id, AddSupportedRegions }));
    const there = made.about({ kind: "endpoint", region });
    const asked = new CreateVpcEndpointCommand({
      VpcEndpointType: "Interface",
      VpcId,
      SubnetIds: [...subnets],
      ServiceName: service.name,
      ServiceRegion: clients.region,
      TagSpecifications: [{ ResourceType: "vpc-endpoint", Tags: [{ Key: tagKey, Value: made.note.run }] }],
    });
    // A Region that was just added is not served at once.
    const { VpcEndpoint } = await wait.until("it is made", () => clients.consumerIn(region).send(asked));
    const id = VpcEndpoint?.VpcEndpointId ?? "";
    there({ id });
    await wait.until("it is listed", async () => ((await connections.of(id)) === undefined ? undefined : true));
    return id;
  });
}

/** Once it is available: the hosted zone of its names is not said to be that of either Region. */
export async function lookAtElsewhere({ connections, options, steps, findings, clients }: Probing, endpoint: string): Promise<void> {
  const { region = "" } = options.elsewhere ?? {};
  await steps.probe(`the names of the endpoint in ${region}`, 5 * MINUTE, async (wait) => {
    await wait.until("available", () => connections.is(endpoint, "available"));
    const { DnsEntries = [], VpcEndpointRegion } = (await connections.of(endpoint)) ?? {};
    const zones = [...new Set(DnsEntries.map(({ HostedZoneId = "none" }) => HostedZoneId))];
    const [theirs, ours] = [vpceHostedZoneId(region), vpceHostedZoneId(clients.region)];
    findings.judged(
      "dns-zone-elsewhere",
      zones.length === 1 && zones[0] === theirs,
      `${zones.join(", ")} for an endpoint in ${VpcEndpointRegion ?? "no Region"}; local AWS has ${theirs}, that of ${region}, and ${ours} for ${clients.region}`,
      DnsEntries,
    );
  });
}

export async function probeGateway(probing: Probing): Promise<void> {
  const { clients, options, world, made, steps, caught, findings } = probing;
  const { gateway } = options;
  if (gateway === undefined) return;
  await steps.probe("a Gateway Load Balancer endpoint", options.waits.notified + 10 * MINUTE, async (wait) => {
    const Tags = [{ Key: tagKey, Value: made.note.run }];
    const service = made.about({ kind: "service" });
    const { ServiceConfiguration } = await clients.ec2.send(
      new CreateVpcEndpointServiceConfigurationCommand({
        AcceptanceRequired: true,
        GatewayLoadBalancerArns: [gateway],
        TagSpecifications: [{ ResourceType: "vpc-endpoint-service", Tags }],
      }),
    );
    const { ServiceId = "", ServiceName = "" } = ServiceConfiguration ?? {};
    service({ id: ServiceId });
    const AddAllowedPrincipals = [`arn:${gateway.split(":")[1] ?? "aws"}:iam::${clients.consumerAccount}:root`];
    await clients.ec2.send(new ModifyVpcEndpointServicePermissionsCommand({ ServiceId, AddAllowedPrincipals }));
    const refusal = await clients.ec2
      .send(
        new CreateVpcEndpointConnectionNotificationCommand({
          ServiceId,
          ConnectionNotificationArn: world.topicArn,
          ConnectionEvents: ["Connect", "Accept", "Reject", "Delete"],
        }),
      )
      .then(
        () => undefined,
        (error: unknown) => told(error),
      );
    if (refusal !== undefined) return findings.seen("notification-gwlb", `AWS refuses the notification itself: ${refusal}`, refusal);
    const since = Date.now();
    const endpoint = await gatewayEndpoint(probing, wait, ServiceName);
    const heard = await wait.within(options.waits.notified, () => caught.told(endpoint, "Connect", since));
    findings.seen("notification-gwlb", heard === undefined ? `none came for ${endpoint}` : `Connect came: ${heard.message}`);
  });
}

async function gatewayEndpoint({ clients, made, world }: Probing, wait: Wait, ServiceName: string): Promise<string> {
  const there = made.about({ kind: "endpoint" });
  const asked = new CreateVpcEndpointCommand({
    VpcEndpointType: "GatewayLoadBalancer",
    VpcId: world.asking.vpc,
    SubnetIds: world.asking.subnets.slice(0, 1),
    ServiceName,
    TagSpecifications: [{ ResourceType: "vpc-endpoint", Tags: [{ Key: tagKey, Value: made.note.run }] }],
  });
  const { VpcEndpoint } = await wait.until("it is made", () => clients.consumer.send(asked));
  const id = VpcEndpoint?.VpcEndpointId ?? "";
  there({ id });
  return id;
}

/** Fewer calls than Route 53 allows at once, so that what it refuses is the number of changes. */
const callsMax = 40;
const recordsPerCall = 100;

/** Only in a zone of our own; but the limit is the account's, and whoever else changes records meanwhile meets it too. */
export async function probeStorm({ clients, options, made, steps, findings }: Probing, zone: Zone): Promise<void> {
  if (!options.storm || options.hostedZone !== undefined) return;
  const changes = (Action: "UPSERT" | "DELETE"): Change[] =>
    Array.from({ length: recordsPerCall }, (_, index) => ({
      Action,
      ResourceRecordSet: {
        Name: `s${String(index)}.${made.note.run}.${zone.name}`,
        Type: "TXT",
        TTL: 60,
        ResourceRecords: [{ Value: '"s"' }],
      },
    }));
  const send = (Action: "UPSERT" | "DELETE") =>
    clients.route53Once.send(new ChangeResourceRecordSetsCommand({ HostedZoneId: zone.id, ChangeBatch: { Changes: changes(Action) } }));
  await steps.probe("a storm of changes in the zone", 5 * MINUTE, async (wait) => {
    const begun = Date.now();
    let calls = 0;
    let refusal: string | undefined;
    for (; calls < callsMax; calls += 1) {
      refusal = await refusalOf(wait, () => send("UPSERT"));
      if (refusal !== undefined) break;
    }
    const seconds = (Date.now() - begun) / 1000;
    const done = `${String(calls)} calls with ${String(recordsPerCall)} changes each in ${seconds.toFixed(1)} s`;
    findings.seen("route53-numbers", refusal === undefined ? `${done}: none was refused` : `${done}, then ${refusal}`, {
      calls,
      seconds,
      refusal,
    });
    await wait.until("the records removed", async () => send("DELETE").then(() => true));
  });
}

/** Why AWS refuses it, if it does. That a zone is still busy with the change before it is another matter. */
async function refusalOf(wait: Wait, work: () => Promise<unknown>): Promise<string | undefined> {
  const answer = await wait.until("an answer", async () => {
    try {
      await work();
      return { refusal: undefined };
    } catch (error) {
      return error instanceof Error && error.name === "PriorRequestNotComplete" ? undefined : { refusal: told(error) };
    }
  });
  return answer.refusal;
}
