// Route 53 on local AWS: batches all or nothing, pages in DNS order, aliases, throttles, zones across accounts.

import {
  AssociateVPCWithHostedZoneCommand,
  ChangeResourceRecordSetsCommand,
  CreateHostedZoneCommand,
  CreateVPCAssociationAuthorizationCommand,
  ListVPCAssociationAuthorizationsCommand,
  DeleteHostedZoneCommand,
  GetChangeCommand,
  GetHostedZoneCommand,
  ListHostedZonesByNameCommand,
  ListResourceRecordSetsCommand,
} from "@aws-sdk/client-route-53";
import type { ChangeAction, ResourceRecordSet, Route53Client } from "@aws-sdk/client-route-53";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createRoute53 } from "../../local/services/route53.ts";
import { ACME, manualClock, refusal, wire } from "./wire.fixture.ts";
import type { ManualClock, Wire } from "./wire.fixture.ts";

let aws: Wire;
let clock: ManualClock;
let route53: Route53Client;
let zone: string;

beforeEach(async () => {
  clock = manualClock();
  aws = await wire(() => [createRoute53({ clock })]);
  route53 = aws.route53();
  const made = await route53.send(new CreateHostedZoneCommand({ Name: "pl.example.com", CallerReference: "first" }));
  zone = made.HostedZone?.Id ?? "";
});
afterEach(async () => await aws.front.close());

const a = (name: string, ...values: string[]): ResourceRecordSet => ({
  Name: `${name}.pl.example.com`,
  Type: "A",
  TTL: 60,
  ResourceRecords: values.map((Value) => ({ Value })),
});
const change = async (...changes: [ChangeAction, ResourceRecordSet][]) =>
  await route53.send(
    new ChangeResourceRecordSetsCommand({
      HostedZoneId: zone,
      ChangeBatch: { Changes: changes.map(([Action, ResourceRecordSet]) => ({ Action, ResourceRecordSet })) },
    }),
  );
const names = async (): Promise<string[]> =>
  ((await route53.send(new ListResourceRecordSetsCommand({ HostedZoneId: zone }))).ResourceRecordSets ?? []).map(
    ({ Name, Type }) => `${Name} ${Type}`,
  );

const ENDPOINT = "vpce-0123456789abcdef0-abcdefgh.vpce-svc-0123456789abcdef0.eu-west-1.vpce.amazonaws.com";
const alias = (HostedZoneId: string): ResourceRecordSet => ({
  Name: "acme.pl.example.com",
  Type: "A",
  AliasTarget: { HostedZoneId, DNSName: ENDPOINT, EvaluateTargetHealth: false },
});

describe("a zone", () => {
  test("begins with its NS and SOA, and ends when only they are left", async () => {
    expect(zone).toMatch(/^\/hostedzone\/Z[A-Z0-9]+$/);
    expect(await names()).toEqual(["pl.example.com. NS", "pl.example.com. SOA"]);
    await change(["CREATE", a("acme", "10.0.0.1")]);
    expect((await route53.send(new GetHostedZoneCommand({ Id: zone }))).HostedZone).toMatchObject({
      Name: "pl.example.com.",
      ResourceRecordSetCount: 3,
      Config: { PrivateZone: false },
    });
    expect((await refusal(route53.send(new DeleteHostedZoneCommand({ Id: zone })))).name).toBe("HostedZoneNotEmpty");
    await change(["DELETE", a("acme", "10.0.0.1")]);
    await route53.send(new DeleteHostedZoneCommand({ Id: zone }));
    expect(await refusal(route53.send(new GetHostedZoneCommand({ Id: zone })))).toMatchObject({
      name: "NoSuchHostedZone",
      $metadata: { httpStatusCode: 404 },
    });
  });

  test("is found by name, by its owner only", async () => {
    await route53.send(new CreateHostedZoneCommand({ Name: "zz.example.com", CallerReference: "second" }));
    const found = await route53.send(new ListHostedZonesByNameCommand({ DNSName: "pl.example.com", MaxItems: 1 }));
    expect(found).toMatchObject({ HostedZones: [{ Id: zone }], IsTruncated: true, NextDNSName: "zz.example.com." });
    expect((await aws.route53(ACME).send(new ListHostedZonesByNameCommand({}))).HostedZones).toEqual([]);
    expect((await refusal(route53.send(new CreateHostedZoneCommand({ Name: "x.example.com", CallerReference: "first" })))).name).toBe(
      "HostedZoneAlreadyExists",
    );
  });
});

