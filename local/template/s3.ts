// AWS::S3::Bucket.
import { optionalText } from "../members.ts";
import type { Declared, Made, Makers, Workshop } from "./workshop.ts";

export const S3: Makers = {
  "AWS::S3::Bucket"(declared, workshop) {
    const name = optionalText(declared.properties, "BucketName") ?? workshop.physicalName(declared.logicalId, 63).toLowerCase();
    workshop.buckets.create(name, workshop.stack.account);
    return made(name, declared, workshop);
  },
};

/** Its settings (encryption, public access) do nothing here. */
function made(name: string, _declared: Declared, workshop: Workshop): Made {
  return {
    ref: name,
    attributes: { Arn: `arn:aws:s3:::${name}`, DomainName: `${name}.s3.amazonaws.com` },
    change: (next) => made(name, next, workshop),
    remove: () => workshop.buckets.remove(name),
  };
}
