// The page docs/rights.md: each right with a story that needs it, the wildcards and the exceptions with their reasons.
import { peopleStatements } from "../infra/packaged.ts";
import type { Granted } from "./needed.ts";
import { storyNames } from "./proof.ts";

/** Where AWS has no resource to name, or nobody knows its name yet. */
export const wildcards: Readonly<Record<string, string>> = {
  "ec2:DescribeVpcEndpointConnections": "EC2 has no resource level for it. Held to the Region by `ec2:Region`.",
  "ec2:DescribeVpcEndpointServiceConfigurations": "EC2 has no resource level for it. Held to the Region by `ec2:Region`.",
  "ec2:DescribeVpcEndpointConnectionNotifications": "EC2 has no resource level for it. Held to the Region by `ec2:Region`.",
  "dynamodb:ListStreams": "DynamoDB has no resource level for it; Lambda asks for it to read a stream, and it tells names only.",
  "ec2:AcceptVpcEndpointConnections": ownServices(),
  "ec2:RejectVpcEndpointConnections": ownServices(),
  "ec2:DescribeVpcEndpointServicePermissions": ownServices(),
  "ec2:ModifyVpcEndpointServicePermissions": ownServices(),
  "ec2:CreateVpcEndpointConnectionNotification": ownServices(),
  "ec2:ModifyVpcEndpointConnectionNotification": ownServices(),
  "ec2:DeleteVpcEndpointConnectionNotifications": ownServices(),
  "ec2:ModifyVpcEndpointServiceConfiguration": ownServices(),
  "ec2:StartVpcEndpointServicePrivateDnsVerification": ownServices(),
  "s3:GetObject": ownObjects(),
  "s3:PutObject": ownObjects(),
  "s3:AbortMultipartUpload": ownObjects(),
};

/** The same in the policies for people, by action; those of the API's routes have one for each part of a path that is an id. */
export const peoplesWildcards: Readonly<Record<string, string>> = {
  "execute-api:Invoke": "A part of the path is an id. OperatorPolicy reads every route, since all by name would grow past what IAM takes.",
  "s3:GetObjectVersion": "Each checkpoint and each key is an object of its own, named by its time.",
  ...Object.fromEntries(
    ["sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:ChangeMessageVisibility", "sqs:DeleteMessage"].map((action) => [
      action,
      "The queues of last resort by what their names end in: sixteen by name would grow past what IAM takes of a policy. Held to this stack's.",
    ]),
  ),
  "cloudwatch:DescribeAlarms": "The alarms of this stack by what their names begin with, for the same reason.",
  "cloudwatch:GetMetricStatistics": inRegion("CloudWatch"),
  "cloudtrail:DescribeTrails": inRegion("CloudTrail"),
  "cloudtrail:LookupEvents": inRegion("CloudTrail"),
  "cloudtrail:GetTrailStatus":
    "A trail may be the organisation's, in another account, and of any Region. It tells whether the trail is on.",
  ...Object.fromEntries(
    ["events:DescribeRule", "events:ListTargetsByRule"].map((action) => [
      action,
      "The rules of this stack's bus, and of the default one by what their names begin with: by name they would grow past what IAM takes.",
    ]),
  ),
  "events:ListRules": inRegion("EventBridge"),
  "lambda:GetAccountSettings": inRegion("Lambda"),
  "lambda:ListEventSourceMappings": inRegion("Lambda"),
  "ec2:ModifyVpcEndpointServiceConfiguration": ownServices(),
};

function inRegion(service: string): string {
  return `${service} has no resource level for it. Held to the Region by \`aws:RequestedRegion\`.`;
}

function ownServices(): string {
  return "Services come into care after the deployment, so their ids are not known. Held to this account and Region, and by `aws:ResourceTag/drawbridge` to the services that their owner tagged.";
}

function ownObjects(): string {
  return "Each checkpoint, each key and each file of the archive is an object of its own, named by its time. Held to one prefix of the one bucket.";
}

/** Service principals that are not held by both source conditions. */
export const exceptions: Readonly<Record<string, string>> = {
  "apigateway.amazonaws.com":
    "AWS documents `aws:SourceArn` for what API Gateway calls and nowhere says that it sends `aws:SourceAccount`; a condition on a key that is not sent refuses every request. The ARN that is asked for holds the account and the API.",
};

