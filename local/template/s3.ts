// AWS::S3::Bucket.
import { flag, isMembers, numberOr, optionalText, record, type Members } from "../members.ts";
import type { BucketSettings } from "../services/s3-buckets.ts";
import type { Declared, Made, Makers, Workshop } from "./workshop.ts";

export const S3: Makers = {
  "AWS::S3::Bucket"(declared, workshop) {
    const name = optionalText(declared.properties, "BucketName") ?? workshop.physicalName(declared.logicalId, 63).toLowerCase();
    workshop.buckets.create(name, workshop.stack.account, settingsOf(declared.properties));
    return made(name, declared, workshop);
  },
};

/** Versions and the lock count; encryption and public access do nothing here. */
function settingsOf(properties: Members): BucketSettings {
  const versioned = optionalText(record(properties, "VersioningConfiguration"), "Status") === "Enabled";
  const rule = record(record(properties, "ObjectLockConfiguration"), "Rule");
  const retention = rule["DefaultRetention"];
  if (!flag(properties, "ObjectLockEnabled") || !isMembers(retention)) return { versioned };
  return { versioned: true, lockDays: numberOr(retention, "Days", 0) + numberOr(retention, "Years", 0) * 365 };
}

function made(name: string, _declared: Declared, workshop: Workshop): Made {
  return {
    ref: name,
    attributes: { Arn: `arn:aws:s3:::${name}`, DomainName: `${name}.s3.amazonaws.com` },
    change: (next) => {
      const bucket = workshop.buckets.find(name);
      if (bucket !== undefined) bucket.settings = settingsOf(next.properties);
      return made(name, next, workshop);
    },
    remove: () => workshop.buckets.remove(name),
  };
}