describe("a batch", () => {
  test("is all or nothing, with a complaint for each change that cannot be", async () => {
    await change(["CREATE", a("taken", "10.0.0.1")]);
    const error = await refusal(
      change(
        ["CREATE", a("new", "10.0.0.2")],
        ["CREATE", a("taken", "10.0.0.2")],
        ["DELETE", a("missing", "10.0.0.2")],
        ["DELETE", a("taken", "10.0.0.9")],
      ),
    );
    expect(error).toMatchObject({
      name: "InvalidChangeBatch",
      message:
        "[Tried to create resource record set [name='taken.pl.example.com.', type='A'] but it already exists, " +
        "Tried to delete resource record set [name='missing.pl.example.com.', type='A'] but it was not found, " +
        "Tried to delete resource record set [name='taken.pl.example.com.', type='A'] but the values provided do not match the current values]",
    });
    expect(await names()).not.toContain("new.pl.example.com. A");
  });

  test("UPSERT makes and replaces; delete and create of one name go together", async () => {
    await change(["UPSERT", a("acme", "10.0.0.1")]);
    await change(["UPSERT", a("ACME", "10.0.0.2", "10.0.0.3")]);
    await change(["DELETE", a("acme", "10.0.0.3", "10.0.0.2")], ["CREATE", a("acme", "10.0.0.4")]);
    const { ResourceRecordSets } = await route53.send(
      new ListResourceRecordSetsCommand({ HostedZoneId: zone, StartRecordName: "acme.pl.example.com", MaxItems: 1 }),
    );
    expect(ResourceRecordSets).toEqual([{ Name: "acme.pl.example.com.", Type: "A", TTL: 60, ResourceRecords: [{ Value: "10.0.0.4" }] }]);
  });

  test("an alias to an endpoint needs the zone of the endpoint's Region", async () => {
    expect((await refusal(change(["CREATE", alias("ZWRONG")]))).message).toBe(
      `[Tried to create an alias that targets ${ENDPOINT}., type A in zone ZWRONG, but the alias target name does not lie within the target zone]`,
    );
    await change(["CREATE", alias("Z38GZ743OKFT7T")]);
    expect((await refusal(change(["CREATE", alias(ENDPOINT)]))).message).toContain("maxLength '32' for type 'ResourceId'");
    await change(["DELETE", alias("Z38GZ743OKFT7T")]);
  });

  test.each([
    [
      "a name elsewhere",
      { Name: "www.example.org", Type: "A", TTL: 1, ResourceRecords: [{ Value: "10.0.0.1" }] },
      "is not permitted in zone pl.example.com.",
    ],
    ["an address that is none", a("x", "here"), "ARRDATAIllegalIPv4Address"],
    [
      "a text without quotes",
      { Name: "x.pl.example.com", Type: "TXT", TTL: 1, ResourceRecords: [{ Value: "bare" }] },
      "InvalidCharacterString",
    ],
    [
      "a CNAME at the apex",
      { Name: "pl.example.com", Type: "CNAME", TTL: 1, ResourceRecords: [{ Value: "x" }] },
      "is not permitted at apex",
    ],
    ["no TTL", { Name: "x.pl.example.com", Type: "A", ResourceRecords: [{ Value: "10.0.0.1" }] }, "Missing field 'TTL'"],
  ] as [string, ResourceRecordSet, string][])("refuses %s", async (_, set, words) => {
    expect((await refusal(change(["CREATE", set]))).message).toContain(words);
  });

  test("holds a thousand records and 32,000 characters, an UPSERT counts twice", async () => {
    const many = (count: number): [ChangeAction, ResourceRecordSet][] =>
      Array.from({ length: count }, (_, at) => ["UPSERT", a(`n${at}`, "10.0.0.1")]);
    expect((await refusal(change(...many(501)))).message).toContain("Number of records limit of 1000 exceeded");
    await change(...many(500));
    const long = { Name: "t.pl.example.com", Type: "TXT" as const, TTL: 1, ResourceRecords: [{ Value: `"${"x".repeat(16_001)}"` }] };
    expect((await refusal(change(["UPSERT", long]))).message).toContain("Number of characters limit of 32000 exceeded");
  });

  test("is PENDING, then INSYNC", async () => {
    const { ChangeInfo } = await change(["CREATE", a("acme", "10.0.0.1")]);
    const status = async () => (await route53.send(new GetChangeCommand({ Id: ChangeInfo?.Id }))).ChangeInfo?.Status;
    expect(await status()).toBe("PENDING");
    clock.advance(1000);
    expect(await status()).toBe("INSYNC");
  });
});

