// Amazon SNS: topics, subscriptions with their confirmation and filters, and publishing to queues, functions and people.
import { randomUUID } from "node:crypto";

import { serviceMay } from "../authorize.ts";
import { noPermissions, noResource, parseArn, type Delivery } from "../delivery.ts";
import type { Inbox } from "../inbox.ts";
import type { InFlight } from "../in-flight.ts";
import { document, isMembers, list, optionalText, rows, text, textMap, type Members } from "../members.ts";
import { policyDocument } from "../policy-document.ts";
import { AwsError, type Call, type Clock, type Demand, type Service, type ServicePrincipal } from "../service.ts";
import { functionEvent, letterText, published, queueEnvelope, textFor, wanted, type Published } from "./sns-message.ts";
import { checkSubscriptionAttribute, checkTopicAttribute, createTopics, invalid, type Subscription, type Topic } from "./sns-topics.ts";
import type { MessageAttributes } from "./sqs-checksums.ts";

export interface SnsService extends Service {
  /** Another AWS service publishes: the topic's policy decides. */
  readonly publishAs: (
    principal: ServicePrincipal,
    topicArn: string,
    message: { readonly Subject?: string; readonly Message: string; readonly MessageAttributes?: MessageAttributes },
  ) => Promise<Delivery>;
}

/** Takes an event for a function, as an asynchronous invocation. */
export type DeliverToFunction = (principal: ServicePrincipal, functionArn: string, event: unknown) => Promise<Delivery>;
export type DeliverToQueue = (
  principal: ServicePrincipal,
  queueArn: string,
  body: string,
  attributes?: MessageAttributes,
) => Promise<Delivery>;

export interface SnsOptions {
  readonly region: string;
  readonly clock: Clock;
  readonly inbox: Inbox;
  readonly inFlight: InFlight;
  readonly toQueue: DeliverToQueue;
  readonly toFunction: DeliverToFunction;
  /** Email addresses are confirmed as soon as they subscribe, without the letter. */
  readonly confirmSubscriptions: () => boolean;
  readonly log: (line: string) => void;
}

const PRINCIPAL = "sns.amazonaws.com";

