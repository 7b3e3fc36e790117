// Who may do what: least privilege as rules that a change of infra/roles must pass.
import { expect, test } from "vitest";
import {
  at,
  named,
  ofType,
  peopleStatements,
  resourcePolicyStatements,
  resources,
  roleStatements,
  shown,
  target,
  trustStatements,
} from "./packaged.ts";

const functions = ofType("AWS::Lambda::Function");
const allowed = [...roleStatements, ...resourcePolicyStatements, ...peopleStatements].filter(({ effect }) => effect === "Allow");

test("these are the functions", () => {
  expect(functions.map(({ id }) => id.replace("LambdaFunction", "").toLowerCase()).sort()).toEqual([
    "admit",
    "answer",
    "api",
    "checkpoint",
    "dns",
    "notify",
    "observe",
    "publish",
    "slack",
    "sweep",
  ]);
});

test.each(functions)("$id has a role and a log group of its own", (lambda) => {
  const role = target(at(lambda, "Role"));
  expect(role).toBe(lambda.id.replace("LambdaFunction", "Role"));
  const group = named(lambda.id.replace("LambdaFunction", "LogGroup"));
  expect(at(group, "LogGroupName")).toBe(`/aws/lambda/${String(at(lambda, "FunctionName"))}`);
  const logs = roleStatements.filter(({ holder, actions }) => holder === role && actions.some((action) => action.startsWith("logs:")));
  expect(logs.map(({ actions, resources }) => [actions, resources])).toEqual([
    [["logs:CreateLogStream", "logs:PutLogEvents"], [`${group.id}.Arn`]],
  ]);
});

test.each(functions)("$id runs on the runtime and processor that it is built for", (lambda) => {
  expect(lambda.Properties).toMatchObject({
    Runtime: "nodejs24.x",
    Architectures: ["arm64"],
    MemorySize: 512,
  });
});

test.each(ofType("AWS::Logs::LogGroup"))("$id forgets after 90 days", (group) => {
  expect(at(group, "RetentionInDays")).toBe(90);
});

test("no action is a wildcard", () => {
  expect(allowed.filter(({ actions }) => actions.some((action) => action.includes("*")))).toEqual([]);
});

// AWS has no resource to name for these.
const unnameable = new Map<string, string | undefined>([
  ["ec2:DescribeVpcEndpointConnections", "ec2:Region"],
  ["ec2:DescribeVpcEndpointServiceConfigurations", "ec2:Region"],
  ["ec2:DescribeVpcEndpointConnectionNotifications", "ec2:Region"],
  ["dynamodb:ListStreams", undefined],
  // Of people.
  ...[
    "cloudtrail:DescribeTrails",
    "cloudtrail:LookupEvents",
    "cloudwatch:GetMetricStatistics",
    "events:ListRules",
    "lambda:GetAccountSettings",
    "lambda:ListEventSourceMappings",
  ].map((action): [string, string] => [action, "aws:RequestedRegion"]),
]);

test("no resource is everything, but where AWS knows no resource; there the Region narrows it if it can", () => {
  const wide = allowed.filter(({ resources }) => resources.includes("*"));
  for (const { holder, actions, condition } of wide) {
    for (const action of actions) {
      expect(unnameable.has(action), `${holder} may ${action} on everything`).toBe(true);
      const key = unnameable.get(action);
      if (key)
        expect(condition["StringEquals"], `${holder}: ${action}`).toEqual({
          [key]: { Ref: "AWS::Region" },
        });
    }
  }
});

test("a resource has a wildcard only for endpoint services, whose ids nobody knows yet, trails, the stack's own alarms, rules and queues of last resort, and what people ask the API for", () => {
  const wide = allowed.flatMap(({ resources }) => resources).filter((resource) => resource !== "*" && /\*/.test(resource));
  const route = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${HttpApi}/$default/";
  // Objects have no names before they are put; each holder is kept to its own folders.
  const objects = /^\$\{(Archive|Checkpoint)Bucket\.Arn\}\/(\w+\/)?\*$/;
  expect([...new Set(wide.filter((resource) => !resource.startsWith(route) && !objects.test(resource)))].sort()).toEqual([
    // A trail may be the organisation's, in another account and Region.
    "arn:${AWS::Partition}:cloudtrail:*:*:trail/*",
    "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:${AWS::StackName}-*",
    "arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:vpc-endpoint-service/*",
    "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/${AWS::StackName}-*",
    "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/${AWS::StackName}/*",
    // The operator's, whose policy would grow past what IAM takes with each by its name.
    ...["DeadLetters", "Failures", "Undelivered"].map(
      (kind) => `arn:\${AWS::Partition}:sqs:\${AWS::Region}:\${AWS::AccountId}:\${AWS::StackName}-*${kind}-*`,
    ),
  ]);
});

