// IAM on local AWS: a role may do what its policies say, and is told why not in AWS's words.

import {
  AcceptVpcEndpointConnectionsCommand,
  CreateVpcEndpointServiceConfigurationCommand,
  DescribeVpcEndpointConnectionsCommand,
} from "@aws-sdk/client-ec2";
import { PutItemCommand, QueryCommand, TransactWriteItemsCommand } from "@aws-sdk/client-dynamodb";
import { ChangeResourceRecordSetsCommand } from "@aws-sdk/client-route-53";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { authorize, serviceMay } from "../../local/authorize.ts";
import { wallClock } from "../../local/clock.ts";
import type { Caller, Role } from "../../local/service.ts";
import { createDynamoDb } from "../../local/services/dynamodb.ts";
import { createEc2 } from "../../local/services/ec2.ts";
import { createRoute53 } from "../../local/services/route53.ts";
import { ACME, PROVIDER, refusal, REGION, wire } from "./wire.fixture.ts";
import type { Wire } from "./wire.fixture.ts";

let aws: Wire;
beforeAll(async () => {
  const clock = wallClock();
  aws = await wire(async () => [
    createEc2({ region: REGION, clock, delays: { available: 10, deleted: 10 }, notify: () => undefined }),
    createRoute53({ clock }),
    await createDynamoDb({ region: REGION, clock }),
  ]);
});
afterAll(async () => await aws.front.close());

function role(...statements: readonly object[]): Role {
  const document = { Version: "2012-10-17", Statement: statements };
  return { name: "admit", arn: `arn:aws:iam::${PROVIDER}:role/admit`, policies: [{ name: "inline", document }] };
}
function keyOf(one: Role): string {
  return aws.identities.issue(one, "run").accessKeyId;
}
const allow = (Action: string, Resource: string, Condition?: object): object => ({
  Effect: "Allow",
  Action,
  Resource,
  ...(Condition === undefined ? {} : { Condition }),
});

describe("a function's role", () => {
  test("EC2 says UnauthorizedOperation and names who, what, on which and why", async () => {
    const error = await refusal(aws.ec2(keyOf(role(allow("sqs:*", "*")))).send(new DescribeVpcEndpointConnectionsCommand({})));
    expect(error.name).toBe("UnauthorizedOperation");
    expect(error.message).toContain(
      `You are not authorized to perform this operation. User: arn:aws:sts::${PROVIDER}:assumed-role/admit/run is not authorized to perform: ec2:DescribeVpcEndpointConnections`,
    );
    expect(error.message).toContain("because no identity-based policy allows the ec2:DescribeVpcEndpointConnections action");
  });

  test("accepts only at a service that carries the tag", async () => {
    const arns = [`arn:aws:elasticloadbalancing:${REGION}:${PROVIDER}:loadbalancer/net/pay/0123456789abcdef`];
    const plain = await aws.ec2().send(new CreateVpcEndpointServiceConfigurationCommand({ NetworkLoadBalancerArns: arns }));
    const TagSpecifications = [{ ResourceType: "vpc-endpoint-service" as const, Tags: [{ Key: "drawbridge", Value: "" }] }];
    const tagged = await aws
      .ec2()
      .send(new CreateVpcEndpointServiceConfigurationCommand({ NetworkLoadBalancerArns: arns, TagSpecifications }));
    const tagOnly = allow("ec2:AcceptVpcEndpointConnections", `arn:aws:ec2:${REGION}:${PROVIDER}:vpc-endpoint-service/*`, {
      Null: { "aws:ResourceTag/drawbridge": "false" },
    });
    const ec2 = aws.ec2(keyOf(role(tagOnly)));
    const accept = (ServiceId?: string) =>
      ec2.send(new AcceptVpcEndpointConnectionsCommand({ ServiceId, VpcEndpointIds: ["vpce-00000000000000000"] }));
    expect((await refusal(accept(plain.ServiceConfiguration?.ServiceId))).name).toBe("UnauthorizedOperation");
    expect((await accept(tagged.ServiceConfiguration?.ServiceId)).Unsuccessful?.[0]?.Error?.Code).toBe("InvalidVpcEndpointId.NotFound");
  });

  test("a transaction needs the right of each of its operations, an index query the index's", async () => {
    const table = `arn:aws:dynamodb:${REGION}:${PROVIDER}:table/AuditLog`;
    const dynamodb = aws.dynamodb(keyOf(role(allow("dynamodb:PutItem", table), allow("dynamodb:Query", table))));
    const Key = { subject: { S: "a" } };
    const put = { Put: { TableName: "AuditLog", Item: Key } };
    const transact = (second: object) => dynamodb.send(new TransactWriteItemsCommand({ TransactItems: [put, second] }));
    const denied = await refusal(transact({ Delete: { TableName: "AuditLog", Key } }));
    expect(denied).toMatchObject({
      name: "AccessDeniedException",
      message: expect.stringContaining(`is not authorized to perform: dynamodb:DeleteItem on resource: ${table}`),
    });
    const query = await refusal(
      dynamodb.send(
        new QueryCommand({
          TableName: "AuditLog",
          IndexName: "byTime",
          KeyConditionExpression: "a = :a",
          ExpressionAttributeValues: { ":a": { S: "a" } },
        }),
      ),
    );
    expect(query.message).toContain(`on resource: ${table}/index/byTime`);
    expect((await refusal(dynamodb.send(new PutItemCommand({ TableName: "AuditLog", Item: Key })))).name).toBe("ResourceNotFoundException");
  });

  test("record names hold a role to its names", async () => {
    const names = { "ForAllValues:StringLike": { "route53:ChangeResourceRecordSetsNormalizedRecordNames": ["*.pl.example.com"] } };
    const route53 = aws.route53(keyOf(role(allow("route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/Z1", names))));
    const change = (Name: string, HostedZoneId = "Z1") =>
      route53.send(
        new ChangeResourceRecordSetsCommand({
          HostedZoneId,
          ChangeBatch: {
            Changes: [{ Action: "CREATE", ResourceRecordSet: { Name, Type: "A", TTL: 1, ResourceRecords: [{ Value: "10.0.0.1" }] } }],
          },
        }),
      );
    expect((await refusal(change("ACME.pl.example.com."))).name).toBe("NoSuchHostedZone");
    expect((await refusal(change("www.example.com"))).name).toBe("AccessDenied");
    expect((await refusal(change("acme.pl.example.com", "Z2"))).name).toBe("AccessDenied");
  });

  test("an explicit deny wins and says so", async () => {
    const one = role(allow("dynamodb:*", "*"), { Effect: "Deny", Action: "dynamodb:DeleteItem", Resource: "*" });
    const caller: Caller = aws.identities.caller(keyOf(one));
    const resource = `arn:aws:dynamodb:${REGION}:${PROVIDER}:table/AuditLog`;
    const error = await refusal(authorize(caller, [{ action: "dynamodb:DeleteItem", resource }]));
    expect(error.message).toContain("with an explicit deny in an identity-based policy");
  });
});

