// The deployer's own policy: what CloudFormation calls for the types of the template, and what the deployment calls itself.
import type { Template } from "../template.ts";
import { stackName, type Stage } from "./config.ts";
import { handlers, type Place } from "./handlers.ts";
import { partitionOf } from "./regions.ts";
import { Stop } from "./stop.ts";

export interface Statement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Action: readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: object;
}

export interface Policy {
  readonly Version: "2012-10-17";
  readonly Statement: readonly Statement[];
}

/** Resources that no call of theirs can name, each with AWS's reason. */
export const everywhere: Readonly<Record<string, string>> = {
  "lambda:CreateEventSourceMapping": "has no resource; the condition holds it to the stack's functions",
  "logs:DescribeLogGroups": "has no resource",
  "logs:CreateLogDelivery": "has no resource: API Gateway's access log is such a delivery",
  "logs:GetLogDelivery": "has no resource",
  "logs:UpdateLogDelivery": "has no resource",
  "logs:DeleteLogDelivery": "has no resource",
  "logs:ListLogDeliveries": "has no resource",
  "logs:PutResourcePolicy": "has no resource: API Gateway's access log needs one",
  "logs:DescribeResourcePolicies": "has no resource",
  "secretsmanager:GetRandomPassword": "has no resource",
  "kms:CreateKey": "has no resource",
  "cloudtrail:DescribeTrails": "has no resource",
  "cloudformation:ListStacks": "has no resource: what an uninstall kept is found by the stack that is gone",
  "ec2:DescribeVpcEndpointConnectionNotifications": "has no resource",
};

export function policyFor(stage: Stage, template: Template): Policy {
  const place = placeOf(stage);
  const types = [...new Set(Object.values(template.Resources).map(({ Type }) => Type))].filter(
    (type) => stage.domain !== undefined || !/^AWS::ApiGatewayV2::(DomainName|ApiMapping)$/.test(type),
  );
  const unknown = types.filter((type) => handlers[type] === undefined);
  if (unknown.length > 0)
    throw new Stop(`What ${unknown.join(", ")} needs is not known`, "add its handlers' permissions to scripts/deploy/handlers.ts");
  return { Version: "2012-10-17", Statement: [...forResources(types, place), ...forTheirConnections(place), ...forItself(stage, place)] };
}

/** What a deployer's policy leaves out, since it is wanted once in years: attach it beside that one, for that time only. */
export const extraPolicies = {
  restore: (place: Place): Policy => ({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "GoBackWithTables",
        Effect: "Allow",
        Action: ["dynamodb:RestoreTableToPointInTime"],
        Resource: `${tablesOf(place)}-*`,
      },
      {
        // DynamoDB writes what it restores with the caller's own rights.
        Sid: "FillTheNewOnes",
        Effect: "Allow",
        Action: ["BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem"].map((one) => `dynamodb:${one}`),
        Resource: `${tablesOf(place)}-restored-*`,
      },
    ],
  }),
  discard: (place: Place): Policy => ({
    Version: "2012-10-17",
    Statement: [
      {
        // Of another stage too; which one is known only when it is found.
        Sid: "SeeWhichStackUsesIt",
        Effect: "Allow",
        Action: ["cloudformation:DescribeStackResources"],
        Resource: "*",
        Condition: { StringEquals: { "aws:RequestedRegion": place.region } },
      },
      {
        Sid: "RemoveEveryVersion",
        Effect: "Allow",
        Action: ["s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"],
        Resource: keptBuckets(place).map((bucket) => `${bucket}/*`),
      },
      {
        // Only checkpoints are locked, and only of what is locked is asked until when.
        Sid: "SeeUntilWhenTheyAreLocked",
        Effect: "Allow",
        Action: ["s3:GetObjectVersion", "s3:GetObjectRetention"],
        Resource: keptBuckets(place).flatMap((bucket) => (bucket.includes("-checkpointbuck") ? [`${bucket}/*`] : [])),
      },
    ],
  }),
} as const satisfies Readonly<Record<string, (place: Place) => Policy>>;

const tablesOf = ({ partition, region, account, stack }: Place): string => `arn:${partition}:dynamodb:${region}:${account}:table/${stack}`;
const keptBuckets = ({ partition, stack }: Place): string[] =>
  ["archive", "checkpoint"].map((name) => `arn:${partition}:s3:::${stack}-${name}buck*`);

export function placeOf(stage: Stage): Place {
  return { partition: partitionOf(stage.region).name, region: stage.region, account: stage.account, stack: stackName(stage) };
}

/**
 * One statement for all that is done to the same resources. Those of different services share one where nothing sets them apart, for no
 * action meets another service's resources and a role's inline policies end at 10,240 characters.
 */
