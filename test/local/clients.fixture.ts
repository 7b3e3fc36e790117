// Real SDK clients pointed at local AWS, as an account or with keys of a role.
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";

export interface Clients {
  readonly sqs: SQSClient;
  readonly sns: SNSClient;
  readonly events: EventBridgeClient;
}

export function clients(endpoint: string, accessKeyId = "111111111111"): Clients {
  const config = { endpoint, region: "eu-west-1", credentials: { accessKeyId, secretAccessKey: "any" }, maxAttempts: 1 };
  return { sqs: new SQSClient(config), sns: new SNSClient(config), events: new EventBridgeClient(config) };
}

/** Looks until there is something; the look itself should wait (long polling) where it can. */
export async function eventually<T>(look: () => T | undefined | Promise<T | undefined>, what: string, withinMs = 60_000): Promise<T> {
  const until = Date.now() + withinMs;
  while (Date.now() < until) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`Did not happen within ${withinMs} ms: ${what}`);
}
