// A provider and a consumer of one endpoint service, each in an account of its own, through the real SDK.

import {
  AcceptVpcEndpointConnectionsCommand,
  CreateVpcEndpointCommand,
  CreateVpcEndpointConnectionNotificationCommand,
  CreateVpcEndpointServiceConfigurationCommand,
  DescribeVpcEndpointConnectionsCommand,
  RejectVpcEndpointConnectionsCommand,
} from "@aws-sdk/client-ec2";
import type { CreateVpcEndpointCommandInput, EC2Client, VpcEndpointConnection } from "@aws-sdk/client-ec2";
import { afterEach } from "vitest";
import { createEc2 } from "../../local/services/ec2.ts";
import type { Ec2Options, Ec2Service, Notification } from "../../local/services/ec2.ts";
import { ACME, manualClock, PROVIDER, REGION, wire } from "./wire.fixture.ts";
import type { ManualClock, Wire } from "./wire.fixture.ts";

export interface Scene {
  readonly aws: Wire;
  readonly clock: ManualClock;
  readonly service: Ec2Service;
  readonly notices: Notification[];
  readonly provider: EC2Client;
  readonly consumer: EC2Client;
  readonly serviceId: string;
  readonly ask: (more?: Partial<CreateVpcEndpointCommandInput>, client?: EC2Client) => Promise<string>;
  readonly connection: (endpoint: string) => Promise<VpcEndpointConnection | undefined>;
  readonly accept: (...ids: string[]) => Promise<(string | undefined)[]>;
  readonly reject: (...ids: string[]) => Promise<(string | undefined)[]>;
}

const open: Wire[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ front }) => front.close()));
});

export const LOAD_BALANCER = `arn:aws:elasticloadbalancing:${REGION}:${PROVIDER}:loadbalancer/net/pay/0123456789abcdef`;

/** A service of the provider whose notices are kept, and what both sides do most. */
export async function scene(options: Partial<Ec2Options> = {}, acceptanceRequired = true): Promise<Scene> {
  const clock = manualClock();
  const notices: Notification[] = [];
  const service = createEc2({
    region: REGION,
    clock,
    delays: { available: 1500, deleted: 1000 },
    notify: (notice) => void notices.push(notice),
    ...options,
  });
  const aws = await wire(() => [service]);
  open.push(aws);
  const provider = aws.ec2();
  const consumer = aws.ec2(ACME);
  const made = await provider.send(
    new CreateVpcEndpointServiceConfigurationCommand({ AcceptanceRequired: acceptanceRequired, NetworkLoadBalancerArns: [LOAD_BALANCER] }),
  );
  const ServiceId = made.ServiceConfiguration?.ServiceId ?? "";
  const ConnectionNotificationArn = `arn:aws:sns:${REGION}:${PROVIDER}:connections`;
  const ConnectionEvents = ["Connect", "Accept", "Reject", "Delete"];
  await provider.send(new CreateVpcEndpointConnectionNotificationCommand({ ServiceId, ConnectionNotificationArn, ConnectionEvents }));
  const ask: Scene["ask"] = async (more = {}, client = consumer) => {
    const asked = {
      VpcId: "vpc-12345678",
      ServiceName: `com.amazonaws.vpce.${REGION}.${ServiceId}`,
      VpcEndpointType: "Interface" as const,
      ...more,
    };
    return (await client.send(new CreateVpcEndpointCommand(asked))).VpcEndpoint?.VpcEndpointId ?? "";
  };
  const codes = (rows: { Error?: { Code?: string | undefined } | undefined }[] | undefined) => (rows ?? []).map((row) => row.Error?.Code);
  return {
    aws,
    clock,
    service,
    notices,
    provider,
    consumer,
    serviceId: ServiceId,
    ask,
    async connection(endpoint) {
      const { VpcEndpointConnections } = await provider.send(
        new DescribeVpcEndpointConnectionsCommand({ Filters: [{ Name: "service-id", Values: [ServiceId] }] }),
      );
      return VpcEndpointConnections?.find((one) => one.VpcEndpointId === endpoint);
    },
    accept: async (...VpcEndpointIds) =>
      codes((await provider.send(new AcceptVpcEndpointConnectionsCommand({ ServiceId, VpcEndpointIds }))).Unsuccessful),
    reject: async (...VpcEndpointIds) =>
      codes((await provider.send(new RejectVpcEndpointConnectionsCommand({ ServiceId, VpcEndpointIds }))).Unsuccessful),
  };
}
