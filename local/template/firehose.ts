// AWS::KinesisFirehose::DeliveryStream, with dynamic partitions by day.
import { optionalText, record, text } from "../members.ts";
import { roleOf } from "./iam.ts";
import { refuse, type Declared, type Made, type Makers, type Workshop } from "./workshop.ts";

export const FIREHOSE: Makers = {
  "AWS::KinesisFirehose::DeliveryStream"(declared, workshop) {
    const name = optionalText(declared.properties, "DeliveryStreamName") ?? workshop.physicalName(declared.logicalId, 64);
    return made(name, declared, workshop);
  },
};

const BY_DAY = "!{partitionKeyFromQuery:day}/";

function made(name: string, declared: Declared, workshop: Workshop): Made {
  const destination = record(declared.properties, "ExtendedS3DestinationConfiguration");
  const prefix = text(destination, "Prefix");
  if (!prefix.endsWith(BY_DAY)) refuse(declared, `local AWS puts records by ${BY_DAY} only`);
  const arn = `arn:aws:firehose:${workshop.stack.region}:${workshop.stack.account}:deliverystream/${name}`;
  const bucket = text(destination, "BucketARN").replace(/^arn:aws:s3:::/, "");
  const { arn: roleArn } = roleOf(declared, workshop, text(destination, "RoleARN"), "firehose.amazonaws.com");
  workshop.firehose.add({ arn, bucket, prefix: prefix.slice(0, -BY_DAY.length), roleArn });
  return { ref: name, attributes: { Arn: arn }, change: (next) => made(name, next, workshop), remove: () => workshop.firehose.remove(arn) };
}
