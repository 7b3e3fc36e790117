// Whether PrivateLink tries again to publish: an endpoint is made while the topic keeps it out, and let in a little later.
import { GetTopicAttributesCommand, SetTopicAttributesCommand } from "@aws-sdk/client-sns";
import type { Probing } from "./probe-decisions.ts";

const MINUTE = 60_000;
/** Long enough for a first try to be over. */
const keptOutMs = 30_000;

/** Needs our own notification at the service. */
export async function probePublishing({ clients, world, steps, connections, caught, options, findings }: Probing): Promise<void> {
  const { notified, quiet } = options.waits;
  const setPolicy = (AttributeValue: string) =>
    clients.sns.send(new SetTopicAttributesCommand({ TopicArn: world.topicArn, AttributeName: "Policy", AttributeValue }));
  await steps.probe("an endpoint while the topic keeps PrivateLink out", notified + quiet + 5 * MINUTE, async (wait) => {
    const { Attributes = {} } = await clients.sns.send(new GetTopicAttributesCommand({ TopicArn: world.topicArn }));
    const { Policy = "" } = Attributes;
    await setPolicy(keptOut(Policy, world.topicArn));
    let endpoint: string;
    try {
      endpoint = await connections.ask();
      await wait.until("it is listed", async () => ((await connections.of(endpoint)) === undefined ? undefined : true));
      await wait.within(Math.min(quiet, keptOutMs), () => undefined);
    } finally {
      await setPolicy(Policy);
    }
    const since = Date.now();
    const heard = await wait.within(notified, () => caught.told(endpoint, "Connect", 0));
    const seconds = Math.round(((heard?.receivedAt ?? Date.now()) - since) / 1000);
    findings.judged(
      "publish-retried",
      heard === undefined,
      heard === undefined
        ? `not within ${String(seconds)} s after the topic let it in again`
        : `it does: it came ${String(seconds)} s after the topic let it in again`,
    );
    await connections.delete([endpoint]);
  });
}

function keptOut(policy: string, Resource: string): string {
  const { Statement = [], ...rest } = JSON.parse(policy) as { readonly Statement?: readonly object[] };
  const deny = { Sid: "SmokeKeepsOut", Effect: "Deny", Principal: { Service: "vpce.amazonaws.com" }, Action: "sns:Publish", Resource };
  return JSON.stringify({ ...rest, Statement: [...Statement, deny] });
}
