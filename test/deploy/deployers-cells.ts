// The cells (action and resource) of the policies that a deployer has: which of them a walk on local AWS cannot do without, each taken away by itself.
import { evaluate, type Question } from "../../local/authorize.ts";
import type { Policy, Statement } from "../../scripts/deploy/policy.ts";

export interface Cell {
  readonly sid: string;
  readonly action: string;
  readonly resource: string;
}

/**
 * What no walk on local AWS asks for, by the reason: all that AWS's resource types call besides what does the work. After their
 * handlers, as scripts/deploy/handlers.ts is; a real account has not been asked yet.
 */
export const beyondLocalAws: Readonly<Record<string, readonly string[]>> = {
  "CloudFormation reads what it has made; local AWS knows it without a call": [
    "athena:GetNamedQuery athena:GetWorkGroup athena:ListNamedQueries cloudwatch:DescribeAlarms cloudwatch:GetDashboard",
    "dynamodb:DescribeContributorInsights dynamodb:DescribeKinesisStreamingDestination dynamodb:GetResourcePolicy",
    "events:DescribeEventBus firehose:DescribeDeliveryStream glue:GetDatabase glue:GetTable iam:GetPolicy iam:GetPolicyVersion iam:GetRole",
    "iam:GetRolePolicy iam:ListAttachedRolePolicies iam:ListEntitiesForPolicy iam:ListPolicyVersions iam:ListRolePolicies kms:GetKeyPolicy",
    "lambda:GetFunctionCodeSigningConfig lambda:GetFunctionEventInvokeConfig lambda:GetFunctionRecursionConfig lambda:GetPolicy",
    "lambda:GetRuntimeManagementConfig logs:DescribeLogGroups logs:GetDataProtectionPolicy s3:GetBucketObjectLockConfiguration",
    "s3:GetBucketOwnershipControls s3:GetBucketPolicy s3:GetBucketPublicAccessBlock s3:GetBucketVersioning s3:GetEncryptionConfiguration",
    "s3:GetLifecycleConfiguration secretsmanager:DescribeSecret sns:GetDataProtectionPolicy sns:GetTopicAttributes",
    "sns:ListSubscriptionsByTopic sqs:GetQueueUrl",
  ],
  "tags of the stack, which a deployment may be given later": [
    "athena:ListTagsForResource athena:TagResource athena:UntagResource cloudwatch:ListTagsForResource cloudwatch:TagResource",
    "cloudwatch:UntagResource dynamodb:ListTagsOfResource dynamodb:TagResource dynamodb:UntagResource events:ListTagsForResource",
    "events:TagResource events:UntagResource firehose:ListTagsForDeliveryStream firehose:TagDeliveryStream firehose:UntagDeliveryStream",
    "iam:TagRole iam:UntagRole kms:ListResourceTags kms:TagResource kms:UntagResource lambda:ListTags lambda:TagResource",
    "lambda:UntagResource logs:ListTagsForResource logs:TagResource logs:UntagResource s3:GetBucketTagging s3:PutBucketTagging",
    "secretsmanager:TagResource secretsmanager:UntagResource sns:ListTagsForResource sns:TagResource sns:UntagResource",
    "sqs:ListQueueTags sqs:TagQueue sqs:UntagQueue",
  ],
  "a change that no version of the walk makes, and a later one may": [
    "athena:UpdateWorkGroup events:UpdateEventBus firehose:UpdateDestination glue:UpdateDatabase glue:UpdateTable iam:DeletePolicyVersion",
    "iam:UpdateAssumeRolePolicy iam:UpdateRole kms:PutKeyPolicy kms:UpdateKeyDescription lambda:UpdateFunctionEventInvokeConfig",
    "logs:DeleteRetentionPolicy secretsmanager:UpdateSecret sns:SetSubscriptionAttributes",
  ],
  "one right for all buckets of the stack, of which only some have the setting": [
    "s3:PutBucketObjectLockConfiguration s3:PutBucketOwnershipControls s3:PutBucketPublicAccessBlock s3:PutBucketVersioning",
    "s3:PutLifecycleConfiguration",
  ],
  "the stream of the archive is encrypted after it is made": ["firehose:StartDeliveryStreamEncryption"],
  "the simulator of policies knows no HTTP APIs": ["apigateway:DELETE apigateway:GET apigateway:PATCH apigateway:POST apigateway:PUT"],
  "what API Gateway's access log is delivered by, which local AWS does not have": [
    "logs:CreateLogDelivery logs:DeleteLogDelivery logs:DescribeResourcePolicies logs:GetLogDelivery logs:ListLogDeliveries",
    "logs:PutResourcePolicy logs:UpdateLogDelivery",
  ],
  "AWS's reference names the stack for a call on a change set; where a call gives the change set's ARN alone, AWS may ask about that": [
    "cloudformation:CreateChangeSet cloudformation:DeleteChangeSet cloudformation:DeleteStack cloudformation:DescribeChangeSet",
    "cloudformation:DescribeStackEvents cloudformation:DescribeStacks cloudformation:ExecuteChangeSet cloudformation:GetTemplate",
    "cloudformation:ListStackResources",
  ],
  "S3 tells of a lock only to whoever may see it; local AWS tells everybody": ["s3:GetObjectRetention"],
};

