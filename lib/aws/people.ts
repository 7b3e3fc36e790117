// Telling people through SNS: one topic for approvers, one for those who want to know.

import { PublishCommand, type SNSClient } from "@aws-sdk/client-sns";
import type { Message, People } from "../ports.ts";
import { calling } from "./errors.ts";

export function peopleTopics(client: SNSClient, topics: { readonly approvals: string; readonly decisions: string }): People {
  const publish = async (topic: string, { subject, text, attributes }: Message): Promise<void> => {
    const MessageAttributes = Object.fromEntries(
      Object.entries(attributes).flatMap(([name, value]) => (value === "" ? [] : [[name, { DataType: "String", StringValue: value }]])),
    );
    await calling(
      "sns:Publish",
      () =>
        client.send(
          new PublishCommand({
            TopicArn: topic,
            Subject: subjectLine(subject),
            Message: cut(text),
            MessageAttributes,
          }),
        ),
      `topic ${topic}`,
    );
  };
  return {
    approvers: (message) => publish(topics.approvals, message),
    decisions: (message) => publish(topics.decisions, message),
  };
}

/** SNS takes at most 100 printable ASCII characters that start with a letter, digit or punctuation mark. */
const subjectLine = (subject: string): string => {
  const plain = subject
    .normalize("NFKD")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/[^ -~]/g, "")
    .trim();
  return plain === "" ? "Drawbridge" : plain.slice(0, 100).trimEnd();
};

/** What SNS takes, less room for the attributes. */
const textBytesMax = 240 * 1024;

function cut(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= textBytesMax) return text === "" ? " " : text;
  return `${bytes
    .subarray(0, textBytesMax)
    .toString("utf8")
    .replace(/\uFFFD$/, "")} …`;
}
