// AWS::SNS::Topic, AWS::SNS::Subscription and AWS::SNS::TopicPolicy.
import { optionalText, rows, textMap, texts, type Members } from "../members.ts";
import { refuse, type Makers, type Workshop } from "./workshop.ts";

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
    return { ref: String(TopicArn), attributes: { TopicArn, TopicName } };
  },
  async "AWS::SNS::Subscription"(declared, workshop) {
    const known = new Set([...SUBSCRIPTION_ATTRIBUTES, "TopicArn", "Protocol", "Endpoint", "Region"]);
    const unknown = Object.keys(declared.properties).find((name) => !known.has(name));
    if (unknown !== undefined) refuse(declared, `local AWS does not know the property ${unknown}.`);
    return { ref: await subscribe(workshop, declared.properties) };
  },
  async "AWS::SNS::TopicPolicy"(declared, workshop) {
    const AttributeValue = JSON.stringify(declared.properties["PolicyDocument"]);
    for (const TopicArn of texts(declared.properties, "Topics")) {
      await workshop.call("sns", "SetTopicAttributes", { TopicArn, AttributeName: "Policy", AttributeValue });
    }
    return { ref: workshop.physicalName(declared.logicalId) };
  },
};

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
