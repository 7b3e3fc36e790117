// Handing a published message to one subscriber, and to its dead-letter queue when the subscriber refuses.
import { parseArn, type Delivery } from "../delivery.ts";
import type { Inbox } from "../inbox.ts";
import { document, isMembers, optionalText } from "../members.ts";
import type { ServicePrincipal } from "../service.ts";
import { functionEvent, letterText, queueEnvelope, textFor, type Published } from "./sns-message.ts";
import type { Subscription } from "./sns-topics.ts";
import type { MessageAttributes } from "./sqs-checksums.ts";

/** Takes an event for a function, as an asynchronous invocation. */
export type DeliverToFunction = (principal: ServicePrincipal, functionArn: string, event: unknown) => Promise<Delivery>;
export type DeliverToQueue = (
  principal: ServicePrincipal,
  queueArn: string,
  body: string,
  attributes?: MessageAttributes,
) => Promise<Delivery>;

export interface SubscriberPorts {
  readonly inbox: Inbox;
  readonly toQueue: DeliverToQueue;
  readonly toFunction: DeliverToFunction;
  readonly log: (line: string) => void;
}

/** A refusal is not tried again: SNS takes a policy or a missing target for an error of the client. */
export async function deliverToSubscriber(ports: SubscriberPorts, message: Published, subscription: Subscription): Promise<void> {
  const { topicArn, endpoint } = subscription;
  const principal = { service: "sns.amazonaws.com", sourceArn: topicArn, sourceAccount: parseArn(topicArn)?.account ?? "" };
  const refusal = await handOver(ports, message, subscription, principal);
  if (refusal === undefined) return;
  ports.log(`sns: ${topicArn} could not deliver to ${endpoint}: ${refusal.message}`);
  const redrive = document(subscription.attributes["RedrivePolicy"]);
  const deadLetters = isMembers(redrive) ? optionalText(redrive, "deadLetterTargetArn") : undefined;
  if (deadLetters === undefined) return;
  const buried = await ports.toQueue(principal, deadLetters, queueEnvelope(message, subscription, ports.inbox.origin));
  if (buried !== undefined) ports.log(`sns: the message is lost, its dead-letter queue did not take it: ${buried.message}`);
}

async function handOver(
  ports: SubscriberPorts,
  message: Published,
  subscription: Subscription,
  principal: ServicePrincipal,
): Promise<Delivery> {
  const { endpoint, protocol, attributes } = subscription;
  const { origin } = ports.inbox;
  if (protocol === "lambda") return ports.toFunction(principal, endpoint, functionEvent(message, subscription, origin));
  if (protocol === "sqs" && attributes["RawMessageDelivery"] === "true") {
    return ports.toQueue(principal, endpoint, textFor(message, protocol), message.attributes);
  }
  if (protocol === "sqs") return ports.toQueue(principal, endpoint, queueEnvelope(message, subscription, origin));
  const subject = message.subject ?? "AWS Notification Message";
  ports.inbox.add({ channel: "email", to: endpoint, subject, text: letterText(message, subscription, origin) });
  return undefined;
}
