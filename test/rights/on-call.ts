// AWS's own commands that the runbook and doctor give to whoever is on call, and what each of them asks IAM.
import type { World } from "./world.ts";

/** By `service command`: actions with their resources, and what IAM is told besides. */
export function onCallNeeds(world: World): Readonly<Record<string, readonly (readonly [action: string, resource: string])[]>> {
  const { local } = world;
  const idOf = (id: string): string => world.idOf(id);
  const arnOf = (id: string): string => world.arnOf(id);
  const here = `${local.region}:${local.account}`;
  const stack = local.stack.resources;
  const named = (type: string): string[] => stack.filter((one) => one.type === type).map(({ logicalId }) => logicalId);
  const groups = named("AWS::Logs::LogGroup").map(arnOf);
  const key = arnOf("CheckpointKey");
  const mapping = (id: string): string => `arn:aws:lambda:${here}:event-source-mapping:${idOf(id)}`;
  const onStack = (action: string) => [[`cloudformation:${action}`, local.stack.id] as const];
  return {
    "cloudformation describe-stacks": onStack("DescribeStacks"),
    "cloudformation describe-stack-resource": onStack("DescribeStackResource"),
    "cloudformation describe-stack-events": onStack("DescribeStackEvents"),
    "cloudtrail lookup-events": [["cloudtrail:LookupEvents", "*"]],
    "cloudwatch get-metric-statistics": [["cloudwatch:GetMetricStatistics", "*"]],
    "ec2 modify-vpc-endpoint-service-configuration": [
      ["ec2:ModifyVpcEndpointServiceConfiguration", `arn:aws:ec2:${here}:vpc-endpoint-service/vpce-svc-0123456789abcdef0`],
    ],
    "events enable-rule": named("AWS::Events::Rule").map((id) => ["events:EnableRule", arnOf(id)] as const),
    "events list-rules": [["events:ListRules", "*"]],
    "firehose describe-delivery-stream": [["firehose:DescribeDeliveryStream", arnOf("ArchiveStream")]],
    "kms cancel-key-deletion": [["kms:CancelKeyDeletion", key]],
    "kms describe-key": [["kms:DescribeKey", key]],
    "kms enable-key": [["kms:EnableKey", key]],
    "lambda get-account-settings": [["lambda:GetAccountSettings", "*"]],
    "lambda get-policy": ["NotifyLambdaFunction", "SlackLambdaFunction"].map((id) => ["lambda:GetPolicy", arnOf(id)] as const),
    "lambda list-event-source-mappings": [["lambda:ListEventSourceMappings", "*"]],
    // Those of admit and dns come back with the deployer's `resume`.
    "lambda update-event-source-mapping": named("AWS::Lambda::EventSourceMapping")
      .filter((id) => !/^(Admit|Dns)/.test(id))
      .map((id) => ["lambda:UpdateEventSourceMapping", mapping(id)] as const),
    "logs filter-log-events": groups.map((one) => ["logs:FilterLogEvents", one] as const),
    "logs tail": groups.map((one) => ["logs:FilterLogEvents", one] as const),
    "sns list-subscriptions-by-topic": [["sns:ListSubscriptionsByTopic", idOf("ApprovalsTopic")]],
    "sns subscribe": [["sns:Subscribe", idOf("AlarmsTopic")]],
    "sqs get-queue-attributes": [["sqs:GetQueueAttributes", arnOf("ObserveQueue")]],
  };
}

/** What an administrator does: no policy of the stack has it. */
export const administrators = new Set([
  "service-quotas request-service-quota-increase",
  "cloudtrail create-trail",
  "cloudtrail start-logging",
]);
