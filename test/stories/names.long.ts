// Names through the packaged functions on local AWS: drift healed, a label and a zone changed, the service's own private DNS name, a consumer's VPC.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startLocalAws, type LocalAws } from "../../local/aws.ts";
import { ensurePackaged } from "../../scripts/package.ts";
import { insisting, operator, until } from "./operator.ts";

type Members = Readonly<Record<string, unknown>>;
interface Record53 {
  readonly Name: string;
  readonly Type: string;
  readonly AliasTarget?: { readonly DNSName: string };
  readonly ResourceRecords?: readonly { readonly Value: string }[];
}

const [provider, acme] = ["111111111111", "222222222222"];
const zoneName = "privatelink.example.com";
const vpc = { VPCRegion: "eu-west-1", VPCId: "vpc-0b0b0b0b0b0b0b0b0" };
let local: LocalAws;
let service: { readonly id: string; readonly name: string };
let endpoint: string;

const aws = (name: string, action: string, input: Members, account = provider): Promise<Members> =>
  local.call(name, action, input, account);
const records = async (zone = local.zoneId): Promise<Record53[]> => {
  const { ResourceRecordSets } = await aws("route53", "ListResourceRecordSets", { HostedZoneId: zone });
  return (ResourceRecordSets as Record53[]).filter(
    ({ Type, Name }) => Type !== "NS" && Type !== "SOA" && !Name.startsWith("_drawbridge-change."),
  );
};
const named = async (zone?: string): Promise<string[]> => (await records(zone)).map(({ Type, Name }) => `${Type} ${Name}`).sort();

const drawbridge = (...words: string[]): Promise<string> => insisting(operator(local, provider))(...words);

const are = (wanted: readonly string[], zone?: string): Promise<string[]> =>
  until(async () => {
    const now = await named(zone);
    return now.join() === [...wanted].sort().join() && now;
  });
const of = (fqdn: string): string[] => [`A ${fqdn}.`, `TXT _drawbridge.${fqdn}.`];
const wake = (queue: string, look: Members): Promise<Members> =>
  aws("sqs", "SendMessage", {
    QueueUrl: local.stack.resources.find(({ logicalId }) => logicalId === queue)?.physicalId,
    MessageBody: JSON.stringify({ look: { service: service.id, ...look } }),
  });

beforeAll(async () => {
  await ensurePackaged();
  local = await startLocalAws({
    port: 0,
    zoneName,
    privateZoneName: "payments.internal",
    parameters: { ApproverEmail: "a@payments.example" },
    delays: { available: 300 },
  });
  const made = await aws("ec2", "CreateVpcEndpointServiceConfiguration", {
    AcceptanceRequired: true,
    NetworkLoadBalancerArns: [`arn:aws:elasticloadbalancing:eu-west-1:${provider}:loadbalancer/net/payments/50dc6c495c0c9188`],
    TagSpecifications: [{ ResourceType: "vpc-endpoint-service", Tags: [{ Key: "drawbridge", Value: "" }] }],
  });
  const { ServiceId, ServiceName } = made["ServiceConfiguration"] as Members;
  service = { id: String(ServiceId), name: String(ServiceName) };
  await drawbridge("services", "add", service.id, "--zone", zoneName, "--yes");
  await drawbridge("allow", acme, "--service", service.id, "--name", "acme");
  const connected = await aws(
    "ec2",
    "CreateVpcEndpoint",
    { VpcEndpointType: "Interface", VpcId: vpc.VPCId, ServiceName: service.name },
    acme,
  );
  endpoint = String((connected["VpcEndpoint"] as Members)["VpcEndpointId"]);
  await are(of(`acme.${zoneName}`));
});

afterAll(() => local.close());

