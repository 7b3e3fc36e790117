// The people and accounts of a story, each acting only through what they would have: AWS's API, the command, a mailbox, a browser.

import {
  AcceptVpcEndpointConnectionsCommand,
  CreateVpcEndpointCommand,
  CreateVpcEndpointServiceConfigurationCommand,
  DeleteVpcEndpointsCommand,
  DescribeVpcEndpointConnectionsCommand,
  EC2Client,
  ModifyVpcEndpointServicePermissionsCommand,
} from "@aws-sdk/client-ec2";
import { ListResourceRecordSetsCommand, Route53Client, type ResourceRecordSet } from "@aws-sdk/client-route-53";
import { DisableRuleCommand, EnableRuleCommand, EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { spawned, type Said } from "./spawned.ts";

/** Where the world of the story is. */
export interface World {
  readonly aws: string;
  readonly api: string;
  readonly inbox: string;
  readonly region: string;
}

const clientOf = (
  world: World,
  account: string,
): {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
} => ({
  endpoint: world.aws,
  region: world.region,
  credentials: { accessKeyId: account, secretAccessKey: "local" },
});

/** The team that offers the service. */
export function provider(world: World, account: string) {
  const ec2 = new EC2Client(clientOf(world, account));
  const route53 = new Route53Client(clientOf(world, account));
  const events = new EventBridgeClient(clientOf(world, account));
  const secrets = new SecretsManagerClient(clientOf(world, account));
  return {
    async createService(loadBalancer: string): Promise<{ id: string; name: string }> {
      const created = await ec2.send(
        new CreateVpcEndpointServiceConfigurationCommand({
          AcceptanceRequired: true,
          NetworkLoadBalancerArns: [loadBalancer],
          TagSpecifications: [
            {
              ResourceType: "vpc-endpoint-service",
              Tags: [{ Key: "drawbridge", Value: "payments" }],
            },
          ],
        }),
      );
      const { ServiceId: id = "", ServiceName: name = "" } = created.ServiceConfiguration ?? {};
      await ec2.send(
        new ModifyVpcEndpointServicePermissionsCommand({
          ServiceId: id,
          AddAllowedPrincipals: ["*"],
        }),
      );
      return { id, name };
    },
    /** What AWS itself says of the connection. */
    async stateOf(service: string, endpoint: string): Promise<string | undefined> {
      const listed = await ec2.send(
        new DescribeVpcEndpointConnectionsCommand({
          Filters: [{ Name: "service-id", Values: [service] }],
        }),
      );
      return listed.VpcEndpointConnections?.find(({ VpcEndpointId }) => VpcEndpointId === endpoint)?.VpcEndpointState;
    },
    /** As somebody does in the console, past Drawbridge. */
    accept: async (service: string, endpoint: string): Promise<void> =>
      void (await ec2.send(new AcceptVpcEndpointConnectionsCommand({ ServiceId: service, VpcEndpointIds: [endpoint] }))),
    switchRule: async (name: string, on: boolean): Promise<void> =>
      void (await events.send(on ? new EnableRuleCommand({ Name: name }) : new DisableRuleCommand({ Name: name }))),
    keepSecret: async (arn: string, text: string): Promise<void> =>
      void (await secrets.send(new PutSecretValueCommand({ SecretId: arn, SecretString: text }))),
    async recordsAt(zone: string, name: string): Promise<ResourceRecordSet[]> {
      const listed = await route53.send(new ListResourceRecordSetsCommand({ HostedZoneId: zone }));
      return (listed.ResourceRecordSets ?? []).filter(({ Name }) => Name === `${name}.` || Name === `_drawbridge.${name}.`);
    },
  };
}

/** An account that wants to connect. */
export function consumer(world: World, account: string) {
  const ec2 = new EC2Client(clientOf(world, account));
  return {
    async connect(serviceName: string): Promise<string> {
      const created = await ec2.send(
        new CreateVpcEndpointCommand({
          VpcEndpointType: "Interface",
          VpcId: "vpc-0b0b0b0b0b0b0b0b0",
          ServiceName: serviceName,
        }),
      );
      const id = created.VpcEndpoint?.VpcEndpointId;
      if (id === undefined) throw new Error("CreateVpcEndpoint answered without an id");
      return id;
    },
    disconnect: async (endpoint: string): Promise<void> =>
      void (await ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [endpoint] }))),
  };
}

/** Runs the real command as an operator of the account would. */
export function operator(world: World, account: string) {
  return (...words: string[]): Promise<Said> =>
    spawned([process.execPath, "cli/drawbridge.ts", ...words], {
      AWS_ACCESS_KEY_ID: account,
      AWS_SECRET_ACCESS_KEY: "local",
      AWS_REGION: world.region,
      DRAWBRIDGE_API: world.api,
      AWS_ENDPOINT_URL: world.aws,
    });
}

export interface Mail {
  readonly channel: "email" | "slack";
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly at: string;
}

/** Somebody with a mailbox and a browser without scripts. */
export function approver(world: World) {
  return {
    async mailAbout(text: string): Promise<Mail | undefined> {
      const mails = (await (await fetch(`${world.inbox}.json`)).json()) as Mail[];
      return mails.find((mail) => mail.channel === "email" && mail.text.includes(text) && linkIn(mail) !== undefined);
    },
    /** The message in Slack as it is now. */
    async inSlack(text: string): Promise<Mail | undefined> {
      const mails = (await (await fetch(`${world.inbox}.json`)).json()) as Mail[];
      return mails.find((mail) => mail.channel === "slack" && mail.text.includes(text));
    },
    linkIn,
    async open(link: string): Promise<string> {
      const page = await fetch(link);
      if (!page.ok) throw new Error(`the page answered ${String(page.status)}`);
      return page.text();
    },
    /** Fills the page's form as a person would and sends it. */
    async answer(link: string, html: string, choice: "approve" | "reject", typed: string, reason: string): Promise<string> {
      const fields = new URLSearchParams(
        [...html.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([input]): [string, string] => [
          attribute(input, "name"),
          attribute(input, "value"),
        ]),
      );
      fields.set("choice", choice);
      fields.set("confirm", typed);
      fields.set("reason", reason);
      const reply = await fetch(link, {
        method: "POST",
        body: fields,
        headers: { origin: new URL(link).origin },
      });
      const text = await reply.text();
      if (!reply.ok)
        throw new Error(
          `the answer was refused with ${String(reply.status)}: ${text
            .replaceAll(/<[^>]+>/g, " ")
            .replaceAll(/\s+/g, " ")
            .slice(0, 300)}`,
        );
      return text;
    },
  };
}

const linkIn = (mail: Mail): string | undefined => /https?:\/\/\S+\/a\/\S+/.exec(mail.text)?.[0];
const attribute = (tag: string, name: string): string => (new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1] ?? "").replaceAll("&amp;", "&");
