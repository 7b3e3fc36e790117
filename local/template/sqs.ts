// AWS::SQS::Queue and AWS::SQS::QueuePolicy.
import { optionalText, textMap, texts } from "../members.ts";
import { queueDrift } from "./drift.ts";
import { refuse, type Declared, type Made, type Makers, type Workshop } from "./workshop.ts";

const NOT_ATTRIBUTES = new Set(["QueueName", "Tags"]);

export const SQS: Makers = {
  async "AWS::SQS::Queue"(declared, workshop) {
    const QueueName = optionalText(declared.properties, "QueueName") ?? workshop.physicalName(declared.logicalId, 80);
    const { QueueUrl } = await workshop.call("sqs", "CreateQueue", { QueueName, Attributes: attributesOf(declared) });
    const Arn = `arn:aws:sqs:${workshop.stack.region}:${workshop.stack.account}:${QueueName}`;
    const madeOf = (as: Declared): Made => ({
      ref: String(QueueUrl),
      attributes: { Arn, QueueName, QueueUrl },
      async change(next) {
        await workshop.call("sqs", "SetQueueAttributes", { QueueUrl, Attributes: attributesOf(next) });
        return madeOf(next);
      },
      remove: () => workshop.call("sqs", "DeleteQueue", { QueueUrl }),
      drift: () => queueDrift(workshop, QueueUrl, attributesOf(as)),
    });
    return madeOf(declared);
  },
  "AWS::SQS::QueuePolicy"(declared, workshop) {
    return setPolicy(declared, workshop, workshop.physicalName(declared.logicalId));
  },
};

async function setPolicy(declared: Declared, workshop: Workshop, ref: string): Promise<Made> {
  const Policy = JSON.stringify(declared.properties["PolicyDocument"]);
  const queues = texts(declared.properties, "Queues");
  if (queues.length === 0) refuse(declared, "Queues is empty.");
  const set = async (value: string): Promise<void> => {
    for (const QueueUrl of queues) await workshop.call("sqs", "SetQueueAttributes", { QueueUrl, Attributes: { Policy: value } });
  };
  await set(Policy);
  return { ref, change: (next) => setPolicy(next, workshop, ref), remove: () => set("") };
}

function attributesOf(declared: Declared): Readonly<Record<string, string>> {
  const given = Object.fromEntries(Object.entries(declared.properties).filter(([name]) => !NOT_ATTRIBUTES.has(name)));
  return textMap({ given }, "given");
}
