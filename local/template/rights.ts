// What CloudFormation asks of whoever has a resource made, changed or taken away, for the types that local AWS makes without a call of
// the service. Of what AWS's resource types call in their handlers, the calls that do the work: not those that read, or tag.
import { optionalText, record, rows, text, type Members } from "../members.ts";
import type { Demand } from "../service.ts";
import type { Declared, Made, StackPlace } from "./workshop.ts";

export type Verb = "make" | "change" | "remove";

interface Asked {
  readonly properties: Members;
  readonly made: Pick<Made, "ref" | "attributes">;
  readonly place: StackPlace;
}
type Rights = Readonly<Record<Verb, (asked: Asked) => readonly Demand[]>>;
type Resource = (asked: Asked) => readonly string[];

const arn = ({ place: { region, account } }: Asked, service: string, rest: string): string =>
  `arn:aws:${service}:${region}:${account}:${rest}`;
const ownArn: Resource = ({ made }) => [String(made.attributes?.["Arn"])];
const on =
  (resource: Resource, ...actions: readonly string[]) =>
  (asked: Asked): readonly Demand[] =>
    resource(asked).flatMap((one) => actions.map((action) => ({ action, resource: one })));
/** `lambda:CreateFunction lambda:DeleteFunction`, each on the same resource. */
const simple = (resource: Resource, make: string, change: string, remove: string): Rights => ({
  make: on(resource, make),
  change: on(resource, change),
  remove: on(resource, remove),
});

const passing = (role: string | undefined, service: string): readonly Demand[] =>
  role === undefined ? [] : [{ action: "iam:PassRole", resource: role, context: { "iam:PassedToService": `${service}.amazonaws.com` } }];

const theFunction = (asked: Asked): string => {
  const name = text(asked.properties, "FunctionName");
  return name.startsWith("arn:") ? name : arn(asked, "lambda", `function:${name}`);
};
const ofFunction: Resource = (asked) => [theFunction(asked)];
const recursion = (asked: Asked): readonly Demand[] =>
  asked.properties["RecursiveLoop"] === undefined ? [] : on(ownArn, "lambda:PutFunctionRecursionConfig")(asked);
const mapping =
  (action: string) =>
  (asked: Asked): readonly Demand[] => [
    {
      action: `lambda:${action}`,
      resource: action.startsWith("Create") ? "*" : arn(asked, "lambda", `event-source-mapping:${asked.made.ref}`),
      context: { "lambda:FunctionArn": theFunction(asked) },
    },
  ];

const bucket: Resource = ({ made, properties }) => [`arn:aws:s3:::${optionalText(properties, "Bucket") ?? made.ref}`];
const bucketSettings: Readonly<Record<string, string>> = {
  BucketEncryption: "s3:PutEncryptionConfiguration",
  LifecycleConfiguration: "s3:PutLifecycleConfiguration",
  ObjectLockConfiguration: "s3:PutBucketObjectLockConfiguration",
  OwnershipControls: "s3:PutBucketOwnershipControls",
  PublicAccessBlockConfiguration: "s3:PutBucketPublicAccessBlock",
  VersioningConfiguration: "s3:PutBucketVersioning",
};
const settled = (asked: Asked): readonly Demand[] =>
  on(bucket, ...Object.entries(bucketSettings).flatMap(([name, action]) => (asked.properties[name] === undefined ? [] : [action])))(asked);

const inlineOf = (asked: Asked): readonly string[] => (rows(asked.properties, "Policies").length === 0 ? [] : ["iam:PutRolePolicy"]);
const alarm: Resource = (asked) => [arn(asked, "cloudwatch", `alarm:${asked.made.ref}`)];
const dashboard: Resource = ({ place, made }) => [`arn:aws:cloudwatch::${place.account}:dashboard/${made.ref}`];
const policy: Resource = ({ made }) => [made.ref];
const database: Resource = (asked) => [
  arn(asked, "glue", "catalog"),
  arn(asked, "glue", `database/${optionalText(asked.properties, "DatabaseName") ?? asked.made.ref}`),
];
const glueTable: Resource = (asked) => [
  ...database(asked),
  arn(asked, "glue", `table/${text(asked.properties, "DatabaseName")}/${text(record(asked.properties, "TableInput"), "Name")}`),
];
const workGroup: Resource = (asked) => [arn(asked, "athena", `workgroup/${optionalText(asked.properties, "WorkGroup") ?? asked.made.ref}`)];
const delivered = ({ properties }: Asked): readonly Demand[] =>
  passing(optionalText(record(properties, "ExtendedS3DestinationConfiguration"), "RoleARN"), "firehose");