test("EC2 is changed only on endpoint services that carry the tag", () => {
  const writes = roleStatements.filter(({ actions }) => actions.some((action) => /^ec2:(?!Describe)/.test(action)));
  // Sweep: the services' own permissions, where they follow the list. Dns: the check of a private DNS name.
  expect(writes.map(({ holder }) => holder).sort()).toEqual(["AdmitRole", "ApiRole", "DnsRole", "SweepRole"]);
  for (const { condition } of writes) expect(condition).toEqual({ Null: { "aws:ResourceTag/drawbridge": "false" } });
});

test("only admit accepts and rejects, and only dns changes names", () => {
  const holders = (pattern: RegExp) =>
    roleStatements.filter(({ actions }) => actions.some((action) => pattern.test(action))).map(({ holder }) => holder);
  expect(holders(/^ec2:(Accept|Reject)/)).toEqual(["AdmitRole"]);
  expect(holders(/^route53:Change/)).toEqual(["DnsRole"]);
});

test("rights on zones name the zones of the parameter, and are not there without any", () => {
  const zones = roleStatements.filter(({ actions }) => actions.some((action) => action.startsWith("route53:")));
  expect(zones.map(({ holder }) => holder).sort()).toEqual(["ApiRole", "DnsRole"]);
  for (const { resources } of zones) {
    expect(resources).toHaveLength(1);
    expect(resources[0]).toContain("arn:aws:route53:::hostedzone/");
    expect(resources[0]).toContain('{"Ref":"HostedZoneIds"}');
  }
  const written = JSON.stringify(at(named("DnsRole"), "Policies", 0, "PolicyDocument", "Statement"));
  expect(written).toMatch(/\{"Fn::If":\["HasHostedZones",\{"Sid":"NamesInTheGivenZones".*?\{"Ref":"AWS::NoValue"\}\]\}/);
});

test("nobody changes or removes what the log holds", () => {
  const onLog = roleStatements.filter(({ resources }) => resources.some((resource) => /AuditLogTable/.test(resource)));
  const actions = new Set(onLog.flatMap((statement) => statement.actions));
  expect([...actions].sort()).toEqual([
    "dynamodb:ConditionCheckItem",
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:PutItem",
    "dynamodb:Query",
  ]);
});

test("every service that may use a resource is held to this account and to a source", () => {
  for (const { holder, effect, principal, condition } of resourcePolicyStatements) {
    if (effect !== "Allow") continue;
    expect(principal, holder).toEqual({
      Service: expect.stringMatching(/\.amazonaws\.com$/) as string,
    });
    expect(condition["StringEquals"], holder).toEqual({
      "aws:SourceAccount": { Ref: "AWS::AccountId" },
    });
    expect(condition["ArnEquals"]?.["aws:SourceArn"] ?? condition["ArnLike"]?.["aws:SourceArn"], holder).toBeDefined();
  }
});

test("PrivateLink may tell of this account's endpoint services", () => {
  const told = resourcePolicyStatements.find(({ holder }) => holder === "ConnectionsTopicPolicy");
  expect(told).toMatchObject({
    principal: { Service: "vpce.amazonaws.com" },
    actions: ["sns:Publish"],
  });
  expect(shown(told?.condition["ArnLike"]?.["aws:SourceArn"])).toBe(
    "arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:vpc-endpoint-service/*",
  );
});

test.each(ofType("AWS::Lambda::Permission"))("$id lets one source of this account call", (permission) => {
  expect(at(permission, "SourceArn")).toBeDefined();
  // AWS does not say that API Gateway tells its account apart from the ARN; the ARN that is asked for holds the account.
  if (at(permission, "Principal") === "apigateway.amazonaws.com") {
    expect(JSON.stringify(at(permission, "SourceArn"))).toContain('{"Ref":"AWS::AccountId"}');
  } else expect(at(permission, "SourceAccount")).toEqual({ Ref: "AWS::AccountId" });
});

/** The archive is made of parts of AWS that hand on what they get, each with a role of its own. */
const archiveRoles = new Set(["ArchiveStreamRole", "ArchiveRuleRole"]);

test("the archive's roles are each for one service, on behalf of this account", () => {
  const trusts = trustStatements.filter(({ holder }) => archiveRoles.has(holder));
  expect(trusts.map(({ principal }) => principal)).toEqual([{ Service: "firehose.amazonaws.com" }, { Service: "events.amazonaws.com" }]);
  expect(trusts.map(({ condition }) => shown(condition["ArnLike"]?.["aws:SourceArn"]))).toEqual([
    "arn:${AWS::Partition}:firehose:${AWS::Region}:${AWS::AccountId}:deliverystream/${AWS::StackName}-*",
    "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/${Bus}/*",
  ]);
});

test("every service that may assume a role is held to this account and to a source", () => {
  expect(trustStatements).toHaveLength(resources.filter(({ Type }) => Type === "AWS::IAM::Role").length);
  for (const { holder, principal, condition } of trustStatements) {
    expect(principal, holder).toEqual({ Service: expect.stringMatching(/\.amazonaws\.com$/) as string });
    expect(condition["StringEquals"], holder).toEqual({ "aws:SourceAccount": { Ref: "AWS::AccountId" } });
    const source = shown(condition["ArnLike"]?.["aws:SourceArn"]);
    expect(source, holder).toMatch(/^arn:\$\{AWS::Partition\}:[a-z]+:\$\{AWS::Region\}:\$\{AWS::AccountId\}:/);
  }
});

test("the other roles are for Lambda in this account, and for nobody else", () => {
  const lambdas = trustStatements.filter(({ holder }) => !archiveRoles.has(holder));
  for (const { holder, condition } of lambdas)
    expect(condition, holder).toEqual({
      StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } },
      ArnLike: { "aws:SourceArn": { "Fn::Sub": "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:*" } },
    });
  expect(new Set(lambdas.map(({ principal }) => JSON.stringify(principal)))).toEqual(new Set(['{"Service":"lambda.amazonaws.com"}']));
  expect(resources.filter(({ Type }) => Type === "AWS::IAM::Role")).toHaveLength(12);
});

