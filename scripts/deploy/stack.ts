// A stack as CloudFormation shows it, and what changes it: change sets, made, looked through, and carried out to their end.
import {
  CreateChangeSetCommand,
  DeleteChangeSetCommand,
  DescribeChangeSetCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  GetTemplateCommand,
  paginateListStackResources,
  type Change,
  type CreateChangeSetCommandInput,
  type CloudFormationClient,
  type ResourceChange,
} from "@aws-sdk/client-cloudformation";

import type { Template } from "../template.ts";
import { eventsOf, follow, waits, type Tell } from "./stack-events.ts";
import { Stop } from "./stop.ts";

export interface StackNow {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  /** Somebody asked that nobody deletes it. */
  readonly isProtected: boolean;
  readonly outputs: Readonly<Record<string, string>>;
  readonly parameters: Readonly<Record<string, string>>;
}

export interface ChangeSet {
  readonly id: string;
  readonly stack: string;
  /** None when there is nothing to do. */
  readonly changes: readonly ResourceChange[];
  readonly empty: boolean;
}

/** By its name, or by its id even when it is gone. Nothing when there is no such stack. */
export async function stackNow(client: CloudFormationClient, name: string): Promise<StackNow | undefined> {
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: name }));
    const [stack] = Stacks;
    if (stack === undefined) return undefined;
    return {
      id: stack.StackId ?? "",
      name: stack.StackName ?? name,
      status: stack.StackStatus ?? "",
      isProtected: stack.EnableTerminationProtection === true,
      outputs: pairs((stack.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue])),
      parameters: pairs((stack.Parameters ?? []).map(({ ParameterKey, ParameterValue }) => [ParameterKey, ParameterValue])),
    };
  } catch (error) {
    if (error instanceof Error && error.message.includes("does not exist")) return undefined;
    throw error;
  }
}

const pairs = (all: readonly (readonly [string | undefined, string | undefined])[]): Readonly<Record<string, string>> =>
  Object.fromEntries(all.map(([name = "", value = ""]) => [name, value]));

/** Somebody, or an earlier run, is changing it; where nothing but a change set was made, nobody is. */
export const isUnderWay = ({ status }: StackNow): boolean => status.endsWith("_IN_PROGRESS") && status !== "REVIEW_IN_PROGRESS";

/** As it was last sent. */
export async function templateOf(client: CloudFormationClient, StackName: string): Promise<Template> {
  const { TemplateBody = "{}" } = await client.send(new GetTemplateCommand({ StackName }));
  return JSON.parse(TemplateBody) as Template;
}

/** Logical to physical ids, of what is there. */
export async function resourcesOf(client: CloudFormationClient, stack: string): Promise<ReadonlyMap<string, { id: string; type: string }>> {
  const found = new Map<string, { id: string; type: string }>();
  for await (const page of paginateListStackResources({ client }, { StackName: stack }))
    for (const { LogicalResourceId = "", PhysicalResourceId = "", ResourceType = "", ResourceStatus } of page.StackResourceSummaries ?? [])
      if (ResourceStatus !== "DELETE_COMPLETE") found.set(LogicalResourceId, { id: PhysicalResourceId, type: ResourceType });
  return found;
}

type Asked = Pick<
  CreateChangeSetCommandInput,
  "ChangeSetType" | "TemplateURL" | "TemplateBody" | "ResourcesToImport" | "DeploymentMode"
> & {
  readonly parameters: Readonly<Record<string, string>>;
  /** Instead of one that tells the time. */
  readonly name?: string;
};

/** Works out what would change; nothing is changed yet. */
export async function changeSet(client: CloudFormationClient, stack: string, asked: Asked): Promise<ChangeSet> {
  const { parameters, name = `drawbridge-${new Date().toISOString().replaceAll(/\D/g, "")}`, ...rest } = asked;
  const made = await client.send(
    new CreateChangeSetCommand({
      StackName: stack,
      ChangeSetName: name,
      Capabilities: ["CAPABILITY_IAM"],
      Parameters: Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue })),
      ...rest,
    }),
  );
  const id = made.Id ?? "";
  for (const wait = waits(); ; await wait()) {
    const { Status, StatusReason = "", Changes = [], NextToken } = await client.send(new DescribeChangeSetCommand({ ChangeSetName: id }));
    if (Status === "CREATE_COMPLETE") {
      const more = NextToken === undefined ? [] : await furtherChanges(client, id, NextToken);
      return { id, stack, changes: [...Changes, ...more].flatMap(({ ResourceChange }) => ResourceChange ?? []), empty: false };
    }
    if (Status === "FAILED") {
      if (!/didn't contain changes|No updates are to be performed/.test(StatusReason))
        throw new Stop(`CloudFormation refuses the change: ${StatusReason}`);
      await client.send(new DeleteChangeSetCommand({ ChangeSetName: id }));
      return { id, stack, changes: [], empty: true };
    }
  }
}

async function furtherChanges(client: CloudFormationClient, id: string, token: string): Promise<Change[]> {
  const all: Change[] = [];
  for (let next: string | undefined = token; next !== undefined;) {
    const page: { Changes?: Change[] | undefined; NextToken?: string | undefined } = await client.send(
      new DescribeChangeSetCommand({ ChangeSetName: id, NextToken: next }),
    );
    all.push(...(page.Changes ?? []));
    next = page.NextToken;
  }
  return all;
}

export async function dropChangeSet(client: CloudFormationClient, { id }: ChangeSet): Promise<void> {
  await client.send(new DeleteChangeSetCommand({ ChangeSetName: id }));
}

/** Carries it out and follows it to its end. Throws a Stop that names the first thing that failed. */
export async function execute(client: CloudFormationClient, { id, stack }: ChangeSet, tell: Tell): Promise<StackNow> {
  const seen = new Set((await eventsOf(client, stack)).map(({ EventId }) => EventId));
  await client.send(new ExecuteChangeSetCommand({ ChangeSetName: id }));
  const { status, failure } = await follow(client, stack, seen, tell);
  if (!/^(CREATE|UPDATE|IMPORT)_COMPLETE$/.test(status))
    throw new Stop(`The stack ${stack} is ${status}: ${failure ?? "no reason is given"}`, remedyOf(status));
  const now = await stackNow(client, stack);
  if (now === undefined) throw new Stop(`The stack ${stack} is gone`);
  return now;
}

const remedyOf = (status: string): string =>
  status === "ROLLBACK_COMPLETE"
    ? "mend that; then remove what is left with npm run deploy -- uninstall, and deploy again"
    : /^UPDATE_ROLLBACK_COMPLETE$|^IMPORT_ROLLBACK_COMPLETE$/.test(status)
      ? "the stack is as it was before; mend that and deploy again"
      : "see its events: aws cloudformation describe-stack-events";
