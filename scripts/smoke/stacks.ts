// Stacks of a smoke run brought up and taken down with CloudFormation.
import {
  CreateChangeSetCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  paginateListStackResources,
  type CloudFormationClient,
  type Stack,
} from "@aws-sdk/client-cloudformation";
import { NoSuchBucket, type S3Client } from "@aws-sdk/client-s3";
import { emptyBucket } from "../deploy/empty-bucket.ts";
import type { Wait } from "./steps.ts";

interface Cloud {
  readonly cloudformation: CloudFormationClient;
  readonly s3: S3Client;
  readonly region: string;
}

export interface Wanted {
  readonly name: string;
  readonly template: object;
  readonly parameters: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

/** Gives the stack's outputs. */
export async function deployStack(cloud: Cloud, wanted: Wanted, wait: Wait): Promise<Readonly<Record<string, string>>> {
  const { cloudformation } = cloud;
  const { name } = wanted;
  const changeSet = { StackName: name, ChangeSetName: "smoke" };
  await cloudformation.send(
    new CreateChangeSetCommand({
      ...changeSet,
      ChangeSetType: "CREATE",
      Capabilities: ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
      Parameters: Object.entries(wanted.parameters).map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue })),
      Tags: Object.entries(wanted.tags).map(([Key, Value]) => ({ Key, Value })),
      TemplateBody: JSON.stringify(wanted.template),
    }),
  );
  await wait
    .until(`the change set of ${name}`, async () => {
      const { Status, StatusReason } = await cloudformation.send(new DescribeChangeSetCommand(changeSet));
      if (Status === "FAILED") return { failed: StatusReason };
      return Status === "CREATE_COMPLETE" ? { failed: undefined } : undefined;
    })
    .then(({ failed }) => {
      if (failed !== undefined) throw new Error(`CloudFormation refuses the template of ${name}: ${failed}`);
    });
  await cloudformation.send(new ExecuteChangeSetCommand(changeSet));
  const stack = await wait.until(`the stack ${name}`, () => settled(cloudformation, name));
  if (stack.StackStatus !== "CREATE_COMPLETE")
    throw new Error(`The stack ${name} ended ${stack.StackStatus ?? "?"}: ${await reason(cloud, name)}`);
  return Object.fromEntries((stack.Outputs ?? []).map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue]));
}

async function settled(cloudformation: CloudFormationClient, name: string): Promise<Stack | undefined> {
  const { Stacks = [] } = await cloudformation.send(new DescribeStacksCommand({ StackName: name }));
  const [stack] = Stacks;
  return stack?.StackStatus === undefined || stack.StackStatus.endsWith("_IN_PROGRESS") ? undefined : stack;
}

/** The first failure tells the cause; the later ones follow from it. */
async function reason({ cloudformation }: Cloud, name: string): Promise<string> {
  const { StackEvents = [] } = await cloudformation.send(new DescribeStackEventsCommand({ StackName: name }));
  const failed = StackEvents.toReversed().find(
    ({ ResourceStatus = "", ResourceStatusReason }) => ResourceStatus.endsWith("_FAILED") && ResourceStatusReason !== undefined,
  );
  return failed === undefined ? "no reason is given" : `${failed.LogicalResourceId ?? "?"}: ${failed.ResourceStatusReason ?? "?"}`;
}

/** Safe to repeat; done when the stack is gone. */
export async function deleteStack(cloud: Cloud, name: string, wait: Wait): Promise<void> {
  const { cloudformation } = cloud;
  const stack = await find(cloudformation, name);
  if (stack === undefined) return;
  const StackName = stack.StackId ?? name;
  for (const attempt of [1, 2]) {
    // Again before the second time: what was still written while the stack went is there no more to be written by.
    await emptyBuckets(cloud, StackName);
    await cloudformation.send(new DeleteStackCommand({ StackName }));
    const end = await wait.until(`the deletion of the stack ${name}`, () => settled(cloudformation, StackName));
    if (end.StackStatus === "DELETE_COMPLETE") return;
    if (attempt === 2) throw new Error(`The stack ${name} is still there (${end.StackStatus ?? "?"}): ${await reason(cloud, StackName)}`);
  }
}

async function find(cloudformation: CloudFormationClient, name: string): Promise<Stack | undefined> {
  try {
    return (await cloudformation.send(new DescribeStacksCommand({ StackName: name }))).Stacks?.[0];
  } catch (error) {
    if (error instanceof Error && /does not exist/.test(error.message)) return undefined;
    throw error;
  }
}

/** CloudFormation does not remove a bucket that holds something, be it a version that nobody sees. */
export async function emptyBuckets({ cloudformation, s3 }: Pick<Cloud, "cloudformation" | "s3">, StackName: string): Promise<void> {
  for await (const { StackResourceSummaries = [] } of paginateListStackResources({ client: cloudformation }, { StackName }))
    for (const { ResourceType, ResourceStatus, PhysicalResourceId: Bucket = "" } of StackResourceSummaries)
      if (ResourceType === "AWS::S3::Bucket" && ResourceStatus !== "DELETE_COMPLETE" && Bucket !== "") await emptied(s3, Bucket);
}

async function emptied(s3: S3Client, Bucket: string): Promise<void> {
  try {
    await emptyBucket(s3, Bucket);
  } catch (error) {
    if (!(error instanceof NoSuchBucket)) throw error;
  }
}
