// Where Slack's answers wait to be decided.

import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { calling } from "./errors.ts";

/** Given up when `signal` says so: what is not recorded in time must not be recorded later, if that can be helped. */
export type PutAnswer = (body: string, signal: AbortSignal) => Promise<void>;

export const answerQueue =
  (client: SQSClient, url: string): PutAnswer =>
  async (body, signal) => {
    const command = new SendMessageCommand({ QueueUrl: url, MessageBody: body });
    await calling("sqs:SendMessage", () => client.send(command, { abortSignal: signal }), `queue ${url}`);
  };
