// Approvers' mail addresses: the promises, in memory and on local SNS over the wire; and what unsubscribe links do.

import { CreateTopicCommand, SNSClient } from "@aws-sdk/client-sns";
import { afterAll, beforeAll, expect, test } from "vitest";
import { topicSubscriptions } from "../../lib/aws/subscriptions.ts";
import { createInFlight } from "../../local/in-flight.ts";
import { startInbox, type Inbox } from "../../local/inbox.ts";
import { createSns } from "../../local/services/sns.ts";
import { fakeSubscriptions } from "../fakes/subscriptions.ts";
import { subscriptionsContract } from "./subscriptions.contract.ts";
import { region, startWire, type Wire } from "./wire.fixture.ts";

subscriptionsContract("in memory", async () => {
  const subscriptions = fakeSubscriptions();
  return { port: subscriptions.port, tokenOf: async (email) => subscriptions.tokenOf(email) };
});

let wire: Wire;
let inbox: Inbox;
let client: SNSClient;
beforeAll(async () => {
  wire = await startWire(async ({ clock }) => {
    inbox = await startInbox({ port: 0, clock });
    const nowhere = async (): Promise<never> => {
      throw new Error("only mail is subscribed");
    };
    return [
      createSns({
        region,
        clock,
        inFlight: createInFlight(),
        toQueue: nowhere,
        toFunction: nowhere,
        log: () => undefined,
        inbox,
        confirmSubscriptions: false,
      }),
    ];
  });
  client = new SNSClient(wire.config());
});
afterAll(async () => {
  await wire.close();
  await inbox.close();
});

let topics = 0;
const topic = async (): Promise<string> => {
  const { TopicArn = "" } = await client.send(new CreateTopicCommand({ Name: `approvals-${String((topics += 1))}` }));
  return TopicArn;
};
const linkTo = (email: string, path: string): string =>
  new RegExp(`http\\S+/${path}\\?\\S+`).exec(inbox.letters.findLast(({ to }) => to === email)?.text ?? "")?.[0] ?? "";
const tokenOf = async (email: string): Promise<string> => new URL(linkTo(email, "confirm")).searchParams.get("Token") ?? "";

subscriptionsContract("local SNS", async () => ({ port: topicSubscriptions(client, await topic()), tokenOf }));

test("local SNS: who confirmed by the command is not unsubscribed by a link, and who opened AWS's link is", async () => {
  const port = topicSubscriptions(client, await topic());
  const safe = await port.subscribe("ann", "ann@example.com");
  await port.confirm(await tokenOf("ann@example.com"));
  const loose = await port.subscribe("bob", "bob@example.com");
  await fetch(linkTo("bob@example.com", "confirm"));
  expect(await port.inspect(loose)).toEqual({ protected: false, approver: "bob" });
  for (const arn of [safe, loose]) await fetch(`${inbox.origin}/unsubscribe?SubscriptionArn=${encodeURIComponent(arn)}`);
  expect((await port.all()).map(({ endpoint }) => endpoint)).toEqual(["ann@example.com"]);
});