const list = (value: string | readonly string[]): readonly string[] => (typeof value === "string" ? [value] : value);
const serviceOf = (resource: string): string | undefined => /^arn:[^:]+:([^:]+):/.exec(resource)?.[1];

/** Statements hold several services' resources; an action meets its own service's alone. */
function cellsOf({ Sid: sid, Action, Resource }: Statement): Cell[] {
  return Action.flatMap((action) =>
    list(Resource).flatMap((resource) => {
      const service = serviceOf(resource);
      return service === undefined || service === action.split(":")[0] ? [{ sid, action, resource }] : [];
    }),
  );
}

export const cellsIn = (policies: readonly Policy[]): readonly Cell[] => policies.flatMap(({ Statement }) => Statement.flatMap(cellsOf));

function without({ Version, Statement }: Policy, cell: Cell): Policy {
  const reduced = Statement.flatMap((one): Statement[] => {
    if (one.Sid !== cell.sid) return [one];
    const resources = list(one.Resource);
    const others = one.Action.filter((action) => action !== cell.action);
    const left = resources.filter((resource) => resource !== cell.resource);
    return [
      ...(others.length === 0 ? [] : [{ ...one, Action: others }]),
      ...(left.length === 0 ? [] : [{ ...one, Sid: `${one.Sid}Left`, Action: [cell.action], Resource: left }]),
    ];
  });
  return { Version, Statement: reduced };
}

const matches = (pattern: string, resource: string): boolean =>
  new RegExp(`^${pattern.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`).replaceAll("*", ".*")}$`).test(resource);

/** Whether something that was asked, and allowed by these policies, is refused without the cell. */
export async function isNeeded(cell: Cell, policies: readonly Policy[], asked: readonly Question[]): Promise<boolean> {
  const mine = asked.filter(({ action, resource }) => action === cell.action && matches(cell.resource, resource));
  const named = (documents: readonly Policy[]) => documents.map((document, index) => ({ name: String(index), document }));
  for (const question of mine) {
    const [all, reduced] = [named(policies), named(policies.map((policy) => without(policy, cell)))];
    if ((await evaluate({ ...question, policies: all })) !== "allowed") continue;
    if ((await evaluate({ ...question, policies: reduced })) !== "allowed") return true;
  }
  return false;
}

export async function notNeeded(policies: readonly Policy[], asked: readonly Question[]): Promise<readonly Cell[]> {
  const idle: Cell[] = [];
  for (const cell of cellsIn(policies)) if (!(await isNeeded(cell, policies, asked))) idle.push(cell);
  return idle;
}
