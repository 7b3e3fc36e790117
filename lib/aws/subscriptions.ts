// People's mail addresses as SNS subscriptions of a topic, each with a filter: approvers by their name, a consumer's contacts by their account.

import {
  ConfirmSubscriptionCommand,
  GetSubscriptionAttributesCommand,
  InvalidParameterException,
  ListSubscriptionsByTopicCommand,
  NotFoundException,
  SubscribeCommand,
  UnsubscribeCommand,
  type SNSClient,
} from "@aws-sdk/client-sns";
import { BadInput } from "../faults.ts";
import type { Subscription, Subscriptions } from "../ports.ts";
import { calling } from "./errors.ts";

/** `attribute` is the message attribute that says whose message it is. */
export function topicSubscriptions(client: SNSClient, topic: string, attribute: "approver" | "account" = "approver"): Subscriptions {
  const where = `topic ${topic}`;
  return {
    subscribe: async (name, email) => {
      // The filter is part of the call: set afterwards, it would take minutes to hold, and the first messages would go to everybody.
      const command = new SubscribeCommand({
        TopicArn: topic,
        Protocol: "email",
        Endpoint: email,
        Attributes: { FilterPolicy: JSON.stringify({ [attribute]: [name] }) },
        ReturnSubscriptionArn: true,
      });
      const reply = await calling("sns:Subscribe", () => unlessGone(() => client.send(command), InvalidParameterException), where);
      if (reply === undefined)
        throw new BadInput(
          "email",
          email,
          `it is subscribed to topic ${topic} already, for somebody else: give another address, or end that subscription`,
        );
      return reply.SubscriptionArn ?? "";
    },
    confirm: async (token) => {
      const command = new ConfirmSubscriptionCommand({ TopicArn: topic, Token: token, AuthenticateOnUnsubscribe: "true" });
      const reply = await calling(
        "sns:ConfirmSubscription",
        () => unlessGone(() => client.send(command), InvalidParameterException),
        where,
      );
      if (reply?.SubscriptionArn === undefined)
        throw new BadInput("token", token, "give the link from AWS's newest mail; one is good for two days");
      return reply.SubscriptionArn;
    },
    remove: async (subscription) => {
      await calling(
        "sns:Unsubscribe",
        // One that nobody confirmed cannot be ended; it ends by itself after two days.
        () => unlessGone(() => client.send(new UnsubscribeCommand({ SubscriptionArn: subscription })), InvalidParameterException),
        where,
      );
    },
    all: async () => {
      const found: Subscription[] = [];
      let next: string | undefined;
      do {
        const command: ListSubscriptionsByTopicCommand = new ListSubscriptionsByTopicCommand({
          TopicArn: topic,
          ...(next === undefined ? {} : { NextToken: next }),
        });
        const page = await calling("sns:ListSubscriptionsByTopic", () => client.send(command), where);
        found.push(
          ...(page.Subscriptions ?? []).flatMap(({ SubscriptionArn = "", Protocol = "", Endpoint = "" }) =>
            read(SubscriptionArn, Protocol, Endpoint),
          ),
        );
        next = page.NextToken;
      } while (next !== undefined && next !== "");
      return found;
    },
    inspect: async (subscription) => {
      const reply = await calling(
        "sns:GetSubscriptionAttributes",
        () => unlessGone(() => client.send(new GetSubscriptionAttributesCommand({ SubscriptionArn: subscription }))),
        where,
      );
      if (reply === undefined) return undefined;
      const { ConfirmationWasAuthenticated, FilterPolicy } = reply.Attributes ?? {};
      const approver = onlyName(FilterPolicy, attribute);
      return { protected: ConfirmationWasAuthenticated === "true", ...(approver === undefined ? {} : { approver }) };
    },
  };
}

const unlessGone = async <T>(send: () => Promise<T>, also?: typeof InvalidParameterException): Promise<T | undefined> => {
  try {
    return await send();
  } catch (error) {
    if (error instanceof NotFoundException || (also !== undefined && error instanceof also)) return undefined;
    throw error;
  }
};

/** A subscription that was ended stays listed for a while as `Deleted`. */
function read(arn: string, protocol: string, endpoint: string): Subscription[] {
  if (arn === "Deleted") return [];
  return [{ protocol, endpoint, ...(arn.startsWith("arn:") ? { arn } : {}) }];
}

function onlyName(filter: string | undefined, attribute: string): string | undefined {
  if (filter === undefined) return undefined;
  try {
    const { [attribute]: names } = JSON.parse(filter) as Record<string, unknown>;
    return Array.isArray(names) && names.length === 1 && typeof names[0] === "string" ? names[0] : undefined;
  } catch {
    return undefined;
  }
}