describe("resource policies", () => {
  const queue = `arn:aws:sqs:${REGION}:${PROVIDER}:q`;
  const open = (principal: object): object => ({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: principal, Action: "sqs:SendMessage", Resource: queue }],
  });

  test("another account needs both its own right and the resource's", async () => {
    const consumer = aws.identities.caller(ACME);
    const demand = { action: "sqs:SendMessage", resource: queue, resourceAccount: PROVIDER };
    await expect(authorize(consumer, [demand])).rejects.toThrow("is not authorized to perform: sqs:SendMessage");
    await expect(authorize(consumer, [{ ...demand, resourcePolicy: open({ AWS: `arn:aws:iam::${ACME}:root` }) }])).resolves.toBeUndefined();
    const weak = aws.identities.caller(keyOf(role(allow("sns:Publish", "*"))));
    const foreign = {
      ...demand,
      resourceAccount: ACME,
      resourcePolicy: open({ AWS: `arn:aws:iam::${PROVIDER}:root` }),
      resource: `arn:aws:sqs:${REGION}:${ACME}:q`,
    };
    await expect(authorize(weak, [foreign])).rejects.toThrow("not authorized");
  });

  test("a service gets in for its source only", async () => {
    const topic = `arn:aws:sns:${REGION}:${PROVIDER}:t`;
    const policy = {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Service: "vpce.amazonaws.com" },
          Action: "sns:Publish",
          Resource: topic,
          Condition: {
            ArnLike: { "aws:SourceArn": `arn:aws:ec2:${REGION}:${PROVIDER}:vpc-endpoint-service/*` },
            StringEquals: { "aws:SourceAccount": PROVIDER },
          },
        },
      ],
    };
    const from = (account: string) => ({
      service: "vpce.amazonaws.com",
      sourceArn: `arn:aws:ec2:${REGION}:${account}:vpc-endpoint-service/vpce-svc-1`,
      sourceAccount: account,
    });
    expect(await serviceMay(from(PROVIDER), "sns:Publish", topic, policy)).toBe(true);
    expect(await serviceMay(from(ACME), "sns:Publish", topic, policy)).toBe(false);
    expect(await serviceMay({ ...from(PROVIDER), service: "events.amazonaws.com" }, "sns:Publish", topic, policy)).toBe(false);
    expect(await serviceMay(from(PROVIDER), "sns:Publish", topic, undefined)).toBe(false);
  });
});
