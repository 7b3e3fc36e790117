// AWS::SQS::Queue and AWS::SQS::QueuePolicy.
import { optionalText, textMap, texts } from "../members.ts";
import { refuse, type Makers } from "./workshop.ts";

const NOT_ATTRIBUTES = new Set(["QueueName", "Tags"]);

export const SQS: Makers = {
  async "AWS::SQS::Queue"(declared, workshop) {
    const QueueName = optionalText(declared.properties, "QueueName") ?? workshop.physicalName(declared.logicalId, 80);
    const given = Object.fromEntries(Object.entries(declared.properties).filter(([name]) => !NOT_ATTRIBUTES.has(name)));
    const { QueueUrl } = await workshop.call("sqs", "CreateQueue", { QueueName, Attributes: textMap({ given }, "given") });
    const Arn = `arn:aws:sqs:${workshop.stack.region}:${workshop.stack.account}:${QueueName}`;
    return { ref: String(QueueUrl), attributes: { Arn, QueueName, QueueUrl } };
  },
  async "AWS::SQS::QueuePolicy"(declared, workshop) {
    const Policy = JSON.stringify(declared.properties["PolicyDocument"]);
    const queues = texts(declared.properties, "Queues");
    if (queues.length === 0) refuse(declared, "Queues is empty.");
    for (const QueueUrl of queues) await workshop.call("sqs", "SetQueueAttributes", { QueueUrl, Attributes: { Policy } });
    return { ref: workshop.physicalName(declared.logicalId) };
  },
};
