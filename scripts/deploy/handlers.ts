// What CloudFormation calls, with the deployer's credentials, to make, read, change and delete each type of resource. After what
// AWS's resource types call in their handlers, less what our templates never use: keys of one's own, VPCs, file systems, replicas,
// imports, permission boundaries, code signing. Compared with no real account yet: a call that is missing shows as AccessDenied, by name.

export interface Place {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  /** The stack's name, with which most of its resources' names begin. */
  readonly stack: string;
}

export interface Handlers {
  readonly calls: readonly string[];
  /** ARNs of all that the type's resources of this stack may be. */
  readonly on: (place: Place) => readonly string[];
  readonly condition?: (place: Place) => object;
  /** Why the ARNs hold more than the stack's own, where AWS lets them hold no less. */
  readonly wide?: string;
}

/** `calls("sqs", "CreateQueue DeleteQueue")` */
const calls = (service: string, names: string): readonly string[] => names.split(" ").map((name) => `${service}:${name}`);
const arn = ({ partition, region, account }: Place, service: string, rest: string): string =>
  `arn:${partition}:${service}:${region}:${account}:${rest}`;
const functions = (place: Place): readonly string[] => [arn(place, "lambda", `function:${place.stack}-*`)];
const topics = (place: Place): readonly string[] => [arn(place, "sns", `${place.stack}-*`)];
const queues = (place: Place): readonly string[] => [arn(place, "sqs", `${place.stack}-*`)];
/** S3 cuts the name to 63 characters. */
const bucket = ({ partition, stack }: Place): readonly string[] =>
  ["serverlessdeployment", "archive", "checkpoint"].map((name) => `arn:${partition}:s3:::${stack}-${name}buck*`);
const glue = (place: Place, ...rest: readonly string[]): readonly string[] =>
  ["catalog", `database/${place.stack}`, ...rest].map((one) => arn(place, "glue", one));
const withCatalog = "Glue asks for its catalog as well, of which an account has one";
const apis = ({ partition, region }: Place, of: readonly string[]): readonly string[] =>
  of.map((path) => `arn:${partition}:apigateway:${region}::${path}`);
const onAnyApi = "AWS makes up an API's id, so that it is not known beforehand";

const httpApi: Handlers = {
  calls: ["apigateway:POST", "apigateway:GET", "apigateway:PATCH", "apigateway:PUT", "apigateway:DELETE"],
  on: (place) => apis(place, ["/apis", "/apis/*"]),
  wide: onAnyApi,
};
const domain: Handlers = { ...httpApi, on: (place) => apis(place, ["/domainnames", "/domainnames/*"]), wide: "a domain may have any name" };

