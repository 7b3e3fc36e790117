// The connection notification of an endpoint service: what makes AWS tell our topic of its connections.

import {
  CreateVpcEndpointConnectionNotificationCommand,
  DeleteVpcEndpointConnectionNotificationsCommand,
  DescribeVpcEndpointConnectionNotificationsCommand,
  ModifyVpcEndpointConnectionNotificationCommand,
  type ConnectionNotification,
  type EC2Client,
} from "@aws-sdk/client-ec2";
import { Fault } from "../faults.ts";
import type { ServiceId } from "../ids.ts";
import { calling } from "./errors.ts";

/** All that AWS tells. None says that a connection has become available, failed or expired. */
const connectionEvents = ["Accept", "Connect", "Delete", "Reject"] as const;

/** One that AWS has disabled is made anew, since no call enables it. */
export async function notify(client: EC2Client, service: ServiceId, topic: string): Promise<string> {
  const found = await find(client, service, topic);
  if (found?.ConnectionNotificationId === undefined) return create(client, service, topic);
  const id = found.ConnectionNotificationId;
  if (!enabled(found)) {
    await stopNotifying(client, id);
    return create(client, service, topic);
  }
  if (connectionEvents.some((event) => !found.ConnectionEvents?.includes(event)))
    await calling("ec2:ModifyVpcEndpointConnectionNotification", () =>
      client.send(
        new ModifyVpcEndpointConnectionNotificationCommand({
          ConnectionNotificationId: id,
          ConnectionNotificationArn: topic,
          ConnectionEvents: [...connectionEvents],
        }),
      ),
    );
  return id;
}

export async function notification(client: EC2Client, service: ServiceId, topic: string): Promise<string | undefined> {
  const found = await find(client, service, topic);
  return found !== undefined && enabled(found) ? found.ConnectionNotificationId : undefined;
}

const enabled = ({ ConnectionNotificationState: state }: ConnectionNotification): boolean => state?.toLowerCase() !== "disabled";

export async function stopNotifying(client: EC2Client, notification: string): Promise<void> {
  const action = "ec2:DeleteVpcEndpointConnectionNotifications";
  try {
    const { Unsuccessful = [] } = await calling(action, () =>
      client.send(
        new DeleteVpcEndpointConnectionNotificationsCommand({
          ConnectionNotificationIds: [notification],
        }),
      ),
    );
    for (const { Error: error } of Unsuccessful)
      throw new Fault(error?.Code ?? "Unsuccessful", action, `${notification}: ${error?.Message ?? "AWS gives no reason"}`, false);
  } catch (error) {
    if (!(error instanceof Fault && gone.test(error.code))) throw error;
  }
}

const gone = /^InvalidConnectionNotification(Id)?(\.NotFound)?$/;

async function find(client: EC2Client, service: ServiceId, topic: string): Promise<ConnectionNotification | undefined> {
  const Filters = [
    { Name: "service-id", Values: [service] },
    { Name: "connection-notification-arn", Values: [topic] },
  ];
  let NextToken: string | undefined;
  do {
    const command = new DescribeVpcEndpointConnectionNotificationsCommand({
      Filters,
      ...(NextToken === undefined ? {} : { NextToken }),
    });
    const reply = await calling("ec2:DescribeVpcEndpointConnectionNotifications", () => client.send(command));
    const found = reply.ConnectionNotificationSet?.find(
      ({ ServiceId, ConnectionNotificationArn }) => ServiceId === service && ConnectionNotificationArn === topic,
    );
    if (found !== undefined) return found;
    NextToken = reply.NextToken === "" ? undefined : reply.NextToken;
  } while (NextToken !== undefined);
  return undefined;
}

async function create(client: EC2Client, service: ServiceId, topic: string): Promise<string> {
  const action = "ec2:CreateVpcEndpointConnectionNotification";
  const command = new CreateVpcEndpointConnectionNotificationCommand({
    ServiceId: service,
    ConnectionNotificationArn: topic,
    ConnectionEvents: [...connectionEvents],
  });
  const { ConnectionNotification: made } = await calling(action, () => client.send(command));
  if (made?.ConnectionNotificationId === undefined)
    throw new Fault("UnexpectedReply", action, `AWS gave no id for the notification of ${service}`, true);
  return made.ConnectionNotificationId;
}
