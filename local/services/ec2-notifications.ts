// Connection notifications: which topic is told of which events, and what it is told.

import { optionalText, text, texts } from "../members.ts";
import { AwsError } from "../service.ts";
import type { Call } from "../service.ts";
import { filtered, paged } from "./ec2-lists.ts";
import { newId, once, ownService } from "./ec2-state.ts";
import type { ConnectionEvent, ConnectionNotification, Ec2Action, Ec2State, Endpoint } from "./ec2-state.ts";

const EVENTS = new Set(["Accept", "Connect", "Delete", "Reject"]);

export interface Notification {
  readonly topicArn: string;
  /** The owner of the endpoint service: `aws:SourceAccount`. */
  readonly account: string;
  /** `aws:SourceArn` */
  readonly serviceArn: string;
  readonly subject: string;
  readonly message: string;
}

export const notificationActions: Readonly<Record<string, Ec2Action>> = {
  CreateVpcEndpointConnectionNotification: (state, call) => once(state, call, () => create(state, call)),
  DescribeVpcEndpointConnectionNotifications(state, call) {
    const id = optionalText(call.input, "ConnectionNotificationId");
    const mine = [...state.notifications.values()].filter((one) => one.owner === call.caller.account);
    const wanted = id === undefined ? mine : [own(state, call, id)];
    const found = filtered(call, wanted, {
      "connection-notification-arn": (one) => one.topicArn,
      "connection-notification-id": (one) => one.id,
      "connection-notification-state": () => "Enabled",
      "connection-notification-type": () => "Topic",
      "service-id": (one) => one.serviceId,
      "vpc-endpoint-id": (one) => one.endpointId,
    });
    const { page, ...more } = paged(call, found);
    return { ConnectionNotificationSet: page.map((one) => described(state, one)), ...more };
  },
  ModifyVpcEndpointConnectionNotification(state, call) {
    const notification = own(state, call, text(call.input, "ConnectionNotificationId"));
    const topicArn = optionalText(call.input, "ConnectionNotificationArn");
    const events = texts(call.input, "ConnectionEvents");
    if (topicArn !== undefined) checkTopic(topicArn);
    checkEvents(events);
    notification.topicArn = topicArn ?? notification.topicArn;
    if (events.length > 0) notification.events = [...new Set(events)];
    return { ReturnValue: true };
  },
  DeleteVpcEndpointConnectionNotifications(state, call) {
    const Unsuccessful = texts(call.input, "ConnectionNotificationIds").flatMap((id) => {
      if (state.notifications.get(id)?.owner === call.caller.account && state.notifications.delete(id)) return [];
      return [
        { ResourceId: id, Error: { Code: "InvalidConnectionNotification", Message: `The connection notification '${id}' does not exist` } },
      ];
    });
    return { Unsuccessful };
  },
};

function create(state: Ec2State, call: Call): unknown {
  const { input, caller } = call;
  const serviceId = optionalText(input, "ServiceId");
  const endpointId = optionalText(input, "VpcEndpointId");
  if ((serviceId === undefined) === (endpointId === undefined)) {
    throw new AwsError("InvalidParameterCombination", "Exactly one of ServiceId and VpcEndpointId must be specified");
  }
  if (serviceId !== undefined) ownService(state, caller.account, serviceId);
  if (endpointId !== undefined && state.endpoints.get(endpointId)?.owner !== caller.account) {
    throw new AwsError("InvalidVpcEndpointId.NotFound", `The Vpc Endpoint Id '${endpointId}' does not exist`);
  }
  const topicArn = text(input, "ConnectionNotificationArn");
  const events = texts(input, "ConnectionEvents");
  checkTopic(topicArn);
  if (events.length === 0) throw new AwsError("MissingParameter", "The request must contain the parameter ConnectionEvents");
  checkEvents(events);
  const notification: ConnectionNotification = {
    id: newId("vpce-nfn"),
    owner: caller.account,
    sequence: state.next(),
    serviceId,
    endpointId,
    topicArn,
    events: [...new Set(events)],
  };
  state.notifications.set(notification.id, notification);
  return { ConnectionNotification: described(state, notification), ClientToken: optionalText(input, "ClientToken") };
}

/** What goes out for one event: one message for each notification that asked for it. */
export function notificationsFor(state: Ec2State, event: ConnectionEvent, endpoint: Endpoint): Notification[] {
  return [...state.notifications.values()]
    .filter((one) => (one.serviceId === endpoint.service.id || one.endpointId === endpoint.id) && one.events.includes(event))
    .map((one) => ({
      topicArn: one.topicArn,
      account: one.owner,
      serviceArn:
        one.serviceId === undefined ? `arn:aws:ec2:${state.region}:${one.owner}:vpc-endpoint/${endpoint.id}` : endpoint.service.arn,
      ...message(state, event, endpoint, one),
    }));
}

/** Invented: AWS documents neither the subject nor the body. Whoever reads it may rely on nothing but the two ids somewhere in it. */
function message(
  state: Ec2State,
  event: ConnectionEvent,
  endpoint: Endpoint,
  notification: ConnectionNotification,
): { subject: string; message: string } {
  const subject = `VPC endpoint connection notification: ${event}`;
  const { id } = endpoint;
  const serviceId = endpoint.service.id;
  if (state.assumptions.notificationForm === "text")
    return { subject, message: `${event}: VPC endpoint ${id} at VPC endpoint service ${serviceId} (${notification.id})` };
  const timestamp = new Date(state.clock.now()).toISOString();
  return {
    subject,
    message: JSON.stringify({ notificationId: notification.id, event, serviceId, vpcEndpointId: id, timestamp, inventedBy: "local AWS" }),
  };
}

function own(state: Ec2State, call: Call, id: string): ConnectionNotification {
  const notification = state.notifications.get(id);
  if (notification === undefined || notification.owner !== call.caller.account) {
    throw new AwsError("InvalidConnectionNotification", `The connection notification '${id}' does not exist`);
  }
  return notification;
}

function checkTopic(arn: string): void {
  if (!/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}(\.fifo)?$/.test(arn))
    throw new AwsError("InvalidParameter", `Invalid connection notification ARN: '${arn}'`);
}

function checkEvents(events: readonly string[]): void {
  const wrong = events.find((event) => !EVENTS.has(event));
  if (wrong !== undefined)
    throw new AwsError("InvalidParameter", `Invalid connection event: '${wrong}' (expecting Accept, Connect, Delete or Reject)`);
}

function described(state: Ec2State, notification: ConnectionNotification): unknown {
  return {
    ConnectionNotificationId: notification.id,
    ServiceId: notification.serviceId,
    VpcEndpointId: notification.endpointId,
    ConnectionNotificationType: "Topic",
    ConnectionNotificationArn: notification.topicArn,
    ConnectionEvents: notification.events,
    ConnectionNotificationState: "Enabled",
    ServiceRegion: state.region,
  };
}
