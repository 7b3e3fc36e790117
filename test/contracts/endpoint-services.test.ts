// Endpoint services: the promises, in memory and on local EC2 over the wire.

import {
  CreateVpcEndpointCommand,
  CreateVpcEndpointServiceConfigurationCommand,
  DeleteVpcEndpointsCommand,
  EC2Client,
} from "@aws-sdk/client-ec2";
import { afterAll, beforeAll } from "vitest";
import { vpcEndpointServices } from "../../lib/aws/endpoint-services.ts";
import { endpointId, serviceId } from "../../lib/ids.ts";
import { createEc2 } from "../../local/services/ec2.ts";
import { fakeClock } from "../fakes/clock.ts";
import { endpointOf, fakeEndpointServices, serviceOf } from "../fakes/endpoint-services.ts";
import { endpointServicesContract } from "./endpoint-services.contract.ts";
import { startWire, type Wire } from "./wire.fixture.ts";

endpointServicesContract("in memory", async () => {
  const ec2 = fakeEndpointServices(fakeClock().now);
  let made = 0;
  return {
    port: ec2.port,
    service: async () => {
      const id = serviceOf((made += 1));
      ec2.addService(id);
      return id;
    },
    endpoint: async (service, account) => {
      const endpoint = endpointOf((made += 1));
      ec2.connect({ endpoint, service, account });
      return endpoint;
    },
    remove: async (endpoint) => ec2.move(endpoint, "deleted"),
    settle: async () => ec2.settle(),
  };
});

/** Moves of AWS's own wait until they are let go, so that the contract need not. */
const moves: (() => void)[] = [];
let wire: Wire;
beforeAll(async () => {
  wire = await startWire(async ({ region }) => [
    createEc2({ region, clock: heldClock, delays: { available: 1, deleted: 1 }, notify: () => undefined, throttled: false }),
  ]);
});
afterAll(() => wire.close());

const heldClock = {
  now: () => Date.now(),
  after: (_: number, work: () => void) => {
    moves.push(work);
    return () => {
      const at = moves.indexOf(work);
      if (at >= 0) moves.splice(at, 1);
    };
  },
};

endpointServicesContract("EC2", async () => {
  const provider = new EC2Client(wire.config());
  const consumer = (account: string): EC2Client => new EC2Client(wire.config(account));
  return {
    port: vpcEndpointServices(provider),
    service: async () => {
      const command = new CreateVpcEndpointServiceConfigurationCommand({
        AcceptanceRequired: true,
        NetworkLoadBalancerArns: ["arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/net/payments/50dc6c495c0c9188"],
        TagSpecifications: [{ ResourceType: "vpc-endpoint-service", Tags: [{ Key: "drawbridge", Value: "yes" }] }],
      });
      return serviceId((await provider.send(command)).ServiceConfiguration?.ServiceId);
    },
    endpoint: async (service, account) => {
      const command = new CreateVpcEndpointCommand({
        VpcEndpointType: "Interface",
        VpcId: "vpc-0123456789abcdef0",
        ServiceName: `com.amazonaws.vpce.eu-west-1.${service}`,
      });
      return endpointId((await consumer(account).send(command)).VpcEndpoint?.VpcEndpointId);
    },
    remove: async (endpoint, account) => {
      await consumer(account).send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [endpoint] }));
    },
    settle: async () => {
      for (const move of moves.splice(0)) move();
    },
  };
});