/** `before` is the page as it is: a story that it names stays as long as it still needs the right. */
export function rightsPage(granted: readonly Granted[], before: string): string {
  const roles = granted.filter(({ principal }) => principal === undefined);
  const services = granted.filter(({ principal }) => principal !== undefined);
  return [
    "<!-- Printed by `node scripts/rights.ts` from the stories of test/rights; edit those, not this. -->",
    "",
    "# Rights",
    "",
    "Every right that a role or a resource's policy grants, and one story of `test/rights/stories.ts` that is refused something without it. The stories run",
    "the packaged functions on local AWS, which asks IAM's rules before every call; then each single action on each single resource is taken",
    "away, and everything that was asked is asked again. A right that no story needs fails the test, and so does a call that is refused.",
    "",
    "Whether AWS's own IAM judges all of it so has not been seen yet: `npm run smoke:aws` will tell.",
    "",
    ...[...Map.groupBy(roles, ({ holder }) => holder)]
      .sort(byName)
      .flatMap(([role, its]) => [
        `## ${role}`,
        "",
        ...table(["statement", "action", "resource", "refused something without it"], its, before, ({ sid, action, resource }) => [
          sid,
          `\`${action}\``,
          `\`${resource}\``,
        ]),
        "",
      ]),
    "## What AWS's services may do to our resources",
    "",
    ...table(
      ["service", "action", "resource", "refused something without it"],
      services.toSorted((a, b) => a.holder.localeCompare(b.holder)),
      before,
      (cell) => [cell.principal ?? "", `\`${cell.action}\``, `\`${cell.resource}\``],
    ),
    "",
    "Each is held by `aws:SourceArn` to one source and by `aws:SourceAccount` to this account, and so is Lambda in the roles' trust policies",
    "(AWS's page on execution roles names both keys; for the ARN any Lambda resource of this account and Region is taken, since AWS does not",
    "say which one it names when it polls a queue for a function). AWS documents both keys for EventBridge and for CloudWatch's alarms; for what",
    "SNS sends to a queue we found no word on `aws:SourceAccount`, and NotificationsLostAlarm rings if it is missing. The archive's two roles",
    "are held by both keys as well: AWS documents them for EventBridge, whose source is the rule; for Firehose we found them in use and not in AWS's",
    "own pages, and a deployment would fail at ArchiveStream if it did not send them. The exceptions:",
    "",
    ...Object.entries(exceptions).map(([service, reason]) => `- ${service}: ${reason}`),
    "",
    "## What people may do",
    "",
    "The stack makes four managed policies, and their ARNs are outputs (`infra/people.yml`, `docs/adr/005-policies-for-people.md`):",
    "",
    "- AuditorPolicy: every GET of the API. Decides and changes nothing.",
    "- ApproverPolicy: services, entries, connections and questions, and approve and reject; not the log, and no entry but by an answer.",
    "- OperatorPolicy: every route, what `drawbridge redrive` needs of the queues of last resort, the logs and the bus, and what doctor looks at.",
    "- OnCallPolicy, beside it: AWS's own commands of the runbook, and those that doctor prints. It switches on what was switched off, keeps the key of",
    "  the checkpoints, and requires acceptance again; it cannot tag a service, which is its owner's word that Drawbridge may act on it.",
    "",
    "`test/rights/people.test.ts` holds each route and each command against each policy, and takes each single action and resource away: something",
    "that its holder does is refused then. An approver by the link in a mail needs no AWS rights.",
    "",
    "A deployer's policy is no part of the stack, which it is wanted before: `npm run deploy -- policy` prints it, and `test/deploy/policy.test.ts`",
    "holds it against what CloudFormation's handlers of the template's types call (`docs/adr/017-the-deployers-policy.md`).",
    "",
    "## Wildcards",
    "",
    "No action has one. These resources have, each for its reason:",
    "",
    "| action | resource | reason |",
    "|---|---|---|",
    ...[
      ...new Set(
        roles.filter(isWild).map(({ action, resource }) => `| \`${action}\` | \`${resource}\` | ${wildcards[action] ?? "none"} |`),
      ),
    ].sort(),
    "",
    "And in the policies for people:",
    "",
    "| policy | action | resource | reason |",
    "|---|---|---|---|",
    ...peoplesWild().map(
      ({ holder, action, resource }) => `| ${holder} | \`${action}\` | \`${resource}\` | ${peoplesWildcards[action] ?? "none"} |`,
    ),
    "",
    "A log group's own ARN ends in `:*`, which stands for its streams. The topics for notifications and alarms name a source ARN with a",
    "wildcard (any endpoint service, any alarm of this account), and API Gateway's names every route of the one API.",
    "",
  ].join("\n");
}

interface Wild {
  readonly holder: string;
  readonly action: string;
  readonly resource: string;
}

/** Every wildcard of the policies for people; of the routes, each path once. */
export function peoplesWild(): readonly Wild[] {
  return peopleStatements.flatMap(({ holder, actions, resources }) =>
    resources
      .filter((resource) => resource.includes("*"))
      .flatMap((resource) => actions.map((action) => ({ holder, action, resource: inWords(resource) }))),
  );
}

const inWords = (resource: string): string =>
  resource
    .replace(/^arn:.*\$default\//, "")
    .replaceAll(/arn:\$\{AWS::Partition\}:\w[\w-]*:\$\{AWS::Region\}:\$\{AWS::AccountId\}:/g, "")
    .replaceAll(/\$\{(?:AWS::)?(\w+)(?:\.Arn)?\}/g, "$1");

export const isWild = ({ resource }: Granted): boolean => resource.endsWith("*");

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => a.localeCompare(b);

function table(
  head: readonly string[],
  cells: readonly Granted[],
  before: string,
  columns: (cell: Granted) => readonly string[],
): string[] {
  const said = new Set(before.split("\n"));
  const rows = cells.map((cell) => {
    const row = (story: string): string => `| ${[...columns(cell), story].join(" | ")} |`;
    const inOrder = storyNames.filter((name) => cell.neededBy.includes(name));
    return row(inOrder.find((name) => said.has(row(name))) ?? inOrder[0] ?? "**none**");
  });
  return [`| ${head.join(" | ")} |`, `|${"---|".repeat(head.length)}`, ...rows];
}
