// Giving messages back to their queue before its visibility timeout is over.

import { ChangeMessageVisibilityBatchCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { Fault } from "../faults.ts";
import { concurrently, pieces } from "../loop/concurrently.ts";
import { calling } from "./errors.ts";

/** What the call takes. */
const messagesPerCall = 10;
const callsAtOnce = 8;

/** Throws when a message was not taken back early; then it comes when its timeout is over. */
export const giveBackTo =
  (client: SQSClient, url: string) =>
  async (messages: readonly { readonly receiptHandle: string; readonly seconds: number }[]): Promise<void> => {
    await concurrently(pieces(messages, messagesPerCall), callsAtOnce, async (part) => {
      const Entries = part.map(({ receiptHandle, seconds }, index) => ({
        Id: String(index),
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: seconds,
      }));
      const { Failed = [] } = await calling("sqs:ChangeMessageVisibility", () =>
        client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries })),
      );
      const [first] = Failed;
      if (first !== undefined)
        throw new Fault(first.Code ?? "Failed", "sqs:ChangeMessageVisibility", first.Message ?? `${String(Failed.length)} messages`, false);
    });
  };
