// The walkthrough's two stacks, brought up over the wire in two accounts.
import { readFileSync } from "node:fs";
import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { afterEach, beforeEach } from "vitest";

import { get } from "../../cli/verify/reach.ts";
import { socksConnect, SocksRefusal } from "../../cli/verify/socks.ts";
import { startLocalAws } from "../../local/aws.ts";
import type { LocalAws, LocalAwsOptions } from "../../local/aws-options.ts";
import type { Members } from "../../local/members.ts";
import { changeSet, execute } from "../../scripts/deploy/stack.ts";

export const PROVIDER = "111111111111";
export const CONSUMER = "222222222222";
export const WELCOME = "Welcome to PrivateLink Demo from VPC-A\n";

export interface TwoVpcs {
  readonly local: LocalAws;
  readonly provider: Readonly<Record<string, string>>;
  readonly consumer: Readonly<Record<string, string>>;
  deploy(account: string, file: "provider" | "consumer", parameters: Readonly<Record<string, string>>, kind?: "UPDATE"): Promise<Outputs>;
  ec2(account: string, action: string, input: Members): Promise<Members>;
  /** The provider accepts, and AWS has carried it out. */
  accept(): Promise<void>;
  /** The page that a client in the VPC gets, or what it would have seen and why. */
  ask(host?: string, vpc?: string, port?: number, as?: string): Promise<string>;
}
type Outputs = Readonly<Record<string, string>>;

const ZONES = { ZoneIdA: "euw1-az1", ZoneIdB: "euw1-az2" };

export async function twoVpcs(
  options: LocalAwsOptions = {},
  parameters: { provider?: Outputs; consumer?: Outputs } = {},
): Promise<TwoVpcs> {
  const local = await startLocalAws({
    bare: true,
    account: PROVIDER,
    delays: { available: 10, deleted: 10 },
    assumptions: { vpcsNeedNotExist: false, servicesOpenUntilPermissionsSet: false },
    ...options,
  });
  const deploy: TwoVpcs["deploy"] = async (account, file, given, kind) => {
    const credentials = { accessKeyId: account, secretAccessKey: "any" };
    const client = new CloudFormationClient({ endpoint: local.aws, region: local.region, credentials });
    const TemplateBody = readFileSync(new URL(`../../infra/${file}.yml`, import.meta.url), "utf8");
    const asked = { ChangeSetType: kind ?? ("CREATE" as const), TemplateBody, parameters: { ...ZONES, ...given } };
    const { outputs } = await execute(client, await changeSet(client, file, asked), () => undefined);
    return outputs;
  };
  const ec2: TwoVpcs["ec2"] = (account, action, input) => local.call("ec2", action, input, account);
  try {
    const provider = await deploy(PROVIDER, "provider", { ConsumerAccount: CONSUMER, ...parameters.provider });
    const consumer = await deploy(CONSUMER, "consumer", { ServiceName: provider["ServiceName"] ?? "", ...parameters.consumer });
    const accept = async (): Promise<void> => {
      const VpcEndpointIds = [consumer["EndpointId"] ?? ""];
      await ec2(PROVIDER, "AcceptVpcEndpointConnections", { ServiceId: provider["ServiceId"], VpcEndpointIds });
      while (!JSON.stringify(await ec2(CONSUMER, "DescribeVpcEndpoints", { VpcEndpointIds })).includes('"State":"available"'))
        await new Promise((resolve) => setTimeout(resolve, 5));
    };
    const ask: TwoVpcs["ask"] = async (host = "payments.internal", vpc = "vpc-b", port = 80, as?: string) => {
      const entry = await local.dataPath.enter(vpc, as);
      try {
        const socket = await socksConnect({ host: "127.0.0.1", port: entry.port }, host, port);
        return (await get(socket, host, "/")).body;
      } catch (error) {
        if (!(error instanceof SocksRefusal)) throw error;
        return entry.notes.join("\n");
      }
    };
    return { local, provider, consumer, deploy, ec2, accept, ask };
  } catch (error) {
    await local.close();
    throw error;
  }
}

/** Brings the two VPCs up and connects them before each test of the file, and takes them down after it. */
export function connectedVpcs(): { readonly world: TwoVpcs } {
  let world: TwoVpcs;
  beforeEach(async () => {
    world = await twoVpcs();
    await world.accept();
  });
  afterEach(async () => {
    await world.local.close();
  });
  return {
    get world() {
      return world;
    },
  };
}
