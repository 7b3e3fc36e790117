// What a service's provider can see of a connection: its targets, its load balancers and their groups, its own name, and what passed.
import { DescribeNetworkInterfacesCommand } from "@aws-sdk/client-ec2";

import { isEnded } from "./acceptance.ts";
import { balancerGroups } from "./balancer-groups.ts";
import { balancerOf, fullNameOf, targets, type Balancer } from "./balancers.ts";
import { looked, needing, noTraffic, type Finding } from "./finding.ts";
import { flowLogs, written } from "./flow-logs.ts";
import type { Ground } from "./ground.ts";
import { metrics, type Metric } from "./metrics.ts";
import { ofProvider } from "./private-name.ts";
import type { ProviderSide } from "./sides.ts";

export async function providerLooks(ground: Ground, side: ProviderSide): Promise<readonly Finding[]> {
  const { ec2, cloudWatch, region, asked } = ground;
  const { serviceId, endpoint, balancers, state } = side;
  if (isEnded(state)) return [];
  const found: Finding[] = [...(await targets(region, balancers, asked.port))];
  const dimensions = { "Service Id": serviceId, "VPC Endpoint Id": endpoint };
  const ofService = (name: string): Metric => ({ namespace: "AWS/PrivateLinkServices", name, dimensions });
  const filtering = { port: asked.port, connections: ofService("NewConnections") };
  for (const arn of balancers)
    found.push(
      ...(await looked("load balancer's groups", async () => [
        await balancerGroups(ec2, cloudWatch, await balancerOf(region, arn), filtering),
      ])),
    );
  const mend = noTraffic(found, asked.again);
  found.push(...(await ofProvider(ec2, serviceId)));
  if (state !== "available") return found;
  for (const arn of balancers)
    found.push(...(await looked("flow logs", async () => [await flowLogsOf(ground, await balancerOf(region, arn), mend)])));
  const about = "metrics of the service";
  found.push(...(await metrics(cloudWatch, { about, connections: ofService("NewConnections"), bytes: ofService("BytesProcessed"), mend })));
  for (const arn of balancers) {
    const ofBalancer = (name: string): Metric => ({ namespace: "AWS/NetworkELB", name, dimensions: { LoadBalancer: fullNameOf(arn) } });
    const counted = { connections: ofBalancer("NewFlowCount"), bytes: ofBalancer("ProcessedBytes"), mend };
    found.push(...(await metrics(cloudWatch, { about: "metrics of the load balancer", ...counted })));
  }
  return found;
}

async function flowLogsOf({ ec2, region, asked }: Ground, { arn, vpc, groups }: Balancer, nothing: string): Promise<Finding> {
  const Filters = [{ Name: "description", Values: [`ELB ${fullNameOf(arn)}`] }];
  const described = new DescribeNetworkInterfacesCommand({ Filters });
  const { NetworkInterfaces = [] } = await needing("ec2:DescribeNetworkInterfaces", () => ec2.send(described));
  const subnets = NetworkInterfaces.flatMap(({ SubnetId }) => SubnetId ?? []);
  const interfaces = NetworkInterfaces.flatMap(({ NetworkInterfaceId }) => NetworkInterfaceId ?? []);
  const watched = { region, vpc, subnets, interfaces, port: asked.port };
  const rules = `aws ec2 describe-security-groups --group-ids ${groups.join(" ")}`;
  return flowLogs(await written(ec2, watched), watched, { dropped: (source) => `see who drops ${source}: ${rules}`, nothing });
}
