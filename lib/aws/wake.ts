// Waking a function by its queue: a request to look, as lib/messages.ts reads it.

import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { BadInput } from "../faults.ts";
import type { Look } from "../ports.ts";
import { calling } from "./errors.ts";

/** What SQS can hold a message back for. */
const delaySecondsMax = 900;

export const wakeQueue =
  (client: SQSClient, url: string) =>
  async (look: Look, delaySeconds = 0): Promise<void> => {
    if (!Number.isInteger(delaySeconds) || delaySeconds < 0 || delaySeconds > delaySecondsMax)
      throw new BadInput("delaySeconds", delaySeconds, `give a whole number from 0 to ${String(delaySecondsMax)}`);
    await calling("sqs:SendMessage", () =>
      client.send(
        new SendMessageCommand({
          QueueUrl: url,
          MessageBody: JSON.stringify({ look }),
          DelaySeconds: delaySeconds,
        }),
      ),
    );
  };