/** What it comes to with the longest names: a stage of sixteen characters, in the partition and Region whose names are long. */
function atItsLongest(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(atItsLongest);
  if (typeof value !== "object" || value === null) return value;
  const { Ref: ref, "Fn::GetAtt": got, "Fn::Sub": text } = value as Readonly<Record<string, unknown>>;
  const arn = `arn:aws-us-gov:service-name:us-gov-west-1:111111111111:resource/${"s".repeat(27)}-`;
  const pseudo: Readonly<Record<string, string>> = {
    "AWS::Partition": "aws-us-gov",
    "AWS::Region": "us-gov-west-1",
    "AWS::AccountId": "1".repeat(12),
    "AWS::StackName": "s".repeat(27),
    HttpApi: "a".repeat(10),
  };
  const named = (name: string): string =>
    pseudo[name] ?? (/MappingSQS|MappingDynamodb/.test(name) ? "0".repeat(36) : `${arn}${name.replace(".Arn", "")}-ABCDEFGHIJKL`);
  if (typeof ref === "string") return named(ref);
  if (Array.isArray(got)) return named(String(got[0]));
  if (typeof text === "string") return text.replaceAll(/\$\{([^}]+)\}/g, (_, name: string) => named(name));
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, atItsLongest(one)]));
}

test("IAM takes each managed policy, 6,144 characters without blanks, however long the stage's and the Region's names", () => {
  const sizes = ofType("AWS::IAM::ManagedPolicy").map((policy) => ({
    id: policy.id,
    size: JSON.stringify(atItsLongest(at(policy, "PolicyDocument"))).replaceAll(/\s/g, "").length,
  }));
  expect(sizes.length).toBeGreaterThan(3);
  expect(sizes.filter(({ size }) => size > 6144)).toEqual([]);
});
