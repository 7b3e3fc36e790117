// AWS::S3::Bucket.
import { flag, isMembers, numberOr, optionalText, record, type Members } from "../members.ts";
import type { BucketSettings } from "../services/s3-buckets.ts";
import { refuse, type Declared, type Made, type Makers, type Workshop } from "./workshop.ts";

export const S3: Makers = {
  "AWS::S3::Bucket"(declared, workshop) {
    const name = optionalText(declared.properties, "BucketName") ?? workshop.physicalName(declared.logicalId, 63).toLowerCase();
    workshop.buckets.create(name, workshop.stack.account, settingsOf(declared.properties));
    return madeOf(name, workshop);
  },
};

/** A bucket that is there, taken in as it is. */
export function existingBucket(declared: Declared, workshop: Workshop, name: string): Made {
  if (workshop.buckets.find(name)?.account !== workshop.stack.account) return refuse(declared, `the bucket ${name} does not exist.`);
  return madeOf(name, workshop);
}

/** Versions and the lock count; encryption and public access do nothing here. */
function settingsOf(properties: Members): BucketSettings {
  const versioned = optionalText(record(properties, "VersioningConfiguration"), "Status") === "Enabled";
  const rule = record(record(properties, "ObjectLockConfiguration"), "Rule");
  const retention = rule["DefaultRetention"];
  if (!flag(properties, "ObjectLockEnabled") || !isMembers(retention)) return { versioned };
  const mode = optionalText(retention, "Mode") === "COMPLIANCE" ? "COMPLIANCE" : "GOVERNANCE";
  return { versioned: true, lock: { mode, days: numberOr(retention, "Days", 0) + numberOr(retention, "Years", 0) * 365 } };
}

function madeOf(name: string, workshop: Workshop): Made {
  return {
    ref: name,
    attributes: { Arn: `arn:aws:s3:::${name}`, DomainName: `${name}.s3.amazonaws.com` },
    change(next) {
      const bucket = workshop.buckets.find(name);
      if (bucket !== undefined) bucket.settings = settingsOf(next.properties);
      return madeOf(name, workshop);
    },
    remove: () => workshop.buckets.remove(name),
  };
}