test("records come in DNS order, page by page", async () => {
  await change(...["b", "a.b", "*", "c", "a"].map((name): [ChangeAction, ResourceRecordSet] => ["CREATE", a(name, "10.0.0.1")]));
  const seen: string[] = [];
  let start: { StartRecordName?: string; StartRecordType?: ResourceRecordSet["Type"] } = {};
  for (;;) {
    const page = await route53.send(new ListResourceRecordSetsCommand({ HostedZoneId: zone, MaxItems: 2, ...start }));
    seen.push(...(page.ResourceRecordSets ?? []).map(({ Name }) => Name ?? ""));
    if (page.IsTruncated !== true) break;
    start = {
      ...(page.NextRecordName === undefined ? {} : { StartRecordName: page.NextRecordName }),
      ...(page.NextRecordType === undefined ? {} : { StartRecordType: page.NextRecordType }),
    };
  }
  expect(seen).toEqual([
    "pl.example.com.",
    "pl.example.com.",
    "\\052.pl.example.com.",
    "a.pl.example.com.",
    "b.pl.example.com.",
    "a.b.pl.example.com.",
    "c.pl.example.com.",
  ]);
});

test("fifty calls in a burst, then ten a second", async () => {
  const look = new GetHostedZoneCommand({ Id: zone });
  await Promise.all(Array.from({ length: 49 }, async () => await route53.send(look)));
  expect(await refusal(route53.send(look))).toMatchObject({
    name: "Throttling",
    message: "Rate exceeded",
    $metadata: { httpStatusCode: 400 },
  });
  clock.advance(100);
  await route53.send(look);
});

test("a zone that is still at work refuses the next change, where that is assumed", async () => {
  const busy = await wire(() => [createRoute53({ clock, assumptions: { zoneBusyMs: 500 } })]);
  const client = busy.route53();
  const { HostedZone } = await client.send(new CreateHostedZoneCommand({ Name: "pl.example.com", CallerReference: "x" }));
  const put = (name: string) =>
    client.send(
      new ChangeResourceRecordSetsCommand({
        HostedZoneId: HostedZone?.Id,
        ChangeBatch: { Changes: [{ Action: "CREATE", ResourceRecordSet: a(name, "10.0.0.1") }] },
      }),
    );
  await put("a");
  expect((await refusal(put("b"))).name).toBe("PriorRequestNotComplete");
  clock.advance(500);
  await put("b");
  await busy.front.close();
});

test("another account's VPC joins a private zone once it is authorised", async () => {
  const VPC = { VPCRegion: "eu-west-1" as const, VPCId: "vpc-12345678" };
  const own = { VPCRegion: "eu-west-1" as const, VPCId: "vpc-87654321" };
  const made = await route53.send(
    new CreateHostedZoneCommand({ Name: "in.example.com", CallerReference: "p", VPC: own, HostedZoneConfig: { PrivateZone: true } }),
  );
  const HostedZoneId = made.HostedZone?.Id;
  const associate = new AssociateVPCWithHostedZoneCommand({ HostedZoneId, VPC });
  expect(await refusal(aws.route53(ACME).send(associate))).toMatchObject({
    name: "NotAuthorizedException",
    $metadata: { httpStatusCode: 401 },
  });
  await route53.send(new CreateVPCAssociationAuthorizationCommand({ HostedZoneId, VPC }));
  expect((await aws.route53(ACME).send(associate)).ChangeInfo?.Status).toBe("PENDING");
  expect((await refusal(route53.send(new AssociateVPCWithHostedZoneCommand({ HostedZoneId: zone, VPC })))).name).toBe(
    "PublicZoneVPCAssociation",
  );
});

test("authorized VPCs are listed page by page, for the zone's owner alone", async () => {
  const own = { VPCRegion: "eu-west-1" as const, VPCId: "vpc-87654321" };
  const made = await route53.send(new CreateHostedZoneCommand({ Name: "many.example.com", CallerReference: "many", VPC: own }));
  const HostedZoneId = made.HostedZone?.Id;
  const vpcs = ["vpc-00000001", "vpc-00000002", "vpc-00000003"].map((VPCId) => ({ VPCRegion: "us-east-1" as const, VPCId }));
  for (const VPC of vpcs) await route53.send(new CreateVPCAssociationAuthorizationCommand({ HostedZoneId, VPC }));
  const list = (more: { NextToken?: string; MaxResults?: number } = {}) =>
    new ListVPCAssociationAuthorizationsCommand({ HostedZoneId, ...more });
  expect(await route53.send(list())).toMatchObject({ VPCs: vpcs });
  const { VPCs, NextToken } = await route53.send(list({ MaxResults: 2 }));
  expect(VPCs).toEqual(vpcs.slice(0, 2));
  if (NextToken === undefined) throw new Error("there is more");
  const last = await route53.send(list({ MaxResults: 2, NextToken }));
  expect(last.VPCs).toEqual(vpcs.slice(2));
  expect(last.NextToken).toBeUndefined();
  expect((await refusal(route53.send(list({ NextToken: "none of ours" })))).name).toBe("InvalidPaginationToken");
  expect((await refusal(aws.route53(ACME).send(list()))).name).toMatch(/AccessDenied/);
});
