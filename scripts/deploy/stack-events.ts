// Following what CloudFormation does to a stack, event by event.
import { DescribeStackEventsCommand, type CloudFormationClient, type StackEvent } from "@aws-sdk/client-cloudformation";

export type Tell = (line: string) => void;

export interface Followed {
  readonly status: string;
  /** The first thing that failed, with its reason. */
  readonly failure?: string;
  /** Everything that failed, by its logical id. */
  readonly failed: readonly string[];
}

/** Until an event after those seen says that the stack has come to an end. */
export async function follow(client: CloudFormationClient, stack: string, seen: Set<string | undefined>, tell: Tell): Promise<Followed> {
  const failures = new Map<string, string>();
  for (const wait = waits(); ; await wait()) {
    const fresh = (await eventsOf(client, stack)).filter(({ EventId }) => !seen.has(EventId)).toReversed();
    for (const event of fresh) {
      seen.add(event.EventId);
      const { LogicalResourceId = "", ResourceType = "", ResourceStatus = "", ResourceStatusReason } = event;
      const ofStack = isStacks(event);
      if (!ofStack && ResourceStatus.endsWith("_FAILED") && !/cancelled/i.test(ResourceStatusReason ?? "")) {
        failures.set(LogicalResourceId, `${LogicalResourceId} (${ResourceType}): ${ResourceStatusReason ?? "failed"}`);
        tell(`  ${ResourceStatus.padEnd(20)} ${LogicalResourceId}: ${ResourceStatusReason ?? ""}`);
      }
      if (ofStack) tell(`  ${ResourceStatus.padEnd(20)} ${LogicalResourceId}`);
      if (ofStack && /_(COMPLETE|FAILED)$/.test(ResourceStatus) && !ResourceStatus.includes("CLEANUP")) {
        const failure = failures.values().next().value ?? ResourceStatusReason;
        return { status: ResourceStatus, failed: [...failures.keys()], ...(failure === undefined ? {} : { failure }) };
      }
    }
  }
}

/** Of the stack itself, not of one of its resources. */
export const isStacks = ({ ResourceType, PhysicalResourceId = "", StackId, LogicalResourceId, StackName }: StackEvent): boolean =>
  ResourceType === "AWS::CloudFormation::Stack" && (PhysicalResourceId === StackId || LogicalResourceId === StackName);

/** Newest first. */
export async function eventsOf(client: CloudFormationClient, stack: string): Promise<StackEvent[]> {
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
