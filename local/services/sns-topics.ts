// The topics and subscriptions that SNS holds, and who is confirmed.
import { randomBytes, randomUUID } from "node:crypto";

import { document, isMembers } from "../members.ts";
import { AwsError } from "../service.ts";
import { checkPattern } from "./events-pattern.ts";

export interface Topic {
  readonly arn: string;
  readonly name: string;
  readonly account: string;
  readonly attributes: Record<string, string>;
}

export interface Subscription {
  readonly arn: string;
  readonly topicArn: string;
  readonly protocol: Protocol;
  readonly endpoint: string;
  readonly owner: string;
  readonly token: string;
  readonly attributes: Record<string, string>;
  confirmed: boolean;
  /** Confirmed with AuthenticateOnUnsubscribe: its unsubscribe link, which knows no caller, does nothing. */
  authenticated: boolean;
}

export type Protocol = "sqs" | "lambda" | "email" | "email-json";

export interface Topics {
  readonly all: ReadonlyMap<string, Topic>;
  readonly subscriptions: ReadonlyMap<string, Subscription>;
  create(account: string, name: string, attributes: Readonly<Record<string, string>>): Topic;
  topic(arn: string): Topic;
  remove(arn: string): void;
  subscribe(
    topicArn: string,
    protocol: string,
    endpoint: string,
    owner: string,
    attributes: Readonly<Record<string, string>>,
  ): Subscription;
  subscription(arn: string): Subscription;
  unsubscribe(arn: string): void;
  of(topicArn: string): readonly Subscription[];
}

const TOPIC_NAME = /^[A-Za-z0-9_-]{1,256}$/;
const TOPIC_ATTRIBUTES = new Set(["Policy", "DisplayName", "DeliveryPolicy", "KmsMasterKeyId", "SignatureVersion", "TracingConfig"]);
const SUBSCRIPTION_ATTRIBUTES = new Set(["FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy", "DeliveryPolicy"]);
const PROTOCOLS: ReadonlySet<string> = new Set<Protocol>(["sqs", "lambda", "email", "email-json"]);
const NEEDS_CONFIRMATION: ReadonlySet<string> = new Set(["email", "email-json"]);

export function createTopics(region: string): Topics {
  const all = new Map<string, Topic>();
  const subscriptions = new Map<string, Subscription>();
  const topic = (arn: string): Topic => all.get(arn) ?? fail("NotFound", "Topic does not exist", 404);
  const of = (topicArn: string): readonly Subscription[] => [...subscriptions.values()].filter((one) => one.topicArn === topicArn);
  return {
    all,
    subscriptions,
    topic,
    of,
    create(account, name, attributes) {
      if (!TOPIC_NAME.test(name)) throw invalid("Topic Name");
      const arn = `arn:aws:sns:${region}:${account}:${name}`;
      for (const [key, value] of Object.entries(attributes)) checkTopicAttribute(key, value);
      const existing = all.get(arn);
      if (existing !== undefined) return existing;
      const created: Topic = { arn, name, account, attributes: { ...attributes } };
      all.set(arn, created);
      return created;
    },
    remove(arn) {
      all.delete(arn);
      for (const one of of(arn)) subscriptions.delete(one.arn);
    },
    subscribe(topicArn, protocol, endpoint, owner, attributes) {
      topic(topicArn);
      if (!PROTOCOLS.has(protocol)) throw invalid(`Does not support this protocol string: ${protocol}`);
      checkEndpoint(protocol as Protocol, endpoint);
      for (const [key, value] of Object.entries(attributes)) checkSubscriptionAttribute(key, value);
      const existing = of(topicArn).find((one) => one.protocol === protocol && one.endpoint === endpoint);
      if (existing !== undefined) return existing;
      const confirmed = !NEEDS_CONFIRMATION.has(protocol);
      const created: Subscription = {
        arn: `${topicArn}:${randomUUID()}`,
        topicArn,
        protocol: protocol as Protocol,
        endpoint,
        owner,
        token: randomBytes(64).toString("hex"),
        attributes: { ...attributes },
        confirmed,
        authenticated: false,
      };
      subscriptions.set(created.arn, created);
      return created;
    },
    subscription: (arn) => subscriptions.get(arn) ?? fail("NotFound", "Subscription does not exist", 404),
    unsubscribe: (arn) => void subscriptions.delete(arn),
  };
}

export function checkTopicAttribute(name: string, value: string): void {
  if (!TOPIC_ATTRIBUTES.has(name)) throw invalid(`AttributeName`);
  if (name === "Policy" && value !== "" && !isMembers(document(value))) throw invalid("Policy Error: null");
}

export function checkSubscriptionAttribute(name: string, value: string): void {
  if (!SUBSCRIPTION_ATTRIBUTES.has(name)) throw invalid("AttributeName");
  if (value === "") return;
  if (name === "FilterPolicyScope" && value !== "MessageAttributes" && value !== "MessageBody")
    throw invalid("FilterPolicyScope: Invalid value");
  if (name !== "FilterPolicy") return;
  const policy = document(value);
  if (isMembers(policy) && Object.keys(policy).length === 0) return;
  try {
    checkPattern(policy);
  } catch (error) {
    throw invalid(`FilterPolicy: ${error instanceof Error ? error.message.replace("Event pattern", "Filter policy") : "not valid"}`);
  }
}

function checkEndpoint(protocol: Protocol, endpoint: string): void {
  if (protocol === "sqs" && !endpoint.startsWith("arn:aws:sqs:")) throw invalid("SQS endpoint ARN");
  if (protocol === "lambda" && !endpoint.startsWith("arn:aws:lambda:")) throw invalid("Lambda endpoint ARN");
  if (protocol.startsWith("email") && !/^[^@\s]+@[^@\s]+$/.test(endpoint)) throw invalid("Email address");
}

export function invalid(reason: string): AwsError {
  return new AwsError("InvalidParameter", `Invalid parameter: ${reason}`);
}

function fail(code: string, message: string, status: number): never {
  throw new AwsError(code, message, status);
}
