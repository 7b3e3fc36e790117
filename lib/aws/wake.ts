// Waking a function by its queue: a request to look, as lib/messages.ts reads it.

import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { BadInput } from "../faults.ts";
import type { Look } from "../ports.ts";
import { calling } from "./errors.ts";

export const wakeQueue =
  (client: SQSClient, url: string) =>
  async (look: Look, delaySeconds = 0): Promise<void> => {
    checkDelay(delaySeconds);
    const command = new SendMessageCommand({ QueueUrl: url, MessageBody: JSON.stringify({ look }), DelaySeconds: delaySeconds });
    await calling("sqs:SendMessage", () => client.send(command), `queue ${url}`);
  };

/** What SQS can hold a message back for. */
const delaySecondsMax = 900;

export function checkDelay(seconds: number): void {
  if (Number.isInteger(seconds) && seconds >= 0 && seconds <= delaySecondsMax) return;
  throw new BadInput("delaySeconds", seconds, `give a whole number from 0 to ${String(delaySecondsMax)}`);
}
