// The walkthrough's two stacks: AWS would take them, they have nothing public, and they say no to what cannot work.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

import { asTemplate, parameterValues } from "../../local/template/template.ts";
import { templateFrom } from "../../local/template/template-text.ts";
import { checkTemplate } from "../../scripts/check-template.ts";
import type { Template } from "../../scripts/template.ts";

const text = (name: string): string => readFileSync(new URL(`../../infra/${name}.yml`, import.meta.url), "utf8");
const read = (name: string): Template => templateFrom(text(name)) as unknown as Template;

const provider = { ConsumerAccount: "222222222222", ZoneIdA: "euw1-az1", ZoneIdB: "euw1-az2" };
const consumer = { ServiceName: "com.amazonaws.vpce.eu-west-1.vpce-svc-0123456789abcdef0", ZoneIdA: "euw1-az1", ZoneIdB: "euw1-az2" };

describe.each([
  { name: "provider", given: provider },
  { name: "consumer", given: consumer },
])("the stack of the $name", ({ name, given }) => {
  // Names, types and listed values; a pattern or a range that AWS holds a property to is not among what it publishes to us.
  test("is valid by AWS's own schemas, as far as they are published", async () => {
    expect(await checkTemplate(read(name))).toEqual([]);
  });

  test("says what becomes of its log group, which AWS would else decide", () => {
    const groups = Object.values(read(name).Resources).filter(({ Type }) => Type === "AWS::Logs::LogGroup");
    expect(groups).toMatchObject([{ DeletionPolicy: "Delete", UpdateReplacePolicy: "Delete" }]);
  });

  test("goes into one request, without a bucket", () => {
    expect(Buffer.byteLength(text(name))).toBeLessThan(51_200);
  });

  test("has no public address and no way out", () => {
    const { Resources } = read(name);
    const types = Object.values(Resources).map(({ Type }) => Type);
    expect(types.filter((type) => /InternetGateway|NatGateway|::EIP|::Route$|Peering|TransitGateway/.test(type))).toEqual([]);
    const nics = Object.values(Resources).flatMap(({ Properties = {} }) => (Properties["NetworkInterfaces"] ?? []) as object[]);
    expect(nics.length).toBeGreaterThan(0);
    for (const nic of nics) expect(nic).toMatchObject({ AssociatePublicIpAddress: false });
    expect(JSON.stringify(Resources)).not.toContain("0.0.0.0/0");
  });

  test("puts its subnets into zones by their ids", () => {
    const subnets = Object.values(read(name).Resources).filter(({ Type }) => Type === "AWS::EC2::Subnet");
    expect(subnets).toHaveLength(2);
    for (const { Properties = {} } of subnets) {
      expect(Properties["AvailabilityZoneId"]).toBeDefined();
      expect(Properties["AvailabilityZone"]).toBeUndefined();
    }
  });

  test("works with what the walkthrough gives, and its defaults pass their own checks", () => {
    expect(() => parameterValues(asTemplate(templateFrom(text(name))), given)).not.toThrow();
  });

  test.each([
    ["a zone's name in place of its id", { ZoneIdA: "eu-west-1a" }, /availability zone's id/],
    ["a public range", { VpcCidr: "8.8.0.0/16" }, /private IPv4 range/],
    ["a public range beside 192.168", { VpcCidr: "192.5.0.0/16" }, /private IPv4 range/],
    ["a public range beside 172.16/12", { VpcCidr: "172.32.0.0/16" }, /private IPv4 range/],
    ["what is no address", { VpcCidr: "10.0.256.0/16" }, /private IPv4 range/],
    ["a range that is too large", { VpcCidr: "10.0.0.0/15" }, /private IPv4 range/],
    ["a range that is too small", { VpcCidr: "10.0.0.0/28" }, /private IPv4 range/],
    ["one zone for both subnets", { ZoneIdB: "euw1-az1" }, /ZoneIdA and ZoneIdB are the same zone/],
  ])("refuses %s", (_what, wrong, message) => {
    expect(() => parameterValues(asTemplate(templateFrom(text(name))), { ...given, ...wrong })).toThrow(message);
  });

  test.each(["10.255.0.0/16", "172.16.0.0/20", "172.31.255.0/24", "192.168.0.0/16"])("takes the private range %s", (VpcCidr) => {
    expect(() => parameterValues(asTemplate(templateFrom(text(name))), { ...given, VpcCidr })).not.toThrow();
  });
});

test("a consumer's account and a service's name are checked", () => {
  const of = (name: string, given: Record<string, string>) => () => parameterValues(asTemplate(templateFrom(text(name))), given);
  expect(of("provider", { ...provider, ConsumerAccount: "12345" })).toThrow(/twelve digits/);
  for (const ConsumerCidr of ["999.1.1.1/8", "10.1.0.0/33", "10.1.0.0/99", "10.1.0/16", "10.1.0.0"])
    expect(of("provider", { ...provider, ConsumerCidr })).toThrow(/IPv4 range/);
  for (const ConsumerCidr of ["10.1.0.0/16", "203.0.113.7/32", "0.0.0.0/0"])
    expect(of("provider", { ...provider, ConsumerCidr })).not.toThrow();
  expect(of("provider", { ...provider, PrivateDnsName: "Payments.Example" })).toThrow(/lower-case/);
  expect(of("consumer", { ...consumer, ServiceName: "com.amazonaws.eu-west-1.s3" })).toThrow(/vpce-svc/);
});

test("the endpoint service asks for acceptance, and Drawbridge may act on it", () => {
  const { Resources } = read("provider");
  expect(Resources["EndpointService"]?.Properties).toMatchObject({ AcceptanceRequired: true });
  expect(Resources["EndpointService"]?.Properties?.["Tags"]).toContainEqual({ Key: "drawbridge", Value: "" });
  expect(Resources["LoadBalancer"]?.Properties).toMatchObject({ Type: "network", Scheme: "internal" });
});

test("only the load balancer's group reaches the web server", () => {
  const { Resources } = read("provider");
  expect(Resources["WebGroup"]?.Properties?.["SecurityGroupIngress"]).toEqual([
    expect.objectContaining({ FromPort: 80, ToPort: 80, SourceSecurityGroupId: { "Fn::GetAtt": ["LoadBalancerGroup", "GroupId"] } }),
  ]);
});
