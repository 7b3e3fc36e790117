// Who hears the deployment's topics: the queue that PrivateLink's notifications go to, and whoever is mailed when an alarm rings.

import { sameMailbox } from "../../lib/approver.ts";
import type { Finding } from "../../lib/operator/doctor.ts";
import { found, repair } from "./attempt.ts";
import type { Resources, Shown } from "./stack.ts";

async function subscriptionsOf(region: string, TopicArn: string) {
  const { SNSClient, paginateListSubscriptionsByTopic } = await import("@aws-sdk/client-sns");
  const all = [];
  for await (const page of paginateListSubscriptionsByTopic({ client: new SNSClient({ region }) }, { TopicArn }))
    all.push(...(page.Subscriptions ?? []));
  return all;
}

/** Without it every notification is lost, and nothing else shows that: the sweep finds the connections. */
export async function notifications({ region }: Shown, resources: Resources): Promise<Finding[]> {
  const about = "notifications";
  return found(about, "sns:ListSubscriptionsByTopic", async () => {
    const [topic, queue] = [resources.get("ConnectionsTopic")?.id ?? "", resources.get("ObserveQueue")?.id.split("/").at(-1) ?? ""];
    const heard = (await subscriptionsOf(region, topic)).some(
      ({ Protocol, Endpoint = "" }) => Protocol === "sqs" && Endpoint.split(":").at(-1) === queue,
    );
    if (heard) return [{ about, state: "ok", message: "what PrivateLink tells goes on to ObserveQueue" }];
    const message = "ObserveQueue is not subscribed to ConnectionsTopic: what PrivateLink tells is lost, only the sweep finds connections";
    return [{ about, state: "failed", message, mend: repair }];
  });
}

/** Approvers' addresses are looked at by the deployment itself; who gets its alarms it does not know. */
export async function alarmMail({ region, parameters }: Shown, resources: Resources): Promise<Finding[]> {
  const TopicArn = resources.get("AlarmsTopic")?.id ?? "";
  return found("alarms", "sns:ListSubscriptionsByTopic", async () => {
    const all = await subscriptionsOf(region, TopicArn);
    const wanted = parameters["AlarmEmail"] ?? "";
    const isListed = all.some(({ Endpoint = "" }) => wanted !== "" && sameMailbox(Endpoint, wanted));
    const waiting = all.filter(({ SubscriptionArn }) => SubscriptionArn === "PendingConfirmation");
    const confirmed = all.length - waiting.length;
    const subscribe = (protocol: string, address: string): string =>
      `aws sns subscribe --topic-arn ${TopicArn} --protocol ${protocol} --notification-endpoint ${address}`;
    const failed = (message: string, mend: string): Finding => ({ about: "alarms", state: "failed", message, mend });
    if (all.length === 0 && wanted === "")
      return [failed("nobody is subscribed", "set alarmEmail in drawbridge.config.yml, then npm run deploy")];
    return [
      ...(confirmed > 0 ? [{ about: "alarms", state: "ok" as const, message: `${String(confirmed)} confirmed` }] : []),
      ...waiting.map(({ Protocol = "email", Endpoint = "" }) =>
        failed(`${Endpoint} has not confirmed: nothing is sent there`, subscribe(Protocol, Endpoint)),
      ),
      ...(isListed || wanted === ""
        ? []
        : [failed(`${wanted} is not subscribed any more: nothing is sent there`, subscribe("email", wanted))]),
    ];
  });
}
