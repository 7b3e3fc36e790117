// The queue of events that the bus did not take: their keys in the log, for a redrive.

import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { Undelivered } from "../ports.ts";
import { calling } from "./errors.ts";

export const undeliveredQueue = (client: SQSClient, url: string): Undelivered => ({
  put: async ({ subject, seq, reason }) => {
    await calling(
      "sqs:SendMessage",
      () =>
        client.send(
          new SendMessageCommand({
            QueueUrl: url,
            MessageBody: JSON.stringify({ undelivered: { subject, seq, reason } }),
          }),
        ),
      `queue ${url}`,
    );
  },
});