describe("names", () => {
  test("a record that somebody deletes is made again by the hourly look, and the log says so", async () => {
    const record = (await records()).find(({ Type }) => Type === "A");
    await aws("route53", "ChangeResourceRecordSets", {
      HostedZoneId: local.zoneId,
      ChangeBatch: { Changes: [{ Action: "DELETE", ResourceRecordSet: record }] },
    });
    await wake("DnsQueue", { why: "compare" });
    expect(await are(of(`acme.${zoneName}`))).toHaveLength(2);
    await until(async () =>
      /the zone lacks what Drawbridge had made: A acme\.[^]*leads to its endpoint/.test(await drawbridge("show", endpoint)),
    );
  });

  test("another label moves the name: the new one leads to the same endpoint, and the old one is gone", async () => {
    await drawbridge("allow", acme, "--service", service.id, "--name", "acme", "--label", "acme-bank", "--yes");
    // The sweep tells dns; here it need not be waited for.
    await wake("AdmitQueue", { endpoints: [endpoint], why: "sweep" });
    await are(of(`acme-bank.${zoneName}`));
    expect((await records()).find(({ Type }) => Type === "A")?.AliasTarget?.DNSName).toContain(endpoint);
  });
});

describe("the service's private DNS name", () => {
  test("is set, and its proof published in our zone where AWS looks for it", async () => {
    const name = `api.${zoneName}`;
    await drawbridge("services", "private-dns", service.id, "--name", name);
    const proof = await until(async () => (await records()).find(({ Name }) => Name.endsWith(`.${name}.`)));
    const { ServiceConfigurations } = await aws("ec2", "DescribeVpcEndpointServiceConfigurations", { ServiceIds: [service.id] });
    const [shown] = ServiceConfigurations as readonly {
      PrivateDnsName: string;
      PrivateDnsNameConfiguration: { Name: string; Value: string };
    }[];
    expect(shown?.PrivateDnsName).toBe(name);
    expect(proof).toMatchObject({
      Name: `${String(shown?.PrivateDnsNameConfiguration.Name)}.${name}.`,
      Type: "TXT",
      ResourceRecords: [{ Value: `"${String(shown?.PrivateDnsNameConfiguration.Value)}"` }],
    });
    await until(async () =>
      (await drawbridge("services", "private-dns", service.id)).includes("pendingVerification, its proof is published"),
    );

    await aws("ec2", "StartVpcEndpointServicePrivateDnsVerification", { ServiceId: service.id });
    await until(async () => {
      await wake("DnsQueue", { why: "sweep" });
      return (await drawbridge("services", "private-dns", service.id)).startsWith(`${name}, verified`);
    });
    expect(await drawbridge("invite", acme, "--service", service.id, "--name", "acme", "--label", "acme-bank", "--yes")).toContain(
      `this makes ${name} lead to`,
    );
    await drawbridge("services", "private-dns", service.id, "--remove");
    await are(of(`acme-bank.${zoneName}`));
  });
});

describe("a registered VPC", () => {
  test("sees the private zone from its connection on, and no longer than that", async () => {
    await drawbridge("services", "set", service.id, "--zone", "payments.internal", "--yes");
    await are(of("acme-bank.payments.internal"), local.privateZoneId);
    await are([]);
    const vpcOption = `${vpc.VPCRegion}/${vpc.VPCId}`;
    await drawbridge("allow", acme, "--service", service.id, "--name", "acme", "--label", "acme-bank", "--vpc", vpcOption, "--yes");
    await wake("AdmitQueue", { endpoints: [endpoint], why: "sweep" });
    const authorized = async (): Promise<unknown> =>
      (await aws("route53", "ListVPCAssociationAuthorizations", { HostedZoneId: local.privateZoneId }))["VPCs"];
    await until(async () => JSON.stringify(await authorized()).includes(vpc.VPCId));
    const command = `associate-vpc-with-hosted-zone --hosted-zone-id ${local.privateZoneId} --vpc VPCRegion=${vpc.VPCRegion},VPCId=${vpc.VPCId}`;
    await until(async () => (await drawbridge("show", endpoint)).replaceAll(/\s+/g, " ").includes(command));
    await aws("route53", "AssociateVPCWithHostedZone", { HostedZoneId: local.privateZoneId, VPC: vpc }, acme);

    await drawbridge("deny", acme, "--service", service.id, "--yes");
    await until(async () => {
      const { VPCs } = await aws("route53", "GetHostedZone", { Id: local.privateZoneId });
      return !JSON.stringify([await authorized(), VPCs]).includes(vpc.VPCId);
    });
    expect(await are([], local.privateZoneId)).toEqual([]);
  });
});
