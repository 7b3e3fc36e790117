// Amazon SNS: topics, their subscribers, who may publish, and publishing.
import { randomUUID } from "node:crypto";

import { serviceMay } from "../authorize.ts";
import { noPermissions, noResource, parseArn, type Delivery } from "../delivery.ts";
import type { InFlight } from "../in-flight.ts";
import { list, optionalText, rows, text, type Members } from "../members.ts";
import { policyDocument } from "../policy-document.ts";
import { AwsError, type Call, type Clock, type Demand, type Service, type ServicePrincipal } from "../service.ts";
import { subscriptionActions, topicActions } from "./sns-actions.ts";
import { openLinks } from "./sns-confirmation.ts";
import { deliverToSubscriber, type SubscriberPorts } from "./sns-delivery.ts";
import { published, wanted } from "./sns-message.ts";
import { createTopics, invalid, type Topic } from "./sns-topics.ts";
import type { MessageAttributes } from "./sqs-checksums.ts";

export interface SnsService extends Service {
  /** Another AWS service publishes: the topic's policy decides. */
  readonly publishAs: (principal: ServicePrincipal, topicArn: string, message: ServiceMessage) => Promise<Delivery>;
}

export interface ServiceMessage {
  readonly Subject?: string;
  readonly Message: string;
  readonly MessageAttributes?: MessageAttributes;
}

export interface SnsOptions extends SubscriberPorts {
  readonly region: string;
  readonly clock: Clock;
  readonly inFlight: InFlight;
  /** Email addresses are confirmed as soon as they subscribe, without the letter. */
  readonly confirmSubscriptions: boolean;
}

const BATCH_ENTRIES_MAX = 10;

export function createSns(options: SnsOptions): SnsService {
  const topics = createTopics(options.region);
  openLinks(options.inbox, topics);
  const publish = (topic: Topic, input: Members): string => {
    const message = published(input, topic.arn, randomUUID(), new Date(options.clock.now()).toISOString());
    for (const subscription of topics.of(topic.arn)) {
      if (!subscription.confirmed || !wanted(message, subscription)) continue;
      void options.inFlight.track(deliverToSubscriber(options, message, subscription));
    }
    return message.id;
  };
  const actions: Readonly<Record<string, (call: Call) => unknown>> = {
    ...topicActions(topics),
    ...subscriptionActions(topics, options.inbox, options.confirmSubscriptions),
    Publish: (call) => ({ MessageId: publish(topics.topic(topicOf(call)), call.input) }),
    PublishBatch(call) {
      const topic = topics.topic(text(call.input, "TopicArn"));
      return publishBatch(call.input, (entry) => publish(topic, entry));
    },
  };
  return {
    signingName: "sns",
    actions: new Set(Object.keys(actions)),
    demands: (call) => demandsOf(call, (arn) => policyDocument(topics.all.get(arn)?.attributes["Policy"])),
    handle: (call) => actions[call.action]?.(call),
    async publishAs(principal, topicArn, message) {
      const topic = topics.all.get(topicArn);
      if (topic === undefined) return noResource(topicArn);
      const allowed = await serviceMay(principal, "sns:Publish", topicArn, policyDocument(topic.attributes["Policy"]));
      if (!allowed) return noPermissions(principal.service, "sns:Publish", topicArn);
      publish(topic, { ...message });
      return undefined;
    },
  };
}

function topicOf(call: Call): string {
  const arn = optionalText(call.input, "TopicArn") ?? optionalText(call.input, "TargetArn");
  if (arn === undefined) throw invalid("TopicArn or TargetArn Reason: no value for required parameter");
  return arn;
}

function demandsOf(call: Call, policyOf: (topicArn: string) => unknown): readonly Demand[] {
  const action = `sns:${call.action === "PublishBatch" ? "Publish" : call.action}`;
  const subscription = optionalText(call.input, "SubscriptionArn");
  const fromSubscription = subscription === undefined ? undefined : subscription.split(":").slice(0, 6).join(":");
  const name = optionalText(call.input, "Name");
  const made = name === undefined ? undefined : `arn:aws:sns:${call.region}:${call.caller.account}:${name}`;
  const arn = optionalText(call.input, "TopicArn") ?? optionalText(call.input, "TargetArn") ?? fromSubscription ?? made;
  if (arn === undefined) return [{ action, resource: "*" }];
  const policy = policyOf(arn);
  const resourceAccount = parseArn(arn)?.account ?? call.caller.account;
  return [{ action, resource: arn, resourceAccount, ...(policy === undefined ? {} : { resourcePolicy: policy }) }];
}

function publishBatch(input: Members, publish: (entry: Members) => string): Members {
  const entries = rows(input, "PublishBatchRequestEntries");
  if (list(input, "PublishBatchRequestEntries").length === 0)
    throw new AwsError("EmptyBatchRequest", "The batch request doesn't contain any entries.");
  if (entries.length > BATCH_ENTRIES_MAX)
    throw new AwsError("TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible.");
  if (new Set(entries.map((entry) => text(entry, "Id"))).size < entries.length) {
    throw new AwsError("BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.");
  }
  const Successful: Members[] = [];
  const Failed: Members[] = [];
  for (const entry of entries) {
    try {
      Successful.push({ Id: entry["Id"], MessageId: publish(entry) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      Failed.push({ Id: entry["Id"], Code: error.code, Message: error.message, SenderFault: true });
    }
  }
  return { Successful, Failed };
}
