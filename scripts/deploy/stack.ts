// Driving CloudFormation: change sets, their execution followed event by event, and the end of a stack.
import {
  CreateChangeSetCommand,
  DeleteChangeSetCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  paginateListStackResources,
  type Change,
  type CreateChangeSetCommandInput,
  type CloudFormationClient,
  type ResourceChange,
  type StackEvent,
} from "@aws-sdk/client-cloudformation";

import { Stop } from "./stop.ts";

export interface StackNow {
  readonly id: string;
  readonly name: string;
  readonly status: string;
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

/** Nothing when there is no such stack. */
export async function stackNow(client: CloudFormationClient, name: string): Promise<StackNow | undefined> {
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: name }));
    const [stack] = Stacks;
    if (stack === undefined) return undefined;
    return {
      id: stack.StackId ?? "",
      name: stack.StackName ?? name,
      status: stack.StackStatus ?? "",
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

/** Logical to physical ids. */
export async function resourcesOf(client: CloudFormationClient, stack: string): Promise<ReadonlyMap<string, { id: string; type: string }>> {
  const found = new Map<string, { id: string; type: string }>();
  for await (const page of paginateListStackResources({ client }, { StackName: stack }))
    for (const { LogicalResourceId = "", PhysicalResourceId = "", ResourceType = "" } of page.StackResourceSummaries ?? [])
      found.set(LogicalResourceId, { id: PhysicalResourceId, type: ResourceType });
  return found;
}

type Asked = Pick<
  CreateChangeSetCommandInput,
  "ChangeSetType" | "TemplateURL" | "TemplateBody" | "ResourcesToImport" | "DeploymentMode"
> & {
  readonly parameters: Readonly<Record<string, string>>;
};

/** Works out what would change; nothing is changed yet. */
export async function changeSet(client: CloudFormationClient, stack: string, asked: Asked): Promise<ChangeSet> {
  const { parameters, ...rest } = asked;
  const made = await client.send(
    new CreateChangeSetCommand({
      StackName: stack,
      ChangeSetName: `drawbridge-${new Date().toISOString().replaceAll(/\D/g, "")}`,
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

export type Tell = (line: string) => void;

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

/** Gives what was kept: physical ids by logical ones. */
export async function deleteStack(
  client: CloudFormationClient,
  { id, name }: StackNow,
  tell: Tell,
): Promise<Readonly<Record<string, string>>> {
  const seen = new Set((await eventsOf(client, id)).map(({ EventId }) => EventId));
  await client.send(new DeleteStackCommand({ StackName: name }));
  const { status, failure } = await follow(client, id, seen, tell);
  if (status !== "DELETE_COMPLETE")
    throw new Stop(`The stack ${name} is ${status}: ${failure ?? "no reason is given"}`, "mend that and repeat it");
  // Also what an earlier try, which did not come to its end, has kept. The newest comes first, and is the one that counts.
  const skipped = (await eventsOf(client, id)).filter(({ ResourceStatus }) => ResourceStatus === "DELETE_SKIPPED");
  return Object.fromEntries(
    skipped.toReversed().map(({ LogicalResourceId = "", PhysicalResourceId = "" }) => [LogicalResourceId, PhysicalResourceId]),
  );
}

interface Followed {
  readonly status: string;
  readonly failure?: string;
}

async function follow(client: CloudFormationClient, stack: string, seen: Set<string | undefined>, tell: Tell): Promise<Followed> {
  let failure: string | undefined;
  for (const wait = waits(); ; await wait()) {
    const fresh = (await eventsOf(client, stack)).filter(({ EventId }) => !seen.has(EventId)).toReversed();
    for (const event of fresh) {
      seen.add(event.EventId);
      const { LogicalResourceId = "", ResourceType = "", ResourceStatus = "", ResourceStatusReason, PhysicalResourceId = "" } = event;
      if (ResourceStatus.endsWith("_FAILED") && !/cancelled/i.test(ResourceStatusReason ?? "")) {
        failure ??= `${LogicalResourceId} (${ResourceType}): ${ResourceStatusReason ?? "failed"}`;
        tell(`  ${ResourceStatus.padEnd(20)} ${LogicalResourceId}: ${ResourceStatusReason ?? ""}`);
      }
      const isStack =
        ResourceType === "AWS::CloudFormation::Stack" && (PhysicalResourceId === event.StackId || LogicalResourceId === event.StackName);
      if (isStack) tell(`  ${ResourceStatus.padEnd(20)} ${LogicalResourceId}`);
      if (isStack && /_(COMPLETE|FAILED)$/.test(ResourceStatus) && !ResourceStatus.includes("CLEANUP"))
        return { status: ResourceStatus, ...(failure === undefined ? {} : { failure }) };
    }
  }
}

/** Newest first. */
async function eventsOf(client: CloudFormationClient, stack: string): Promise<StackEvent[]> {
  const all: StackEvent[] = [];
  let next: string | undefined;
  do {
    const page: { StackEvents?: StackEvent[] | undefined; NextToken?: string | undefined } = await client.send(
      new DescribeStackEventsCommand({ StackName: stack, ...(next === undefined ? {} : { NextToken: next }) }),
    );
    all.push(...(page.StackEvents ?? []));
    next = page.NextToken;
  } while (next !== undefined);
  return all;
}

/** Looks often at first and every few seconds later: CloudFormation allows few calls. */
export function waits(): () => Promise<void> {
  let milliseconds = 50;
  return () => {
    milliseconds = Math.min(milliseconds * 1.5, 3000);
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
  };
}
