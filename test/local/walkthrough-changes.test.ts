// The walkthrough's stacks deployed a second time and taken down: what stays where it is, and what a failure leaves.
import {
  CloudFormationClient,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  GetTemplateSummaryCommand,
} from "@aws-sdk/client-cloudformation";
import { afterEach, beforeEach, expect, test } from "vitest";

import { get } from "../../cli/verify/reach.ts";
import { socksConnect } from "../../cli/verify/socks.ts";
import { CONSUMER, PROVIDER, twoVpcs, WELCOME, type TwoVpcs } from "./two-vpcs.fixture.ts";

let world: TwoVpcs;

beforeEach(async () => {
  world = await twoVpcs();
  await world.accept();
});
afterEach(async () => {
  await world.local.close();
});

async function ask(host = "payments.internal"): Promise<string> {
  const entry = await world.local.dataPath.enter("vpc-b");
  try {
    return (await get(await socksConnect({ host: "127.0.0.1", port: entry.port }, host, 80), host, "/")).body;
  } catch {
    return entry.notes.join("\n");
  }
}

const clientOf = (account: string): CloudFormationClient =>
  new CloudFormationClient({
    endpoint: world.local.aws,
    region: world.local.region,
    credentials: { accessKeyId: account, secretAccessKey: "any" },
  });

const provider = (parameters: Readonly<Record<string, string>>) =>
  world.deploy(PROVIDER, "provider", { ConsumerAccount: CONSUMER, ...parameters }, "UPDATE");

async function events(account: string, stack: string): Promise<readonly string[]> {
  const { StackEvents = [] } = await clientOf(account).send(new DescribeStackEventsCommand({ StackName: stack }));
  return StackEvents.map(({ LogicalResourceId, ResourceStatus }) => `${LogicalResourceId ?? ""} ${ResourceStatus ?? ""}`).toReversed();
}

async function remove(account: string, stack: string): Promise<string> {
  const client = clientOf(account);
  const { Stacks: [{ StackId = "" } = {}] = [] } = await client.send(new DescribeStacksCommand({ StackName: stack }));
  await client.send(new DeleteStackCommand({ StackName: stack }));
  await world.local.idle();
  const { Stacks: [now] = [] } = await client.send(new DescribeStacksCommand({ StackName: StackId }));
  return `${now?.StackStatus ?? ""} ${now?.StackStatusReason ?? ""}`.trim();
}

test("the load balancer's filter is switched on and off where it stands, and the traffic follows", async () => {
  const { LoadBalancerArn } = world.provider;
  const closed = { FilterClients: "on", ConsumerCidr: "10.9.0.0/16" };
  expect((await provider(closed))["LoadBalancerArn"]).toBe(LoadBalancerArn);
  expect(await ask()).toMatch(/timed out: .* filters PrivateLink's traffic/);
  expect((await provider({ FilterClients: "on" }))["LoadBalancerArn"]).toBe(LoadBalancerArn);
  expect(await ask()).toBe(WELCOME);
  await provider(closed);
  expect((await provider({}))["LoadBalancerArn"]).toBe(LoadBalancerArn);
  expect(await ask()).toBe(WELCOME);
  const replaced = (await events(PROVIDER, "provider")).filter((event) => /DELETE_|LoadBalancer CREATE|Listener UPDATE/.test(event));
  expect(replaced).toEqual(["LoadBalancer CREATE_IN_PROGRESS", "LoadBalancer CREATE_COMPLETE"]);
});

test("an update that fails leaves the traffic as it was", async () => {
  // The filter is on before the name is refused: EC2 takes no single label, and the template's own pattern does not ask.
  await expect(provider({ FilterClients: "on", ConsumerCidr: "10.9.0.0/16", PrivateDnsName: "-.example" })).rejects.toThrow(
    /UPDATE_ROLLBACK_COMPLETE/,
  );
  expect(await ask()).toBe(WELCOME);
  expect(await events(PROVIDER, "provider")).toContain("EndpointService UPDATE_FAILED");
});

test("a template's summary names its parameters, of a stack too", async () => {
  const summary = await clientOf(PROVIDER).send(new GetTemplateSummaryCommand({ StackName: "provider" }));
  expect(summary.Parameters?.map(({ ParameterKey }) => ParameterKey)).toContain("FilterClients");
});

test("a stack that could not be taken down is taken down by the next try", async () => {
  expect(await remove(PROVIDER, "provider")).toMatch(/^DELETE_FAILED EndpointService .*existing active VPC Endpoint connections/);
  expect(await remove(CONSUMER, "consumer")).toBe("DELETE_COMPLETE");
  expect(await remove(PROVIDER, "provider")).toBe("DELETE_COMPLETE");
});
