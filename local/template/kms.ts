// AWS::KMS::Key and its aliases.
import { optionalText, record, text } from "../members.ts";
import type { Made, Makers } from "./workshop.ts";

export const KMS: Makers = {
  async "AWS::KMS::Key"({ properties }, workshop) {
    const answer = await workshop.call("kms", "CreateKey", {
      ...(properties["KeySpec"] === undefined ? {} : { KeySpec: optionalText(properties, "KeySpec") }),
      ...(properties["KeyUsage"] === undefined ? {} : { KeyUsage: optionalText(properties, "KeyUsage") }),
      Policy: JSON.stringify(properties["KeyPolicy"]),
    });
    const metadata = record(answer, "KeyMetadata");
    return madeOf(text(metadata, "KeyId"), text(metadata, "Arn"));
  },
  "AWS::KMS::Alias": ({ properties }) => ({ ref: text(properties, "AliasName") }),
};

/** Its description does nothing here, and can change. */
function madeOf(id: string, arn: string): Made {
  return { ref: id, attributes: { Arn: arn, KeyId: id }, change: () => madeOf(id, arn) };
}
