// Telling people through SNS: one topic for approvers, one for those who want to know.

import { PublishCommand, type SNSClient } from "@aws-sdk/client-sns";
import type { Message, People } from "../ports.ts";
import { calling } from "./errors.ts";

export const peopleTopics = (client: SNSClient, topics: { readonly approvals: string; readonly decisions: string }): People => ({
  approvers: topicMail(client, topics.approvals),
  decisions: topicMail(client, topics.decisions),
});

/** Publishes to one topic; subscribers filter by the attributes. */
export const topicMail =
  (client: SNSClient, topic: string) =>
  async ({ subject, text, json, attributes }: Message): Promise<void> => {
    const MessageAttributes = Object.fromEntries(
      Object.entries(attributes).flatMap(([name, value]) => (value === "" ? [] : [[name, { DataType: "String", StringValue: value }]])),
    );
    const said = json === undefined ? { Message: cut(text) } : { Message: perProtocol(subject, text, json), MessageStructure: "json" };
    const command = new PublishCommand({ TopicArn: topic, Subject: subjectLine(subject), MessageAttributes, ...said });
    await calling("sns:Publish", () => client.send(command), `topic ${topic}`);
  };

/** People read text; queues, functions and web hooks get JSON. */
const perProtocol = (subject: string, text: string, json: string): string =>
  JSON.stringify({ default: json, email: cut(text), sms: subject.slice(0, smsCharactersMax) });
const smsCharactersMax = 140;

/** SNS takes at most 100 printable ASCII characters that start with a letter, digit or punctuation mark. */
const subjectLine = (subject: string): string => {
  const plain = subject
    .normalize("NFKD")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/[^ -~]/g, "")
    .trim();
  return plain === "" ? "Drawbridge" : plain.slice(0, 100).trimEnd();
};

/** Less than half of what SNS takes: beside it there is JSON, and the attributes. */
const textBytesMax = 100 * 1024;

function cut(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= textBytesMax) return text === "" ? " " : text;
  return `${bytes
    .subarray(0, textBytesMax)
    .toString("utf8")
    .replace(/\uFFFD$/, "")} …`;
}
