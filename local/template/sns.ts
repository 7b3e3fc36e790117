// AWS::SNS::Topic, AWS::SNS::Subscription and AWS::SNS::TopicPolicy.
import { optionalText, rows, textMap, texts, type Members } from "../members.ts";
import { subscriptionDrift } from "./drift.ts";
import { refuse, type Declared, type Made, type Makers, type Workshop } from "./workshop.ts";

const TOPIC_ATTRIBUTES = ["DisplayName", "KmsMasterKeyId", "SignatureVersion", "TracingConfig"];
const SUBSCRIPTION_ATTRIBUTES = ["FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy", "DeliveryPolicy"];

export const SNS: Makers = {
  async "AWS::SNS::Topic"(declared, workshop) {
    const TopicName = optionalText(declared.properties, "TopicName") ?? workshop.physicalName(declared.logicalId, 256);
    const { TopicArn } = await workshop.call("sns", "CreateTopic", {
      Name: TopicName,
      Attributes: picked(declared.properties, TOPIC_ATTRIBUTES),
    });
    for (const row of rows(declared.properties, "Subscription")) await subscribe(workshop, { ...row, TopicArn });
    const made: Made = {
      ref: String(TopicArn),
      attributes: { TopicArn, TopicName },
      async change(next) {
        for (const [AttributeName, AttributeValue] of Object.entries(picked(next.properties, TOPIC_ATTRIBUTES)))
          await workshop.call("sns", "SetTopicAttributes", { TopicArn, AttributeName, AttributeValue });
        return made;
      },
      remove: () => workshop.call("sns", "DeleteTopic", { TopicArn }),
    };
    return made;
  },
  async "AWS::SNS::Subscription"(declared, workshop) {
    const known = new Set([...SUBSCRIPTION_ATTRIBUTES, "TopicArn", "Protocol", "Endpoint", "Region"]);
    const unknown = Object.keys(declared.properties).find((name) => !known.has(name));
    if (unknown !== undefined) refuse(declared, `local AWS does not know the property ${unknown}.`);
    const SubscriptionArn = await subscribe(workshop, declared.properties);
    return {
      ref: SubscriptionArn,
      remove: () => workshop.call("sns", "Unsubscribe", { SubscriptionArn }),
      drift: () => subscriptionDrift(workshop, SubscriptionArn, picked(declared.properties, SUBSCRIPTION_ATTRIBUTES)),
    };
  },
  "AWS::SNS::TopicPolicy": (declared, workshop) => setPolicy(declared, workshop, workshop.physicalName(declared.logicalId)),
};

/** Taken away, the topic has the policy again that SNS gives every topic: its owner may do all. */
async function setPolicy(declared: Declared, workshop: Workshop, ref: string): Promise<Made> {
  const set = async (AttributeValue: string): Promise<void> => {
    for (const TopicArn of texts(declared.properties, "Topics"))
      await workshop.call("sns", "SetTopicAttributes", { TopicArn, AttributeName: "Policy", AttributeValue });
  };
  await set(JSON.stringify(declared.properties["PolicyDocument"]));
  return {
    ref,
    change: (next) => setPolicy(next, workshop, ref),
    remove: () => set(JSON.stringify({ Version: "2012-10-17", Statement: [] })),
  };
}

async function subscribe(workshop: Workshop, properties: Members): Promise<string> {
  const { TopicArn, Protocol, Endpoint } = properties;
  const answer = await workshop.call("sns", "Subscribe", {
    TopicArn,
    Protocol,
    Endpoint,
    Attributes: picked(properties, SUBSCRIPTION_ATTRIBUTES),
    ReturnSubscriptionArn: true,
  });
  return String(answer["SubscriptionArn"]);
}

function picked(properties: Members, names: readonly string[]): Readonly<Record<string, string>> {
  const given = Object.fromEntries(names.filter((name) => properties[name] !== undefined).map((name) => [name, properties[name]]));
  return textMap({ given }, "given");
}
