// The door of local AWS: who is let in, and how each protocol says no.

import { AssociateIamInstanceProfileCommand, DescribeRegionsCommand } from "@aws-sdk/client-ec2";
import { ListBackupsCommand } from "@aws-sdk/client-dynamodb";
import { GetHostedZoneCommand, ListHealthChecksCommand } from "@aws-sdk/client-route-53";
import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { wallClock } from "../../local/clock.ts";
import { createDynamoDb } from "../../local/services/dynamodb.ts";
import { createEc2 } from "../../local/services/ec2.ts";
import { createRoute53 } from "../../local/services/route53.ts";
import { createSecretsManager } from "../../local/services/secretsmanager.ts";
import { createSsm } from "../../local/services/ssm.ts";
import { createSts } from "../../local/services/sts.ts";
import { post, refusal, REGION, wire } from "./wire.fixture.ts";
import type { Wire } from "./wire.fixture.ts";

let aws: Wire;
beforeAll(async () => {
  const clock = wallClock();
  aws = await wire(async (identities) => [
    createEc2({ region: REGION, clock, delays: { available: 10, deleted: 10 }, notify: () => undefined }),
    createRoute53({ clock }),
    await createDynamoDb({ region: REGION, clock }),
    createSecretsManager({ region: REGION, clock }),
    createSsm({ region: REGION, clock }),
    createSts({ identities, clock }),
  ]);
});
afterAll(async () => await aws.front.close());

describe("keys", () => {
  test("an unknown key is refused in each service's own words", async () => {
    expect(await refusal(aws.ec2("AKIANOBODY").send(new DescribeRegionsCommand({})))).toMatchObject({ name: "AuthFailure" });
    expect(await refusal(aws.secrets("AKIANOBODY").send(new GetSecretValueCommand({ SecretId: "s" })))).toMatchObject({
      name: "UnrecognizedClientException",
    });
    expect(await refusal(aws.route53("AKIANOBODY").send(new GetHostedZoneCommand({ Id: "Z1" })))).toMatchObject({
      name: "InvalidClientTokenId",
    });
  });

  test("a request that nobody signed is refused", async () => {
    const xml = await post(aws.front.url, "Action=DescribeRegions&Version=2016-11-15");
    expect(xml.status).toBe(403);
    expect(await xml.text()).toContain("<Errors><Error><Code>MissingAuthenticationToken</Code>");
    const json = await post(aws.front.url, "{}", { "x-amz-target": "DynamoDB_20120810.ListTables" });
    expect(json.status).toBe(400);
    expect(await json.json()).toMatchObject({ __type: "com.amazon.coral.service#MissingAuthenticationTokenException" });
  });

  test("a header that is cut short is refused", async () => {
    const reply = await post(aws.front.url, "{}", {
      authorization: "AWS4-HMAC-SHA256 Credential=111111111111/20260101/eu-west-1/ssm/aws4_request",
      "x-amz-target": "AmazonSSM.GetParameter",
    });
    expect(await reply.json()).toMatchObject({ __type: expect.stringContaining("IncompleteSignatureException") });
  });

  test("a role's keys say who they are, a role nobody registered is an operator", async () => {
    const assumed = await post(
      aws.front.url,
      "Action=AssumeRole&Version=2011-06-15&RoleArn=arn:aws:iam::333333333333:role/operator&RoleSessionName=me",
      {},
      { service: "sts" },
    );
    const key = /<AccessKeyId>(\w+)</.exec(await assumed.text())?.[1] ?? "";
    const who = await post(aws.front.url, "Action=GetCallerIdentity&Version=2011-06-15", {}, { service: "sts", key });
    expect(await who.text()).toContain("<Arn>arn:aws:sts::333333333333:assumed-role/operator/me</Arn>");
  });
});

describe("what local AWS does not have", () => {
  test("an action is refused as AWS refuses one that does not exist", async () => {
    const ec2 = new AssociateIamInstanceProfileCommand({ InstanceId: "i-1", IamInstanceProfile: {} });
    expect(await refusal(aws.ec2().send(ec2))).toMatchObject({
      name: "InvalidAction",
      message: "The action AssociateIamInstanceProfile is not valid for this web service.",
    });
    expect(await refusal(aws.dynamodb().send(new ListBackupsCommand({})))).toMatchObject({
      name: "UnknownOperationException",
      $metadata: { httpStatusCode: 400 },
    });
    expect(await refusal(aws.route53().send(new ListHealthChecksCommand({})))).toMatchObject({
      name: "UnknownOperationException",
      $metadata: { httpStatusCode: 404 },
    });
    const sts = await post(aws.front.url, "Action=GetFederationToken&Version=2011-06-15", {}, { service: "sts" });
    expect(sts.status).toBe(400);
    expect(await sts.text()).toContain("Could not find operation GetFederationToken for version 2011-06-15");
  });

  test("a service is refused by name", async () => {
    const reply = await post(aws.front.url, "{}", { "content-type": "application/x-amz-json-1.1" }, { service: "kms" });
    expect(reply.status).toBe(404);
    expect(await reply.text()).toContain('Local AWS has no service \\"kms\\"');
  });
});

describe("malformed requests", () => {
  test("JSON that is none, or of another shape", async () => {
    const target = { "x-amz-target": "AmazonSSM.GetParameter" };
    for (const body of ["{", "[]", '{"Name":{}}', ""]) {
      const reply = await post(aws.front.url, body, target, { service: "ssm" });
      expect(reply.status).toBe(400);
      expect(await reply.json()).toMatchObject({ __type: "com.amazon.coral.service#SerializationException" });
    }
  });

  test("XML that is none", async () => {
    const reply = await post(`${aws.front.url}/2013-04-01/hostedzone`, "<CreateHostedZoneRequest><Name>", {}, { service: "route53" });
    expect(reply.status).toBe(400);
    expect(await reply.text()).toContain("<Code>InvalidInput</Code><Message>Invalid XML ;");
  });

  test("a number that is none, a parameter that is missing, no action at all", async () => {
    const ask = async (body: string): Promise<string> => await (await post(aws.front.url, body, {}, { service: "ec2" })).text();
    expect(await ask("Action=DescribeVpcEndpoints&Version=2016-11-15&MaxResults=many")).toContain("<Code>InvalidParameterValue</Code>");
    expect(await ask("Action=AcceptVpcEndpointConnections&Version=2016-11-15")).toContain(
      "The request must contain the parameter ServiceId",
    );
    expect(await ask("Version=2016-11-15")).toContain("<Code>MissingAction</Code>");
  });

  test("a body beyond the bound", async () => {
    const reply = await post(
      aws.front.url,
      "x".repeat(16 * 1024 * 1024 + 1),
      { "x-amz-target": "AmazonSSM.GetParameter" },
      { service: "ssm" },
    );
    expect(reply.status).toBe(413);
  });
});