const targets = ({ properties }: Asked): readonly Demand[] =>
  rows(properties, "Targets").flatMap((target) => passing(optionalText(target, "RoleArn"), "events"));

const retention = (asked: Asked): readonly Demand[] =>
  asked.properties["RetentionInDays"] === undefined
    ? []
    : on(() => [arn(asked, "logs", `log-group:${asked.made.ref}`)], "logs:PutRetentionPolicy")(asked);

const byType: Readonly<Record<string, Rights>> = {
  "AWS::Lambda::Function": {
    make: (asked) => [
      ...on(ownArn, "lambda:CreateFunction")(asked),
      ...passing(text(asked.properties, "Role"), "lambda"),
      ...recursion(asked),
    ],
    change: (asked) => [...on(ownArn, "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration")(asked), ...recursion(asked)],
    remove: on(ownArn, "lambda:DeleteFunction"),
  },
  "AWS::Lambda::EventSourceMapping": {
    make: mapping("CreateEventSourceMapping"),
    change: mapping("UpdateEventSourceMapping"),
    remove: mapping("DeleteEventSourceMapping"),
  },
  "AWS::Lambda::EventInvokeConfig": simple(
    ofFunction,
    "lambda:PutFunctionEventInvokeConfig",
    "lambda:UpdateFunctionEventInvokeConfig",
    "lambda:DeleteFunctionEventInvokeConfig",
  ),
  "AWS::Lambda::Permission": simple(ofFunction, "lambda:AddPermission", "lambda:AddPermission", "lambda:RemovePermission"),
  "AWS::IAM::Role": {
    make: (asked) => on(ownArn, "iam:CreateRole", ...inlineOf(asked))(asked),
    change: (asked) => on(ownArn, ...inlineOf(asked))(asked),
    remove: (asked) => on(ownArn, "iam:DeleteRole", ...(inlineOf(asked).length === 0 ? [] : ["iam:DeleteRolePolicy"]))(asked),
  },
  "AWS::IAM::ManagedPolicy": simple(policy, "iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicy"),
  "AWS::CloudWatch::Alarm": simple(alarm, "cloudwatch:PutMetricAlarm", "cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"),
  "AWS::CloudWatch::Dashboard": simple(dashboard, "cloudwatch:PutDashboard", "cloudwatch:PutDashboard", "cloudwatch:DeleteDashboards"),
  "AWS::S3::Bucket": {
    make: (asked) => [...on(bucket, "s3:CreateBucket")(asked), ...settled(asked)],
    change: settled,
    remove: on(bucket, "s3:DeleteBucket"),
  },
  "AWS::S3::BucketPolicy": simple(bucket, "s3:PutBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"),
  "AWS::KinesisFirehose::DeliveryStream": {
    make: (asked) => [...on(ownArn, "firehose:CreateDeliveryStream")(asked), ...delivered(asked)],
    change: (asked) => [...on(ownArn, "firehose:UpdateDestination")(asked), ...delivered(asked)],
    remove: on(ownArn, "firehose:DeleteDeliveryStream"),
  },
  "AWS::Glue::Database": simple(database, "glue:CreateDatabase", "glue:UpdateDatabase", "glue:DeleteDatabase"),
  "AWS::Glue::Table": simple(glueTable, "glue:CreateTable", "glue:UpdateTable", "glue:DeleteTable"),
  "AWS::Athena::WorkGroup": simple(workGroup, "athena:CreateWorkGroup", "athena:UpdateWorkGroup", "athena:DeleteWorkGroup"),
  "AWS::Athena::NamedQuery": simple(workGroup, "athena:CreateNamedQuery", "athena:CreateNamedQuery", "athena:DeleteNamedQuery"),
  "AWS::Logs::LogGroup": { make: retention, change: retention, remove: () => [] },
  "AWS::SecretsManager::Secret": {
    make: ({ properties }) =>
      properties["GenerateSecretString"] === undefined ? [] : [{ action: "secretsmanager:GetRandomPassword", resource: "*" }],
    change: () => [],
    remove: () => [],
  },
  "AWS::Events::Rule": { make: targets, change: targets, remove: () => [] },
};

export const rightsFor = (verb: Verb, declared: Declared, made: Pick<Made, "ref" | "attributes">, place: StackPlace): readonly Demand[] =>
  byType[declared.type]?.[verb]({ properties: declared.properties, made, place }) ?? [];
