// How a person confirms an email subscription, and ends it: the letter and the links in it.
import type { Inbox } from "../inbox.ts";
import type { Subscription, Topics } from "./sns-topics.ts";

export function openLinks(inbox: Inbox, topics: Topics): void {
  inbox.onLink("/confirm", (query) => {
    const subscription = topics.of(query.get("TopicArn") ?? "").find((one) => one.token === query.get("Token"));
    if (subscription === undefined) return undefined;
    subscription.confirmed = true;
    return `Subscription confirmed!\n\n${subscription.endpoint} is subscribed to ${subscription.topicArn}.`;
  });
  inbox.onLink("/unsubscribe", (query) => {
    const arn = query.get("SubscriptionArn") ?? "";
    const subscription = topics.subscriptions.get(arn);
    if (subscription === undefined) return undefined;
    if (subscription.authenticated) return "Only the subscription's owner, or the topic's, may end it, with AWS credentials.";
    topics.unsubscribe(arn);
    return "Subscription removed!";
  });
}

export function askToConfirm(inbox: Inbox, subscription: Subscription): void {
  const { topicArn, token, endpoint } = subscription;
  const query = new URLSearchParams({ TopicArn: topicArn, Token: token, Endpoint: endpoint });
  const lines = [
    "You have chosen to subscribe to the topic:",
    topicArn,
    "",
    "To confirm this subscription, click or visit the link below (If this was in error no action is necessary):",
    `${inbox.origin}/confirm?${query.toString()}`,
  ];
  inbox.add({ channel: "email", to: endpoint, subject: "AWS Notification - Subscription Confirmation", text: lines.join("\n") });
}
