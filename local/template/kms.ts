// AWS::KMS::Key and its aliases.
import { numberOr, optionalText, record, text } from "../members.ts";
import type { Declared, Made, Makers, Workshop } from "./workshop.ts";

export const KMS: Makers = {
  async "AWS::KMS::Key"(declared, workshop) {
    const { properties } = declared;
    const answer = await workshop.call("kms", "CreateKey", {
      ...(properties["KeySpec"] === undefined ? {} : { KeySpec: optionalText(properties, "KeySpec") }),
      ...(properties["KeyUsage"] === undefined ? {} : { KeyUsage: optionalText(properties, "KeyUsage") }),
      ...(properties["Description"] === undefined ? {} : { Description: optionalText(properties, "Description") }),
      Policy: JSON.stringify(properties["KeyPolicy"]),
    });
    return existingKey(declared, workshop, text(record(answer, "KeyMetadata"), "KeyId"));
  },
  "AWS::KMS::Alias": ({ properties }) => ({ ref: text(properties, "AliasName") }),
};

const PENDING_DAYS = 30;

/** The key as it stands, made by the stack or taken in. Its description stays as it was made; removed, it waits for its end. */
export async function existingKey(declared: Declared, workshop: Workshop, KeyId: string): Promise<Made> {
  const metadata = record(await workshop.call("kms", "DescribeKey", { KeyId }), "KeyMetadata");
  const PendingWindowInDays = numberOr(declared.properties, "PendingWindowInDays", PENDING_DAYS);
  return {
    ref: KeyId,
    attributes: { Arn: text(metadata, "Arn"), KeyId },
    change: (next) => existingKey(next, workshop, KeyId),
    remove: () => workshop.call("kms", "ScheduleKeyDeletion", { KeyId, PendingWindowInDays }),
  };
}
