// The end of a stack, and those that came to theirs before: what each kept stands in its events for 90 days.
import { DeleteStackCommand, paginateListStacks, type CloudFormationClient, type StackEvent } from "@aws-sdk/client-cloudformation";

import { eventsOf, follow, isStacks, waits, type Followed, type Tell } from "./stack-events.ts";
import { stackNow, type StackNow } from "./stack.ts";

/** Has CloudFormation delete it, or follows what an earlier run had it do. `accepted` is called once nobody can refuse it any more. */
export async function deleteStack(
  client: CloudFormationClient,
  stack: StackNow,
  tell: Tell,
  accepted: () => Promise<unknown>,
): Promise<Followed> {
  const { id, name, status } = stack;
  const all = await eventsOf(client, id);
  const isGoing = status === "DELETE_IN_PROGRESS";
  const seen = isGoing ? sinceItGoes(all) : all;
  if (!isGoing) await client.send(new DeleteStackCommand({ StackName: name }));
  if (status === "REVIEW_IN_PROGRESS") return untilGone(client, id);
  await accepted();
  return follow(client, id, new Set(seen.map(({ EventId }) => EventId)), tell);
}

function sinceItGoes(all: readonly StackEvent[]): readonly StackEvent[] {
  const began = all.findIndex((event) => isStacks(event) && event.ResourceStatus === "DELETE_IN_PROGRESS");
  return all.slice(Math.max(began, 0));
}

/** One that holds nothing but change sets. */
async function untilGone(client: CloudFormationClient, id: string): Promise<Followed> {
  for (const wait = waits(); ; await wait()) {
    const now = await stackNow(client, id);
    if (now === undefined || now.status === "DELETE_COMPLETE") return { status: "DELETE_COMPLETE", failed: [] };
  }
}

/** Physical ids by logical ones. */
export async function keptBy(client: CloudFormationClient, id: string): Promise<Readonly<Record<string, string>>> {
  const events = await eventsOf(client, id);
  // Also what an earlier try kept that did not come to its end; not what a change parted from the stack before.
  const before = events.findIndex((event) => isStacks(event) && event.ResourceStatus?.startsWith("DELETE_") !== true);
  const skipped = events.slice(0, before === -1 ? undefined : before).filter(({ ResourceStatus }) => ResourceStatus === "DELETE_SKIPPED");
  return Object.fromEntries(
    skipped.toReversed().map(({ LogicalResourceId = "", PhysicalResourceId = "" }) => [LogicalResourceId, PhysicalResourceId]),
  );
}

export interface Gone {
  readonly id: string;
  readonly at: Date;
}

/** Stacks of that name that are gone, the last one first. */
export async function goneStacks(client: CloudFormationClient, name: string): Promise<readonly Gone[]> {
  const found: Gone[] = [];
  for await (const page of paginateListStacks({ client }, { StackStatusFilter: ["DELETE_COMPLETE"] }))
    for (const { StackName, StackId = "", DeletionTime: at = new Date(0) } of page.StackSummaries ?? [])
      if (StackName === name) found.push({ id: StackId, at });
  return found.toSorted((one, other) => other.at.getTime() - one.at.getTime());
}
