// Stacks of a smoke run brought up and taken down with CloudFormation.
import { readFile } from "node:fs/promises";
import {
  CreateChangeSetCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  ListStackResourcesCommand,
  type CloudFormationClient,
  type Stack,
} from "@aws-sdk/client-cloudformation";
import { DeleteObjectCommand, ListObjectsV2Command, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
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
  /** A template of any size goes by way of a bucket. */
  readonly bucket?: string;
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
      ...(await body(cloud, wanted)),
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

async function body(cloud: Cloud, { name, template, bucket }: Wanted): Promise<{ TemplateBody: string } | { TemplateURL: string }> {
  const text = JSON.stringify(template);
  if (bucket === undefined) return { TemplateBody: text };
  await putObject(cloud.s3, bucket, `${name}.json`, text);
  return { TemplateURL: `https://${bucket}.s3.${cloud.region}.amazonaws.com/${name}.json` };
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

export async function upload(s3: S3Client, bucket: string, key: string, file: URL): Promise<void> {
  await putObject(s3, bucket, key, await readFile(file));
}

const putObject = async (s3: S3Client, Bucket: string, Key: string, Body: Buffer | string): Promise<void> =>
  void (await s3.send(new PutObjectCommand({ Bucket, Key, Body })));

/** Safe to repeat; done when the stack is gone. */
export async function deleteStack(cloud: Cloud, name: string, wait: Wait): Promise<void> {
  const { cloudformation } = cloud;
  const stack = await find(cloudformation, name);
  if (stack === undefined) return;
  await emptyBuckets(cloud, name);
  const StackName = stack.StackId ?? name;
  for (const attempt of [1, 2]) {
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

/** CloudFormation does not remove a bucket that holds something. */
async function emptyBuckets({ cloudformation, s3 }: Cloud, StackName: string): Promise<void> {
  const { StackResourceSummaries = [] } = await cloudformation.send(new ListStackResourcesCommand({ StackName }));
  const buckets = StackResourceSummaries.filter(
    ({ ResourceType, ResourceStatus }) => ResourceType === "AWS::S3::Bucket" && ResourceStatus !== "DELETE_COMPLETE",
  );
  for (const { PhysicalResourceId: Bucket } of buckets) {
    if (Bucket === undefined || Bucket === "") continue;
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
    for (const { Key } of Contents) await s3.send(new DeleteObjectCommand({ Bucket, Key }));
  }
}
