// One message published to a topic: its checks, its shape at each kind of subscriber, and who filters it out.
import { document, isMembers, list, optionalText, record, text, type Members } from "../members.ts";
import { matches } from "./events-pattern.ts";
import type { MessageAttribute, MessageAttributes } from "./sqs-checksums.ts";
import { sizeOf } from "./sqs-checksums.ts";
import { invalid, type Subscription } from "./sns-topics.ts";

export interface Published {
  readonly id: string;
  readonly topicArn: string;
  readonly subject?: string;
  readonly message: string;
  /** From `MessageStructure: json`: another text per protocol. */
  readonly perProtocol: Readonly<Record<string, string>>;
  readonly attributes: MessageAttributes;
  readonly at: string;
}

const MESSAGE_BYTES_MAX = 262_144;
const SUBJECT = /^[\x20-\x7E]{1,100}$/;

export function published(input: Members, topicArn: string, id: string, at: string): Published {
  const message = text(input, "Message");
  const subject = optionalText(input, "Subject");
  if (subject !== undefined && !SUBJECT.test(subject)) throw invalid("Subject");
  const attributes = messageAttributes(input);
  if (sizeOf(message, attributes) > MESSAGE_BYTES_MAX) throw invalid("Message too long");
  const structured = optionalText(input, "MessageStructure") === "json" ? document(message) : undefined;
  if (structured !== undefined && (!isMembers(structured) || typeof structured["default"] !== "string")) {
    throw invalid("Message Structure - No default entry in JSON message body");
  }
  const perProtocol = isMembers(structured)
    ? Object.fromEntries(Object.entries(structured).map(([key, value]) => [key, String(value)]))
    : {};
  return { id, topicArn, message, perProtocol, attributes, at, ...(subject === undefined ? {} : { subject }) };
}

/** A JSON object, or the query protocol's rows of Name and Value. */
function messageAttributes(input: Members): MessageAttributes {
  const given = input["MessageAttributes"];
  const entries = isMembers(given) && given["entry"] !== undefined ? list(given, "entry") : Array.isArray(given) ? given : undefined;
  const pairs =
    entries?.filter(isMembers).map((row): [string, unknown] => [text(row, "Name"), row["Value"]]) ??
    Object.entries(record(input, "MessageAttributes"));
  const attributes: Record<string, MessageAttribute> = {};
  for (const [name, value] of pairs) {
    if (!isMembers(value)) throw invalid(`The message attribute '${name}' must contain non-empty message attribute value.`);
    const type = optionalText(value, "DataType") ?? "";
    if (!/^(String|String\.Array|Number|Binary)(\..+)?$/.test(type)) throw invalid(`The type of message attribute '${name}' is invalid.`);
    const StringValue = optionalText(value, "StringValue");
    const BinaryValue = optionalText(value, "BinaryValue");
    attributes[name] = {
      DataType: type,
      ...(StringValue === undefined ? {} : { StringValue }),
      ...(BinaryValue === undefined ? {} : { BinaryValue }),
    };
  }
  return attributes;
}

export function textFor(message: Published, protocol: string): string {
  return message.perProtocol[protocol] ?? message.perProtocol["default"] ?? message.message;
}

export function wanted(message: Published, subscription: Subscription): boolean {
  const policy = document(subscription.attributes["FilterPolicy"]);
  if (!isMembers(policy) || Object.keys(policy).length === 0) return true;
  if (subscription.attributes["FilterPolicyScope"] === "MessageBody") {
    try {
      return matches(policy, document(message.message));
    } catch {
      return false;
    }
  }
  return matches(policy, Object.fromEntries(Object.entries(message.attributes).map(([name, value]) => [name, filterValue(value)])));
}

function filterValue(attribute: MessageAttribute): unknown {
  const value = attribute.StringValue ?? "";
  if (attribute.DataType.startsWith("Number")) return Number(value);
  if (attribute.DataType !== "String.Array") return value;
  try {
    return document(value);
  } catch {
    return value;
  }
}

/** What a queue receives when raw delivery is off. */
export function queueEnvelope(message: Published, subscription: Subscription, origin: string): string {
  return JSON.stringify({
    Type: "Notification",
    MessageId: message.id,
    TopicArn: message.topicArn,
    ...(message.subject === undefined ? {} : { Subject: message.subject }),
    Message: textFor(message, subscription.protocol),
    Timestamp: message.at,
    ...signature(origin),
    UnsubscribeURL: unsubscribeUrl(subscription, origin),
    ...(Object.keys(message.attributes).length === 0 ? {} : { MessageAttributes: envelopeAttributes(message.attributes) }),
  });
}

/** What a function receives. Note `SigningCertUrl` and `UnsubscribeUrl`: a queue has them as `…URL`. */
export function functionEvent(message: Published, subscription: Subscription, origin: string): Members {
  const { SigningCertURL, ...rest } = signature(origin);
  return {
    Records: [
      {
        EventSource: "aws:sns",
        EventVersion: "1.0",
        EventSubscriptionArn: subscription.arn,
        Sns: {
          Type: "Notification",
          MessageId: message.id,
          TopicArn: message.topicArn,
          Subject: message.subject ?? null,
          Message: textFor(message, subscription.protocol),
          Timestamp: message.at,
          ...rest,
          SigningCertUrl: SigningCertURL,
          UnsubscribeUrl: unsubscribeUrl(subscription, origin),
          MessageAttributes: envelopeAttributes(message.attributes),
        },
      },
    ],
  };
}

export function letterText(message: Published, subscription: Subscription, origin: string): string {
  if (subscription.protocol === "email-json") return queueEnvelope(message, subscription, origin);
  const footer = [
    "--",
    "If you wish to stop receiving notifications from this topic, please click or visit the link below to unsubscribe:",
    unsubscribeUrl(subscription, origin),
  ];
  return [textFor(message, subscription.protocol), "", ...footer].join("\n");
}

function envelopeAttributes(attributes: MessageAttributes): Members {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      { Type: value.DataType, Value: value.StringValue ?? value.BinaryValue ?? "" },
    ]),
  );
}

function unsubscribeUrl(subscription: Subscription, origin: string): string {
  return `${origin}/unsubscribe?SubscriptionArn=${encodeURIComponent(subscription.arn)}`;
}

/** Local AWS does not sign: the members are there, and verify nowhere. */
function signature(origin: string): { SignatureVersion: string; Signature: string; SigningCertURL: string } {
  return { SignatureVersion: "1", Signature: "local", SigningCertURL: `${origin}/SimpleNotificationService.pem` };
}
