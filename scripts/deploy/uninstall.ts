// The end of a deployment: the stack goes; its tables, the proof of its log and its archive stay.
import { paginateDescribeVpcEndpointConnectionNotifications } from "@aws-sdk/client-ec2";

import { stackName } from "./config.ts";
import { installed, type Deployment } from "./deployment.ts";
import { emptyBucket } from "./empty-bucket.ts";
import type { Kept } from "./kept.ts";
import { deleteStack, resourcesOf } from "./stack.ts";
import { Stop } from "./stop.ts";

export interface Uninstalled {
  readonly kept: Kept;
  /** How the checkpoints that stay are locked. */
  readonly lock: { readonly mode: string; readonly days: string };
}

/** `force` leaves services notifying a topic that is gone; they lose nothing by it. */
export async function uninstall(deployment: Deployment, { force }: { readonly force: boolean }): Promise<Uninstalled> {
  const { clients, stage, tell } = deployment;
  const stack = await installed(deployment);
  const resources = await resourcesOf(clients.cloudFormation, stackName(stage));
  const services = force ? [] : await notifying(deployment, resources.get("ConnectionsTopic")?.id);
  if (services.length > 0)
    throw new Stop(
      `${services.join(", ")} ${services.length === 1 ? "is" : "are"} still in Drawbridge's care`,
      `release first: ${services.map((service) => `npx drawbridge services remove ${service} --yes`).join("; ")}`,
    );
  const bucket = resources.get("ServerlessDeploymentBucket")?.id;
  if (bucket !== undefined && bucket !== "") await emptyBucket(clients.s3, bucket);
  const kept = await deleteStack(clients.cloudFormation, stack, tell);
  const { CheckpointLockMode: mode = "", CheckpointLockDays: days = "" } = stack.parameters;
  return { kept, lock: { mode, days } };
}

async function notifying({ clients }: Deployment, topic: string | undefined): Promise<string[]> {
  if (topic === undefined) return [];
  const services = new Set<string>();
  const Filters = [{ Name: "connection-notification-arn", Values: [topic] }];
  for await (const page of paginateDescribeVpcEndpointConnectionNotifications({ client: clients.ec2 }, { Filters }))
    for (const { ServiceId, ConnectionNotificationArn } of page.ConnectionNotificationSet ?? [])
      if (ServiceId !== undefined && ConnectionNotificationArn === topic) services.add(ServiceId);
  return [...services].sort();
}
