// Alarms: local AWS watches no metrics, but an alarm that is told to go off tells its topics as CloudWatch does.
import { optionalText, texts } from "./members.ts";
import type { SnsService } from "./services/sns.ts";
import type { Declared } from "./template/workshop.ts";

export interface RingerParts {
  readonly account: string;
  readonly region: string;
  readonly held: readonly Declared[];
  readonly topics: Pick<SnsService, "publishAs">;
  readonly ringing: Map<string, number>;
  readonly now: () => number;
}

/** Rings an alarm by its logical id; throws what keeps it from its topic. */
export function ringer({ account, region, held, topics, ringing, now }: RingerParts): (alarm: string) => Promise<void> {
  return async (alarm) => {
    const declared = held.find(({ logicalId, type }) => logicalId === alarm && type === "AWS::CloudWatch::Alarm");
    if (declared === undefined) throw new Error(`The stack has no alarm ${alarm}.`);
    ringing.set(alarm, now());
    const name = optionalText(declared.properties, "AlarmName") ?? alarm;
    const principal = {
      service: "cloudwatch.amazonaws.com",
      sourceArn: `arn:aws:cloudwatch:${region}:${account}:alarm:${name}`,
      sourceAccount: account,
    };
    const description = optionalText(declared.properties, "AlarmDescription") ?? "";
    const message = { AlarmName: name, AlarmDescription: description, AWSAccountId: account, NewStateValue: "ALARM" };
    for (const topic of texts(declared.properties, "AlarmActions")) {
      const refusal = await topics.publishAs(principal, topic, { Subject: `ALARM: "${name}"`, Message: JSON.stringify(message) });
      if (refusal !== undefined) throw new Error(`${alarm} did not reach ${topic}: ${refusal.message}`);
    }
  };
}
