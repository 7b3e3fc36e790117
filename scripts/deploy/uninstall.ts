// The end of a deployment: the stack goes; its tables, the proof of its log and its archive stay. Broken off, it is repeated.
import { NoSuchBucket } from "@aws-sdk/client-s3";
import { paginateDescribeVpcEndpointConnectionNotifications } from "@aws-sdk/client-ec2";

import { stackName } from "./config.ts";
import { noStack, type Deployment } from "./deployment.ts";
import { emptyBucket } from "./empty-bucket.ts";
import { keptOf, type Kept } from "./kept.ts";
import { deleteStack, goneStacks, keptBy } from "./stack-end.ts";
import { isUnderWay, resourcesOf, stackNow, templateOf, type StackNow } from "./stack.ts";
import { Stop } from "./stop.ts";

export interface Uninstalled {
  readonly kept: Kept;
  /** How the checkpoints that stay are locked. */
  readonly lock: { readonly mode: string; readonly days: string };
  /** When, where it was gone already. */
  readonly before?: Date;
}

type Resources = Awaited<ReturnType<typeof resourcesOf>>;
const deploymentBucket = "ServerlessDeploymentBucket";

/** `force` leaves services notifying a topic that is gone; they lose nothing by it. */
export async function uninstall(deployment: Deployment, { force }: { readonly force: boolean }): Promise<Uninstalled> {
  const { clients, stage } = deployment;
  const stack = await stackNow(clients.cloudFormation, stackName(stage));
  if (stack === undefined) return lastOne(deployment);
  refuseUndeletable(stack);
  const resources = await resourcesOf(clients.cloudFormation, stack.id);
  const services = force ? [] : await notifying(deployment, resources.get("ConnectionsTopic")?.id);
  if (services.length > 0)
    throw new Stop(
      `${services.join(", ")} ${services.length === 1 ? "is" : "are"} still in Drawbridge's care`,
      `release first: ${services.map((service) => `npx drawbridge services remove ${service} --yes`).join("; ")}`,
    );
  await tellStaying(deployment, stack, resources);
  await takeDown(deployment, stack, resources.get(deploymentBucket)?.id);
  return { kept: await keptBy(clients.cloudFormation, stack.id), lock: lockOf(stack) };
}

/** Before anything goes: CloudFormation would refuse it. */
function refuseUndeletable(stack: StackNow): void {
  const { name, status, isProtected } = stack;
  if (isProtected)
    throw new Stop(
      `${name} is protected from deletion; nothing was changed`,
      `if it is meant: aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name ${name}`,
    );
  if (isUnderWay(stack) && !/^(CREATE|DELETE)_/.test(status))
    throw new Stop(`${name} is ${status}: it is being changed; nothing was deleted`, "wait until that has ended, and repeat it");
}

/** The names of what stays, while there is a stack that tells them: whatever becomes of this run, they have been read. */
async function tellStaying({ clients, tell }: Deployment, { id }: StackNow, resources: Resources): Promise<void> {
  if (resources.size === 0) return;
  const staying = Object.keys(keptOf(await templateOf(clients.cloudFormation, id)).Resources).filter((one) => resources.has(one));
  if (staying.length === 0) return;
  tell("What it holds stays:");
  for (const logicalId of staying) tell(`  ${logicalId.padEnd(18)} ${resources.get(logicalId)?.id ?? ""}`);
}

/**
 * The deployment's history goes with its bucket, so that this is emptied only when CloudFormation has accepted to delete the stack. It comes
 * to the bucket after all functions; where it came there before, it is asked again.
 */
async function takeDown({ clients, tell }: Deployment, stack: StackNow, bucket: string | undefined): Promise<void> {
  const empty = async (): Promise<void> => {
    if (bucket === undefined || bucket === "") return;
    await emptyBucket(clients.s3, bucket).catch((error: unknown) => {
      if (!(error instanceof NoSuchBucket)) throw error;
    });
  };
  // Nothing can be brought back from it any more.
  if (stack.status === "DELETE_FAILED") await empty();
  let ended = await deleteStack(clients.cloudFormation, stack, tell, empty);
  if (ended.failed.length === 1 && ended.failed[0] === deploymentBucket) {
    await empty();
    ended = await deleteStack(clients.cloudFormation, { ...stack, status: ended.status }, tell, empty);
  }
  if (ended.status !== "DELETE_COMPLETE")
    throw new Stop(`The stack ${stack.name} is ${ended.status}: ${ended.failure ?? "no reason is given"}`, "mend that and repeat it");
}

/** An earlier run may not have lived to tell what was kept. */
async function lastOne({ clients, stage }: Deployment): Promise<Uninstalled> {
  for (const { id, at } of await goneStacks(clients.cloudFormation, stackName(stage))) {
    const kept = await keptBy(clients.cloudFormation, id);
    const stack = await stackNow(clients.cloudFormation, id);
    if (stack !== undefined && Object.keys(kept).length > 0) return { kept, lock: lockOf(stack), before: at };
  }
  throw noStack(stage);
}

const lockOf = ({ parameters: { CheckpointLockMode: mode = "", CheckpointLockDays: days = "" } }: StackNow): Uninstalled["lock"] => ({
  mode,
  days,
});

async function notifying({ clients }: Deployment, topic: string | undefined): Promise<string[]> {
  if (topic === undefined) return [];
  const services = new Set<string>();
  const Filters = [{ Name: "connection-notification-arn", Values: [topic] }];
  for await (const page of paginateDescribeVpcEndpointConnectionNotifications({ client: clients.ec2 }, { Filters }))
    for (const { ServiceId, ConnectionNotificationArn } of page.ConnectionNotificationSet ?? [])
      if (ServiceId !== undefined && ConnectionNotificationArn === topic) services.add(ServiceId);
  return [...services].sort();
}
