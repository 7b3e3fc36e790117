// Sending messages and events with the caller's own AWS credentials. Loaded only by commands that do.

import type { SetAsideMessages } from "../lib/aws/set-aside-queue.ts";
import type { StoredEvent } from "../lib/ledger.ts";
import type { DeploymentShown } from "../lib/operator/deployment.ts";
import { Failure } from "./failure.ts";

export interface Sender {
  readonly messages: SetAsideMessages;
  /** Tells the bus an event as it was; gives why the bus did not take it. */
  tell(type: string, detail: string): Promise<string | undefined>;
  /** Tells the bus events of the log. */
  tellStored(events: readonly StoredEvent[]): Promise<string | undefined>;
}

export async function openSender({ region, bus }: Pick<DeploymentShown, "region" | "bus">): Promise<Sender> {
  if (region === undefined || bus === undefined)
    throw new Failure(1, "OldDeployment", "The deployment is older than this command", "deploy this version of Drawbridge first");
  const [{ SQSClient }, { EventBridgeClient, PutEventsCommand }, { setAsideMessages }, { eventBus }, { busSource }] = await Promise.all([
    import("@aws-sdk/client-sqs"),
    import("@aws-sdk/client-eventbridge"),
    import("../lib/aws/set-aside-queue.ts"),
    import("../lib/aws/bus.ts"),
    import("../lib/aws/bus-event.ts"),
  ]);
  const events = new EventBridgeClient({ region });
  return {
    messages: setAsideMessages(new SQSClient({ region })),
    tell: async (DetailType, Detail) => {
      const Entries = [{ EventBusName: bus, Source: busSource, DetailType, Detail }];
      const reply = await events.send(new PutEventsCommand({ Entries }));
      return reply.Entries?.[0]?.ErrorMessage;
    },
    tellStored: async (stored) => {
      if (stored.length === 0) return "the log does not hold it";
      const [first] = await eventBus(events, bus).put(stored);
      return first?.reason;
    },
  };
}