export const handlers: Readonly<Record<string, Handlers>> = {
  "AWS::ApiGatewayV2::Api": httpApi,
  "AWS::ApiGatewayV2::Stage": httpApi,
  "AWS::ApiGatewayV2::Route": httpApi,
  "AWS::ApiGatewayV2::Integration": httpApi,
  "AWS::ApiGatewayV2::DomainName": domain,
  "AWS::ApiGatewayV2::ApiMapping": domain,
  "AWS::CloudWatch::Alarm": {
    calls: calls("cloudwatch", "PutMetricAlarm DescribeAlarms DeleteAlarms ListTagsForResource TagResource UntagResource"),
    on: (place) => [arn(place, "cloudwatch", `alarm:${place.stack}-*`)],
  },
  "AWS::CloudWatch::Dashboard": {
    calls: ["cloudwatch:PutDashboard", "cloudwatch:GetDashboard", "cloudwatch:DeleteDashboards"],
    on: ({ partition, account, stack }) => [`arn:${partition}:cloudwatch::${account}:dashboard/${stack}`],
  },
  "AWS::DynamoDB::Table": {
    calls: calls(
      "dynamodb",
      "CreateTable UpdateTable DeleteTable DescribeTable DescribeContinuousBackups UpdateContinuousBackups DescribeTimeToLive UpdateTimeToLive DescribeContributorInsights DescribeKinesisStreamingDestination GetResourcePolicy ListTagsOfResource TagResource UntagResource",
    ),
    on: (place) => [arn(place, "dynamodb", `table/${place.stack}-*`)],
  },
  "AWS::Events::EventBus": {
    calls: calls("events", "CreateEventBus DescribeEventBus UpdateEventBus DeleteEventBus ListTagsForResource TagResource UntagResource"),
    on: (place) => [arn(place, "events", `event-bus/${place.stack}`)],
  },
  "AWS::Events::Rule": {
    calls: calls(
      "events",
      "PutRule DescribeRule DeleteRule PutTargets RemoveTargets ListTargetsByRule ListTagsForResource TagResource UntagResource",
    ),
    on: (place) => [arn(place, "events", `rule/${place.stack}-*`), arn(place, "events", `rule/${place.stack}/${place.stack}-*`)],
  },
  "AWS::IAM::ManagedPolicy": {
    calls: calls(
      "iam",
      "CreatePolicy GetPolicy DeletePolicy CreatePolicyVersion GetPolicyVersion DeletePolicyVersion ListPolicyVersions ListEntitiesForPolicy",
    ),
    on: ({ partition, account, stack }) => [`arn:${partition}:iam::${account}:policy/${stack}-*`],
  },
  "AWS::IAM::Role": {
    calls: calls(
      "iam",
      "CreateRole GetRole UpdateRole UpdateAssumeRolePolicy DeleteRole TagRole UntagRole PutRolePolicy GetRolePolicy DeleteRolePolicy ListRolePolicies ListAttachedRolePolicies",
    ),
    on: ({ partition, account, stack }) => [`arn:${partition}:iam::${account}:role/${stack}-*`],
  },
  "AWS::Lambda::EventInvokeConfig": {
    calls: calls(
      "lambda",
      "PutFunctionEventInvokeConfig GetFunctionEventInvokeConfig UpdateFunctionEventInvokeConfig DeleteFunctionEventInvokeConfig",
    ),
    on: functions,
  },
  "AWS::Lambda::EventSourceMapping": {
    calls: calls("lambda", "GetEventSourceMapping UpdateEventSourceMapping DeleteEventSourceMapping"),
    on: (place) => [arn(place, "lambda", "event-source-mapping:*")],
    condition: (place) => ({ ArnLike: { "lambda:FunctionArn": functions(place)[0] } }),
    wide: "AWS makes up a mapping's id; the condition holds it to the stack's functions",
  },
  "AWS::Lambda::Function": {
    calls: calls(
      "lambda",
      "CreateFunction GetFunction DeleteFunction UpdateFunctionCode UpdateFunctionConfiguration GetFunctionCodeSigningConfig GetFunctionRecursionConfig PutFunctionRecursionConfig GetRuntimeManagementConfig ListTags TagResource UntagResource",
    ),
    on: functions,
  },
  "AWS::Lambda::Permission": { calls: ["lambda:AddPermission", "lambda:RemovePermission", "lambda:GetPolicy"], on: functions },
  "AWS::Logs::LogGroup": {
    calls: calls(
      "logs",
      "CreateLogGroup DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy GetDataProtectionPolicy ListTagsForResource TagResource UntagResource",
    ),
    on: (place) => ["/aws/lambda/", "/aws/http-api/"].map((folder) => arn(place, "logs", `log-group:${folder}${place.stack}*`)),
  },
  "AWS::KMS::Key": {
    calls: calls(
      "kms",
      "DescribeKey GetKeyPolicy PutKeyPolicy UpdateKeyDescription ListResourceTags TagResource UntagResource ScheduleKeyDeletion",
    ),
    on: (place) => [arn(place, "kms", "key/*")],
    wide: "AWS makes up a key's id",
  },
  "AWS::KinesisFirehose::DeliveryStream": {
    calls: calls(
      "firehose",
      "CreateDeliveryStream DescribeDeliveryStream UpdateDestination DeleteDeliveryStream StartDeliveryStreamEncryption ListTagsForDeliveryStream TagDeliveryStream UntagDeliveryStream",
    ),
    on: (place) => [arn(place, "firehose", `deliverystream/${place.stack}-*`)],
  },
  "AWS::Glue::Database": {
    calls: calls("glue", "CreateDatabase GetDatabase UpdateDatabase DeleteDatabase"),
    on: (place) => glue(place),
    wide: withCatalog,
  },
  "AWS::Glue::Table": {
    calls: calls("glue", "CreateTable GetTable UpdateTable DeleteTable"),
    on: (place) => glue(place, `table/${place.stack}/events`),
    wide: withCatalog,
  },
  "AWS::Athena::WorkGroup": {
    calls: calls("athena", "CreateWorkGroup GetWorkGroup UpdateWorkGroup DeleteWorkGroup ListTagsForResource TagResource UntagResource"),
    on: (place) => [arn(place, "athena", `workgroup/${place.stack}`)],
  },
  "AWS::Athena::NamedQuery": {
    calls: calls("athena", "CreateNamedQuery GetNamedQuery DeleteNamedQuery ListNamedQueries"),
    on: (place) => [arn(place, "athena", `workgroup/${place.stack}`)],
  },
  "AWS::S3::Bucket": {
    // Its versions are listed by an uninstall, which empties the deployment's own before CloudFormation deletes it.
    calls: calls(
      "s3",
      "CreateBucket DeleteBucket ListBucket ListBucketVersions GetEncryptionConfiguration PutEncryptionConfiguration GetBucketTagging PutBucketTagging GetBucketVersioning PutBucketVersioning GetBucketObjectLockConfiguration PutBucketObjectLockConfiguration GetBucketOwnershipControls PutBucketOwnershipControls GetBucketPublicAccessBlock PutBucketPublicAccessBlock GetLifecycleConfiguration PutLifecycleConfiguration",
    ),
    on: bucket,
  },
  "AWS::S3::BucketPolicy": { calls: ["s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"], on: bucket },
  // Not to read its value: whoever holds the key of the links can forge an answer.
  "AWS::SecretsManager::Secret": {
    calls: calls("secretsmanager", "CreateSecret DescribeSecret UpdateSecret DeleteSecret TagResource UntagResource"),
    // CloudFormation names a secret by its logical id, without the stack's name.
    on: (place) => ["LinkKeySecret", "SlackSecret"].map((id) => arn(place, "secretsmanager", `secret:${id}-*`)),
  },
  "AWS::SNS::Subscription": {
    calls: calls("sns", "Subscribe Unsubscribe GetSubscriptionAttributes SetSubscriptionAttributes"),
    on: topics,
  },
  "AWS::SNS::Topic": {
    calls: calls(
      "sns",
      "CreateTopic GetTopicAttributes SetTopicAttributes DeleteTopic ListSubscriptionsByTopic GetDataProtectionPolicy ListTagsForResource TagResource UntagResource",
    ),
    on: topics,
  },
  "AWS::SNS::TopicPolicy": { calls: ["sns:SetTopicAttributes", "sns:GetTopicAttributes"], on: topics },
  "AWS::SQS::Queue": {
    calls: calls("sqs", "CreateQueue GetQueueUrl GetQueueAttributes SetQueueAttributes DeleteQueue ListQueueTags TagQueue UntagQueue"),
    on: queues,
  },
  "AWS::SQS::QueuePolicy": { calls: ["sqs:SetQueueAttributes", "sqs:GetQueueAttributes"], on: queues },
};