export function createSns(options: SnsOptions): SnsService {
  const topics = createTopics(options.region);
  const now = (): string => new Date(options.clock.now()).toISOString();
  options.inbox.onLink("/confirm", (query) => {
    const subscription = topics.of(query.get("TopicArn") ?? "").find((one) => one.token === query.get("Token"));
    if (subscription === undefined) return undefined;
    subscription.confirmed = true;
    return `Subscription confirmed!\n\n${subscription.endpoint} is subscribed to ${subscription.topicArn}.`;
  });
  options.inbox.onLink("/unsubscribe", (query) => {
    const arn = query.get("SubscriptionArn") ?? "";
    if (!topics.subscriptions.has(arn)) return undefined;
    topics.unsubscribe(arn);
    return "Subscription removed!";
  });

  const deliver = async (message: Published, subscription: Subscription): Promise<void> => {
    const principal = {
      service: PRINCIPAL,
      sourceArn: subscription.topicArn,
      sourceAccount: parseArn(subscription.topicArn)?.account ?? "",
    };
    const refusal = await handOver(message, subscription, principal);
    if (refusal === undefined) return;
    options.log(`sns: ${subscription.topicArn} could not deliver to ${subscription.endpoint}: ${refusal.message}`);
    const redrive = document(subscription.attributes["RedrivePolicy"]);
    const deadLetters = isMembers(redrive) ? optionalText(redrive, "deadLetterTargetArn") : undefined;
    if (deadLetters === undefined) return;
    const buried = await options.toQueue(principal, deadLetters, queueEnvelope(message, subscription, options.inbox.origin));
    if (buried !== undefined) options.log(`sns: the message is lost, its dead-letter queue did not take it: ${buried.message}`);
  };
  const handOver = async (message: Published, subscription: Subscription, principal: ServicePrincipal): Promise<Delivery> => {
    if (subscription.protocol === "sqs") {
      const raw = subscription.attributes["RawMessageDelivery"] === "true";
      if (raw) return options.toQueue(principal, subscription.endpoint, textFor(message, "sqs"), message.attributes);
      return options.toQueue(principal, subscription.endpoint, queueEnvelope(message, subscription, options.inbox.origin));
    }
    if (subscription.protocol === "lambda") {
      return options.toFunction(principal, subscription.endpoint, functionEvent(message, subscription, options.inbox.origin));
    }
    const subject = message.subject ?? "AWS Notification Message";
    options.inbox.add({
      channel: "email",
      to: subscription.endpoint,
      subject,
      text: letterText(message, subscription, options.inbox.origin),
    });
    return undefined;
  };
  const publish = (topic: Topic, input: Members): string => {
    const message = published(input, topic.arn, randomUUID(), now());
    for (const subscription of topics.of(topic.arn)) {
      if (subscription.confirmed && wanted(message, subscription)) void options.inFlight.track(deliver(message, subscription));
    }
    return message.id;
  };
  const askToConfirm = (subscription: Subscription): void => {
    const query = new URLSearchParams({ TopicArn: subscription.topicArn, Token: subscription.token, Endpoint: subscription.endpoint });
    options.inbox.add({
      channel: "email",
      to: subscription.endpoint,
      subject: "AWS Notification - Subscription Confirmation",
      text: [
        "You have chosen to subscribe to the topic:",
        subscription.topicArn,
        "",
        "To confirm this subscription, click or visit the link below (If this was in error no action is necessary):",
        `${options.inbox.origin}/confirm?${query.toString()}`,
      ].join("\n"),
    });
  };

  const actions: Readonly<Record<string, (call: Call) => unknown>> = {
    CreateTopic: (call) => ({
      TopicArn: topics.create(call.caller.account, text(call.input, "Name"), textMap(call.input, "Attributes")).arn,
    }),
    DeleteTopic(call) {
      topics.remove(text(call.input, "TopicArn"));
      return {};
    },
    ListTopics: (call) => ({
      Topics: [...topics.all.values()].filter((topic) => topic.account === call.caller.account).map((topic) => ({ TopicArn: topic.arn })),
    }),
    GetTopicAttributes(call) {
      const topic = topics.topic(text(call.input, "TopicArn"));
      return { Attributes: describeTopic(topic, topics.of(topic.arn)) };
    },
    SetTopicAttributes(call) {
      const topic = topics.topic(text(call.input, "TopicArn"));
      const name = text(call.input, "AttributeName");
      const value = optionalText(call.input, "AttributeValue") ?? "";
      checkTopicAttribute(name, value);
      topic.attributes[name] = value;
      return {};
    },
    Subscribe(call) {
      const endpoint = optionalText(call.input, "Endpoint") ?? "";
      const subscription = topics.subscribe(
        text(call.input, "TopicArn"),
        text(call.input, "Protocol"),
        endpoint,
        call.caller.account,
        textMap(call.input, "Attributes"),
      );
      if (!subscription.confirmed && options.confirmSubscriptions()) subscription.confirmed = true;
      if (!subscription.confirmed) askToConfirm(subscription);
      const known = subscription.confirmed || String(call.input["ReturnSubscriptionArn"]) === "true";
      return { SubscriptionArn: known ? subscription.arn : "pending confirmation" };
    },
    ConfirmSubscription(call) {
      const subscription = topics.of(topics.topic(text(call.input, "TopicArn")).arn).find((one) => one.token === call.input["Token"]);
      if (subscription === undefined) throw invalid("Token");
      subscription.confirmed = true;
      return { SubscriptionArn: subscription.arn };
    },
    Unsubscribe(call) {
      topics.unsubscribe(text(call.input, "SubscriptionArn"));
      return {};
    },
    ListSubscriptions: (call) => ({
      Subscriptions: [...topics.subscriptions.values()].filter((one) => one.owner === call.caller.account).map(describeSubscription),
    }),
    ListSubscriptionsByTopic: (call) => ({
      Subscriptions: topics.of(topics.topic(text(call.input, "TopicArn")).arn).map(describeSubscription),
    }),
    GetSubscriptionAttributes(call) {
      const one = topics.subscription(text(call.input, "SubscriptionArn"));
      const fixed = { SubscriptionArn: one.arn, TopicArn: one.topicArn, Protocol: one.protocol, Endpoint: one.endpoint, Owner: one.owner };
      return {
        Attributes: {
          RawMessageDelivery: "false",
          ...one.attributes,
          ...fixed,
          PendingConfirmation: String(!one.confirmed),
          ConfirmationWasAuthenticated: "true",
        },
      };
    },
    SetSubscriptionAttributes(call) {
      const subscription = topics.subscription(text(call.input, "SubscriptionArn"));
      const name = text(call.input, "AttributeName");
      const value = optionalText(call.input, "AttributeValue") ?? "";
      checkSubscriptionAttribute(name, value);
      subscription.attributes[name] = value;
      return {};
    },
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
  const arn = optionalText(call.input, "TopicArn") ?? optionalText(call.input, "TargetArn") ?? fromSubscription;
  if (arn === undefined) return [{ action, resource: "*" }];
  const policy = policyOf(arn);
  const resourceAccount = parseArn(arn)?.account ?? call.caller.account;
  return [{ action, resource: arn, resourceAccount, ...(policy === undefined ? {} : { resourcePolicy: policy }) }];
}

function publishBatch(input: Members, publish: (entry: Members) => string): Members {
  const entries = rows(input, "PublishBatchRequestEntries");
  if (list(input, "PublishBatchRequestEntries").length === 0)
    throw new AwsError("EmptyBatchRequest", "The batch request doesn't contain any entries.");
  if (entries.length > 10) throw new AwsError("TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible.");
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

function describeTopic(topic: Topic, subscriptions: readonly Subscription[]): Readonly<Record<string, string>> {
  const confirmed = subscriptions.filter((one) => one.confirmed).length;
  return {
    DisplayName: "",
    ...topic.attributes,
    TopicArn: topic.arn,
    Owner: topic.account,
    SubscriptionsConfirmed: String(confirmed),
    SubscriptionsPending: String(subscriptions.length - confirmed),
    SubscriptionsDeleted: "0",
  };
}

function describeSubscription(one: Subscription): Members {
  return {
    SubscriptionArn: one.confirmed ? one.arn : "PendingConfirmation",
    Owner: one.owner,
    Protocol: one.protocol,
    Endpoint: one.endpoint,
    TopicArn: one.topicArn,
  };
}
