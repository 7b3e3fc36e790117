// All looks at one endpoint, in the order of the table. Loaded only by the command that takes them.
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { DescribeNetworkInterfacesCommand, EC2Client } from "@aws-sdk/client-ec2";

import { Failure } from "../failure.ts";
import { acceptance } from "./acceptance.ts";
import { fullNameOf, targets, vpcOf } from "./balancers.ts";
import { looked, notReadable, type Finding } from "./finding.ts";
import { flowLogs } from "./flow-logs.ts";
import { metrics } from "./metrics.ts";
import type { Reach } from "./reach.ts";
import { reached } from "./reached.ts";
import { addressesOf, dns, groups } from "./settings.ts";
import { sidesOf, type ConsumerSide, type ProviderSide, type Sides } from "./sides.ts";

export interface Asked {
  readonly endpoint: string;
  /** Names besides the endpoint's own. */
  readonly names: readonly string[];
  readonly port: number;
  readonly path: string;
  readonly http: boolean;
}

export interface Seen {
  readonly region: string;
  readonly sides: Sides;
  readonly findings: readonly Finding[];
}

export async function look(asked: Asked, reach: Reach): Promise<Seen> {
  const ec2 = new EC2Client({});
  const region = await regionOf(ec2);
  const sides = await sidesOf(ec2, asked.endpoint);
  const { consumer, provider } = sides;
  const cloudWatch = new CloudWatchClient({ region });
  if (consumer === undefined && provider === undefined && sides.missing.length === 0)
    throw new Failure(
      1,
      "NotFound",
      `${asked.endpoint} is neither an endpoint of this account nor a connection to a service of it, in ${region}`,
      "check the id, AWS_REGION and whose credentials these are: aws sts get-caller-identity",
    );
  const unseen = consumer === undefined && provider === undefined ? sides.missing : [];
  const findings = [
    ...unseen.map((permission) =>
      notReadable("endpoint", `your credentials lack ${permission}`, `allow ${permission} to the role you use`),
    ),
    ...acceptance(sides),
    ...(await names(ec2, region, asked, sides, reach)),
    ...(consumer === undefined ? [] : await ofConsumer(ec2, cloudWatch, region, consumer, asked.port)),
    ...(provider === undefined ? [] : await ofProvider(ec2, cloudWatch, region, provider)),
  ];
  return { region, sides, findings };
}

/** A provider is not where the names are made for: it tries only what it is told to. */
async function names(
  ec2: EC2Client,
  region: string,
  asked: Asked,
  { consumer, provider }: Sides,
  reach: Reach,
): Promise<readonly Finding[]> {
  const own = consumer === undefined ? undefined : await addressesOf(ec2, consumer);
  const wanted = [...(consumer?.names.slice(0, 1) ?? []), ...asked.names];
  const isAvailable = (consumer ?? provider)?.state === "available";
  const found: Finding[] = [];
  for (const name of wanted) found.push(...(await reached(reach, { ...asked, name, isAvailable, own, vpc: consumer?.vpc, region })));
  return found;
}

async function ofConsumer(
  ec2: EC2Client,
  cloudWatch: CloudWatchClient,
  region: string,
  side: ConsumerSide,
  port: number,
): Promise<readonly Finding[]> {
  return [
    ...(await groups(ec2, side, port)),
    ...(await dns(ec2, side)),
    ...(side.state === "available" ? await trafficOfConsumer(ec2, cloudWatch, region, side) : []),
  ];
}

/** Nothing passes before it is available: then there is nothing to find. */
async function trafficOfConsumer(
  ec2: EC2Client,
  cloudWatch: CloudWatchClient,
  region: string,
  { vpc, subnets, interfaces, service, endpoint }: ConsumerSide,
): Promise<readonly Finding[]> {
  return [
    ...(await flowLogs(ec2, { about: "flow logs", region, vpc, subnets, interfaces })),
    ...(await metrics(cloudWatch, {
      about: "metrics of the endpoint",
      namespace: "AWS/PrivateLinkEndpoints",
      connections: "NewConnections",
      bytes: "BytesProcessed",
      dimensions: { "Endpoint Type": "Interface", "Service Name": service, "VPC Endpoint Id": endpoint, "VPC Id": vpc },
    })),
  ];
}

async function ofProvider(
  ec2: EC2Client,
  cloudWatch: CloudWatchClient,
  region: string,
  { serviceId, endpoint, balancers, state }: ProviderSide,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [...(await targets(region, balancers))];
  if (state !== "available") return findings;
  for (const arn of balancers) findings.push(...(await flowLogsOfBalancer(ec2, region, arn)));
  const service = { namespace: "AWS/PrivateLinkServices", connections: "NewConnections", bytes: "BytesProcessed" };
  const dimensions = { "Service Id": serviceId, "VPC Endpoint Id": endpoint };
  findings.push(...(await metrics(cloudWatch, { about: "metrics of the service", ...service, dimensions })));
  const balancer = { namespace: "AWS/NetworkELB", connections: "NewFlowCount", bytes: "ProcessedBytes" };
  for (const arn of balancers) {
    const about = "metrics of the load balancer";
    findings.push(...(await metrics(cloudWatch, { about, ...balancer, dimensions: { LoadBalancer: fullNameOf(arn) } })));
  }
  return findings;
}

async function flowLogsOfBalancer(ec2: EC2Client, region: string, arn: string): Promise<readonly Finding[]> {
  const about = "flow logs";
  return looked(about, "ec2:DescribeNetworkInterfaces", async () => {
    const vpc = await vpcOf(region, arn);
    if (vpc === undefined) return [notReadable(about, "your credentials lack elasticloadbalancing:DescribeLoadBalancers")];
    const Filters = [{ Name: "description", Values: [`ELB ${fullNameOf(arn)}`] }];
    const { NetworkInterfaces = [] } = await ec2.send(new DescribeNetworkInterfacesCommand({ Filters }));
    const subnets = NetworkInterfaces.flatMap(({ SubnetId }) => SubnetId ?? []);
    const interfaces = NetworkInterfaces.flatMap(({ NetworkInterfaceId }) => NetworkInterfaceId ?? []);
    return flowLogs(ec2, { about, region, vpc, subnets, interfaces });
  });
}

async function regionOf(ec2: EC2Client): Promise<string> {
  try {
    return await ec2.config.region();
  } catch {
    throw new Failure(1, "NoRegion", "The Region is not known", "set AWS_REGION");
  }
}
