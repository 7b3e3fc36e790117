// What SNS does with topics and subscriptions: making, describing, changing, confirming, removing.
import type { Inbox } from "../inbox.ts";
import { optionalText, text, textMap, type Members } from "../members.ts";
import type { Call } from "../service.ts";
import { askToConfirm } from "./sns-confirmation.ts";
import { checkSubscriptionAttribute, checkTopicAttribute, invalid, type Subscription, type Topic, type Topics } from "./sns-topics.ts";

export type SnsActions = Readonly<Record<string, (call: Call) => unknown>>;

export function topicActions(topics: Topics): SnsActions {
  return {
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
  };
}

export function subscriptionActions(topics: Topics, inbox: Inbox, confirmsAtOnce: boolean): SnsActions {
  return {
    Subscribe(call) {
      const endpoint = optionalText(call.input, "Endpoint") ?? "";
      const subscription = topics.subscribe(
        text(call.input, "TopicArn"),
        text(call.input, "Protocol"),
        endpoint,
        call.caller.account,
        textMap(call.input, "Attributes"),
      );
      if (!subscription.confirmed && confirmsAtOnce) subscription.confirmed = true;
      if (!subscription.confirmed) askToConfirm(inbox, subscription);
      const known = subscription.confirmed || String(call.input["ReturnSubscriptionArn"]) === "true";
      return { SubscriptionArn: known ? subscription.arn : "pending confirmation" };
    },
    ConfirmSubscription(call) {
      const subscription = topics.of(topics.topic(text(call.input, "TopicArn")).arn).find((one) => one.token === call.input["Token"]);
      if (subscription === undefined) throw invalid("Token");
      subscription.confirmed = true;
      subscription.authenticated = String(call.input["AuthenticateOnUnsubscribe"]) === "true";
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
          ConfirmationWasAuthenticated: String(one.authenticated || !one.protocol.startsWith("email")),
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
  };
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
