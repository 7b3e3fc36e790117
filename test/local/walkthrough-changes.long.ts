// The walkthrough's stacks deployed a second time and taken down: what stays where it is, and what a failure leaves.
import { readFileSync } from "node:fs";
import {
  CloudFormationClient,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  GetTemplateSummaryCommand,
  ListStacksCommand,
  ValidateTemplateCommand,
} from "@aws-sdk/client-cloudformation";
import { expect, test } from "vitest";

import { connectedVpcs, CONSUMER, PROVIDER, WELCOME } from "./two-vpcs.fixture.ts";

const at = connectedVpcs();

const clientOf = (account: string): CloudFormationClient =>
  new CloudFormationClient({
    endpoint: at.world.local.aws,
    region: at.world.local.region,
    credentials: { accessKeyId: account, secretAccessKey: "any" },
  });

const provider = (parameters: Readonly<Record<string, string>>) =>
  at.world.deploy(PROVIDER, "provider", { ConsumerAccount: CONSUMER, ...parameters }, "UPDATE");

async function events(account: string, stack: string): Promise<readonly string[]> {
  const { StackEvents = [] } = await clientOf(account).send(new DescribeStackEventsCommand({ StackName: stack }));
  return StackEvents.map(({ LogicalResourceId, ResourceStatus }) => `${LogicalResourceId ?? ""} ${ResourceStatus ?? ""}`).toReversed();
}

async function remove(account: string, stack: string): Promise<string> {
  const client = clientOf(account);
  const { Stacks: [{ StackId = "" } = {}] = [] } = await client.send(new DescribeStacksCommand({ StackName: stack }));
  await client.send(new DeleteStackCommand({ StackName: stack }));
  await at.world.local.idle();
  const { Stacks: [now] = [] } = await client.send(new DescribeStacksCommand({ StackName: StackId }));
  return `${now?.StackStatus ?? ""} ${now?.StackStatusReason ?? ""}`.trim();
}

test("the load balancer's filter is switched on and off where it stands, and the traffic follows", async () => {
  const { LoadBalancerArn } = at.world.provider;
  const closed = { FilterClients: "on", ConsumerCidr: "10.9.0.0/16" };
  expect((await provider(closed))["LoadBalancerArn"]).toBe(LoadBalancerArn);
  expect(await at.world.ask()).toMatch(/timed out: .* filters PrivateLink's traffic/);
  expect((await provider({ FilterClients: "on" }))["LoadBalancerArn"]).toBe(LoadBalancerArn);
  expect(await at.world.ask()).toBe(WELCOME);
  await provider(closed);
  expect((await provider({}))["LoadBalancerArn"]).toBe(LoadBalancerArn);
  expect(await at.world.ask()).toBe(WELCOME);
  const replaced = (await events(PROVIDER, "provider")).filter((event) => /DELETE_|LoadBalancer CREATE|Listener UPDATE/.test(event));
  expect(replaced).toEqual(["LoadBalancer CREATE_IN_PROGRESS", "LoadBalancer CREATE_COMPLETE"]);
});

test("an update that fails leaves the traffic as it was", async () => {
  // The filter is on before the name is refused: EC2 takes no single label, and the template's own pattern does not ask.
  await expect(provider({ FilterClients: "on", ConsumerCidr: "10.9.0.0/16", PrivateDnsName: "-.example" })).rejects.toThrow(
    /UPDATE_ROLLBACK_COMPLETE/,
  );
  expect(await at.world.ask()).toBe(WELCOME);
  expect(await events(PROVIDER, "provider")).toContain("EndpointService UPDATE_FAILED");
});

test("a template says what it needs before anything is made of it, a stack's own too", async () => {
  const client = clientOf(PROVIDER);
  const TemplateBody = readFileSync(new URL("../../infra/provider.yml", import.meta.url), "utf8");
  const summary = await client.send(new GetTemplateSummaryCommand({ StackName: "provider" }));
  expect(summary).toMatchObject({
    Description: "PrivateLink walkthrough, provider (VPC-A)",
    Capabilities: ["CAPABILITY_IAM"],
    CapabilitiesReason: "The following resource(s) require capabilities: [AWS::IAM::Role]",
    Version: "2010-09-09",
  });
  expect(summary.ResourceTypes).toContain("AWS::EC2::VPCEndpointService");
  expect(summary.Parameters).toContainEqual(
    expect.objectContaining({
      ParameterKey: "FilterClients",
      ParameterType: "String",
      DefaultValue: "off",
      ParameterConstraints: { AllowedValues: ["off", "on"] },
    }),
  );
  const { $metadata: _, ...ofStack } = summary;
  expect(await client.send(new GetTemplateSummaryCommand({ TemplateBody }))).toMatchObject(ofStack);
  const valid = await client.send(new ValidateTemplateCommand({ TemplateBody }));
  expect(valid.Parameters?.map(({ ParameterKey }) => ParameterKey)).toEqual(summary.Parameters?.map(({ ParameterKey }) => ParameterKey));
  await expect(client.send(new ValidateTemplateCommand({ TemplateBody: "Resources: [" }))).rejects.toThrow(/Template format error/);
  const { StackSummaries } = await client.send(new ListStacksCommand({ StackStatusFilter: ["CREATE_COMPLETE"] }));
  expect(StackSummaries).toMatchObject([{ StackName: "provider", TemplateDescription: "PrivateLink walkthrough, provider (VPC-A)" }]);
});

test("a stack that could not be taken down is taken down by the next try", async () => {
  expect(await remove(PROVIDER, "provider")).toMatch(/^DELETE_FAILED EndpointService .*existing active VPC Endpoint connections/);
  expect(await remove(CONSUMER, "consumer")).toBe("DELETE_COMPLETE");
  expect(await remove(PROVIDER, "provider")).toBe("DELETE_COMPLETE");
});
