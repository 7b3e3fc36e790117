// Checking a message before a queue takes it, and what a receive answers about it.
import { isMembers, optionalNumber, optionalText, record, text, type Members } from "../members.ts";
import { AwsError, type Call } from "../service.ts";
import { checksumOfAttributes, sizeOf, type MessageAttribute, type MessageAttributes } from "./sqs-checksums.ts";
import type { Message, Outgoing, Queue } from "./sqs-queue.ts";
import { seconds } from "./sqs-settings.ts";

const DATA_TYPE = /^(String|Number|Binary)(\..+)?$/;
const ATTRIBUTES_MAX = 10;

/** A message of SendMessage or of one row of SendMessageBatch. */
export function outgoing(queue: Queue, input: Members, { caller, trace }: Pick<Call, "caller" | "trace">): Outgoing {
  const body = text(input, "MessageBody");
  const attributes = messageAttributes(record(input, "MessageAttributes"));
  const limit = seconds(queue.settings, "MaximumMessageSize");
  if (sizeOf(body, attributes) > limit) {
    throw invalid(`One or more parameters are invalid. Reason: Message must be shorter than ${limit} bytes.`);
  }
  const delaySeconds = optionalNumber(input, "DelaySeconds");
  if (delaySeconds !== undefined && (delaySeconds < 0 || delaySeconds > 900)) {
    throw invalid(`Value ${delaySeconds} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.`);
  }
  const system = record(record(input, "MessageSystemAttributes"), "AWSTraceHeader");
  const traceHeader = optionalText(system, "StringValue") ?? trace;
  return {
    body,
    attributes,
    senderId: caller.userId,
    ...(delaySeconds === undefined ? {} : { delaySeconds }),
    ...(traceHeader === undefined ? {} : { traceHeader }),
  };
}

function messageAttributes(members: Members): MessageAttributes {
  const attributes: Record<string, MessageAttribute> = {};
  for (const [name, value] of Object.entries(members)) {
    if (!isMembers(value)) throw invalid(`The message attribute '${name}' must contain a non-empty message attribute value.`);
    const type = optionalText(value, "DataType") ?? "";
    if (!DATA_TYPE.test(type)) {
      throw invalid(
        `The type of message (user) attribute '${name}' is invalid. You must use only the following supported type prefixes: Binary, Number, String.`,
      );
    }
    const content = type.startsWith("Binary") ? optionalText(value, "BinaryValue") : optionalText(value, "StringValue");
    if (content === undefined || content === "")
      throw invalid(`The message (user) attribute '${name}' must contain a non-empty value of type '${type}'.`);
    attributes[name] = type.startsWith("Binary") ? { DataType: type, BinaryValue: content } : { DataType: type, StringValue: content };
  }
  if (Object.keys(attributes).length > ATTRIBUTES_MAX)
    throw invalid("Number of message attributes [>10] exceeds the allowed maximum [10].");
  return attributes;
}

/** `names`: attribute names, `All`, or a prefix with `.*` */
export function received(message: Message, systemNames: readonly string[], names: readonly string[]): Members {
  const system = Object.fromEntries(
    Object.entries(systemAttributes(message)).filter(([name]) => systemNames.includes("All") || systemNames.includes(name)),
  );
  const attributes = Object.fromEntries(Object.entries(message.attributes).filter(([name]) => names.some((wanted) => wants(wanted, name))));
  const checksum = checksumOfAttributes(attributes);
  return {
    MessageId: message.id,
    ReceiptHandle: message.receiptHandle,
    MD5OfBody: message.bodyChecksum,
    Body: message.body,
    ...(Object.keys(system).length > 0 ? { Attributes: system } : {}),
    ...(checksum === undefined ? {} : { MD5OfMessageAttributes: checksum, MessageAttributes: attributes }),
  };
}

export function systemAttributes(message: Message): Readonly<Record<string, string>> {
  return {
    SenderId: message.senderId,
    SentTimestamp: String(message.sentAt),
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt ?? message.sentAt),
    ...(message.traceHeader === undefined ? {} : { AWSTraceHeader: message.traceHeader }),
    ...(message.deadLetterSource === undefined ? {} : { DeadLetterQueueSourceArn: message.deadLetterSource }),
  };
}

function wants(wanted: string, name: string): boolean {
  if (wanted === "All" || wanted === ".*") return true;
  return wanted.endsWith(".*") ? name.startsWith(wanted.slice(0, -2)) : wanted === name;
}

export function invalid(message: string): AwsError {
  return new AwsError("InvalidParameterValue", message, 400, { queryErrorCode: "InvalidParameterValue" });
}