function forResources(types: readonly string[], place: Place): Statement[] {
  const grouped = [...Map.groupBy(types, (type) => JSON.stringify(handlers[type]?.on(place))).values()];
  const isApart = ([first = ""]: readonly string[]): boolean =>
    handlers[first]?.condition !== undefined || handlers[first]?.wide !== undefined;
  const shared: string[][][] = [];
  for (const group of grouped.filter((one) => !isApart(one))) {
    const open = shared.find((groups) =>
      groups.every((other) => !servicesOf(other).some((service) => servicesOf(group).includes(service))),
    );
    if (open === undefined) shared.push([group]);
    else open.push(group);
  }
  return [...shared, ...grouped.filter(isApart).map((group) => [group])].map((groups): Statement => {
    const together = groups.flat();
    const [first = ""] = together;
    const condition = handlers[first]?.condition;
    return {
      Sid: (first.split("::").slice(1).join("") + (together.length > 1 ? "AndMore" : "")).replaceAll(/[^A-Za-z0-9]/g, ""),
      Effect: "Allow",
      Action: [...new Set(together.flatMap((type) => handlers[type]?.calls ?? []))],
      Resource: groups.flatMap(([one = ""]) => handlers[one]?.on(place) ?? []),
      ...(condition === undefined ? {} : { Condition: condition(place) }),
    };
  });
}

const servicesOf = (types: readonly string[]): string[] =>
  types.flatMap((type) => (handlers[type]?.calls ?? []).map((call) => call.split(":")[0] ?? ""));

function forTheirConnections(place: Place): Statement[] {
  const { partition, region, account, stack } = place;
  const anywhere = Object.keys(everywhere).filter(
    (action) => action !== "lambda:CreateEventSourceMapping" && /^(logs|secretsmanager|kms):/.test(action),
  );
  return [
    {
      Sid: "GiveFunctionsTheirRoles",
      Effect: "Allow",
      Action: ["iam:PassRole"],
      Resource: `arn:${partition}:iam::${account}:role/${stack}-*`,
      Condition: { StringEquals: { "iam:PassedToService": ["lambda.amazonaws.com", "events.amazonaws.com", "firehose.amazonaws.com"] } },
    },
    {
      Sid: "WakeFunctions",
      Effect: "Allow",
      Action: ["lambda:CreateEventSourceMapping"],
      Resource: "*",
      Condition: { ArnLike: { "lambda:FunctionArn": `arn:${partition}:lambda:${region}:${account}:function:${stack}-*` } },
    },
    {
      Sid: "AsAwsHasNoResource",
      Effect: "Allow",
      Action: anywhere,
      Resource: "*",
      Condition: { StringEquals: { "aws:RequestedRegion": region } },
    },
  ];
}

/** What `npm run deploy` asks itself. */
function forItself({ hostedZones, domain }: Stage, { partition, region, account, stack }: Place): Statement[] {
  const bucket = `arn:${partition}:s3:::${stack}-serverlessdeploymentbuck*`;
  const stacks = [
    "CreateChangeSet",
    "DescribeChangeSet",
    "ExecuteChangeSet",
    "DeleteChangeSet",
    "DescribeStacks",
    "DescribeStackEvents",
    "ListStackResources",
    "GetTemplate",
    "DeleteStack",
  ];
  return [
    {
      Sid: "TheStack",
      Effect: "Allow",
      Action: stacks.map((one) => `cloudformation:${one}`),
      Resource: [
        `arn:${partition}:cloudformation:${region}:${account}:stack/${stack}/*`,
        `arn:${partition}:cloudformation:${region}:${account}:changeSet/drawbridge-*`,
      ],
    },
    ...(domain === undefined
      ? []
      : [
          {
            Sid: "TheFirstDomainOfAnAccount",
            Effect: "Allow" as const,
            Action: ["iam:CreateServiceLinkedRole"],
            Resource: `arn:${partition}:iam::${account}:role/aws-service-role/ops.apigateway.amazonaws.com/*`,
            Condition: { StringEquals: { "iam:AWSServiceName": "ops.apigateway.amazonaws.com" } },
          },
        ]),
    { Sid: "ItsFiles", Effect: "Allow", Action: ["s3:GetObject", "s3:PutObject", "s3:DeleteObjectVersion"], Resource: `${bucket}/*` },
    {
      Sid: "SeeWhatMustBeThere",
      Effect: "Allow",
      Action: [
        ...(hostedZones.length === 0 ? [] : ["route53:GetHostedZone"]),
        ...(domain === undefined ? [] : ["acm:DescribeCertificate"]),
        "cloudtrail:GetTrailStatus",
      ],
      Resource: [
        ...hostedZones.map((zone) => `arn:${partition}:route53:::hostedzone/${zone}`),
        ...(domain === undefined ? [] : [domain.certificate]),
        `arn:${partition}:cloudtrail:*:*:trail/*`,
      ],
    },
    {
      Sid: "SeeTrailsNotificationsAndGoneStacks",
      Effect: "Allow",
      Action: ["cloudformation:ListStacks", "cloudtrail:DescribeTrails", "ec2:DescribeVpcEndpointConnectionNotifications"],
      Resource: "*",
      Condition: { StringEquals: { "aws:RequestedRegion": region } },
    },
  ];
}
