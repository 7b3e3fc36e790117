// The throw-away world that a smoke run plays in: network, load balancer, queues, endpoint service, zone, and Drawbridge's own stack.
import {
  CreateVpcEndpointServiceConfigurationCommand,
  DescribeVpcEndpointServiceConfigurationsCommand,
  DescribeVpcEndpointServicesCommand,
  ModifyVpcEndpointServicePermissionsCommand,
} from "@aws-sdk/client-ec2";
import { CreateHostedZoneCommand, GetHostedZoneCommand, ListResourceRecordSetsCommand } from "@aws-sdk/client-route-53";
import type { Clients } from "./clients.ts";
import { tagKey, type Made } from "./made.ts";
import type { Options } from "./options.ts";
import { deployStack } from "./stacks.ts";
import type { Steps } from "./steps.ts";
import { worldTemplate } from "./world-template.ts";

const MINUTE = 60_000;

export interface World {
  readonly loadBalancer: string;
  readonly topicArn: string;
  readonly queues: { readonly notified: string; readonly recorded: string };
  /** Where the consumer makes its endpoints. */
  readonly asking: { readonly vpc: string; readonly subnets: readonly string[] };
  /** A VPC of the provider's account, for a zone of its own. */
  readonly vpc: string;
}

export interface Ground {
  readonly clients: Clients;
  readonly options: Options;
  readonly made: Made;
  readonly steps: Steps;
}

export async function makeWorld({ clients, options, made, steps }: Ground): Promise<World> {
  const { run } = made.note;
  const name = `drawbridge-${run}-world`;
  return steps.need(`the stack ${name}`, 20 * MINUTE, async (wait) => {
    made.about({ kind: "stack", name });
    const template = await worldTemplate();
    const parameters = { LoadBalancerArn: options.given?.loadBalancer ?? "" };
    const outputs = await deployStack(clients, { name, template, parameters, tags: { [tagKey]: run } }, wait);
    const own = { vpc: outputs["VpcId"] ?? "", subnets: (outputs["SubnetIds"] ?? "").split(",") };
    const { vpc, subnets } = options.given ?? own;
    return {
      loadBalancer: outputs["LoadBalancerArn"] ?? "",
      topicArn: outputs["NotificationsTopicArn"] ?? "",
      queues: { notified: outputs["NotifiedQueueUrl"] ?? "", recorded: outputs["RecordedQueueUrl"] ?? "" },
      asking: options.consumer ?? { vpc, subnets },
      vpc,
    };
  });
}

export interface OfferedService {
  readonly id: string;
  readonly name: string;
  /** Whether the second account saw it before it was let; undefined without a second account. */
  readonly seenUnasked: boolean | undefined;
}

export async function makeService({ clients, options, made, steps }: Ground, world: World): Promise<OfferedService> {
  const { ec2 } = clients;
  const { run } = made.note;
  // A load balancer is not taken before it is active, whatever its stack says; one that was given is active or wrong.
  const limit = (options.given === undefined ? 10 : 2) * MINUTE;
  return steps.need("an endpoint service that asks for acceptance", limit, async (wait) => {
    const there = made.about({ kind: "service" });
    const Tags = [
      { Key: "drawbridge", Value: "smoke" },
      { Key: tagKey, Value: run },
    ];
    const service = await wait.until("the endpoint service", async () => {
      const created = await ec2.send(
        new CreateVpcEndpointServiceConfigurationCommand({
          AcceptanceRequired: true,
          NetworkLoadBalancerArns: [world.loadBalancer],
          ClientToken: run,
          TagSpecifications: [{ ResourceType: "vpc-endpoint-service", Tags }],
        }),
      );
      return created.ServiceConfiguration;
    });
    const { ServiceId: id = "", ServiceName: name = "" } = service;
    there({ id });
    await wait.until("its state Available", async () => {
      const { ServiceConfigurations = [] } = await ec2.send(new DescribeVpcEndpointServiceConfigurationsCommand({ ServiceIds: [id] }));
      return /^available$/i.test(ServiceConfigurations[0]?.ServiceState ?? "") ? true : undefined;
    });
    const seenUnasked = clients.account === clients.consumerAccount ? undefined : await sees(clients, name);
    const consumer = `arn:${world.loadBalancer.split(":")[1] ?? "aws"}:iam::${clients.consumerAccount}:root`;
    await ec2.send(new ModifyVpcEndpointServicePermissionsCommand({ ServiceId: id, AddAllowedPrincipals: [consumer] }));
    if (seenUnasked !== undefined)
      await wait.until("the second account sees it", async () => ((await sees(clients, name)) ? true : undefined));
    return { id, name, seenUnasked };
  });
}

async function sees({ consumer }: Clients, name: string): Promise<boolean> {
  try {
    const { ServiceNames = [] } = await consumer.send(new DescribeVpcEndpointServicesCommand({ ServiceNames: [name] }));
    return ServiceNames.includes(name);
  } catch (error) {
    if (error instanceof Error && error.name === "InvalidServiceName") return false;
    throw error;
  }
}

export interface Zone {
  readonly id: string;
  readonly name: string;
}

/** Its own zone is private: names in it are nobody else's business. */
export async function makeZone({ clients, options, made, steps }: Ground, world: World): Promise<Zone> {
  const { route53, region } = clients;
  const { run } = made.note;
  if (options.hostedZone !== undefined) {
    const zoneId = options.hostedZone;
    return steps.need(`the hosted zone ${zoneId}`, MINUTE, async () => {
      const { HostedZone } = await route53.send(new GetHostedZoneCommand({ Id: zoneId }));
      const name = HostedZone?.Name ?? "";
      const mark = `_drawbridge-change.${name}`;
      const [there] =
        (await route53.send(new ListResourceRecordSetsCommand({ HostedZoneId: zoneId, StartRecordName: mark, MaxItems: 1 })))
          .ResourceRecordSets ?? [];
      made.about({ kind: "records", zone: zoneId, name: run, ...(there?.Name === mark ? {} : { mark }) });
      return { id: zoneId, name: name.replace(/\.$/, "") };
    });
  }
  const name = `${run}.internal`;
  return steps.need(`a private hosted zone ${name}`, 2 * MINUTE, async () => {
    const there = made.about({ kind: "zone", name });
    const { HostedZone } = await route53.send(
      new CreateHostedZoneCommand({ Name: name, CallerReference: run, VPC: { VPCRegion: region as "eu-west-1", VPCId: world.vpc } }),
    );
    const id = (HostedZone?.Id ?? "").replace(/^\/?hostedzone\//, "");
    there({ id });
    return { id, name };
  });
}
