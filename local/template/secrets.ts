// AWS::SecretsManager::Secret and AWS::SSM::Parameter.
import { randomInt } from "node:crypto";
import { isDeepStrictEqual } from "node:util";

import { flag, isMembers, numberOr, optionalText, text, type Members } from "../members.ts";
import type { Declared, Made, Makers, Workshop } from "./workshop.ts";

const LOWER = "abcdefghijklmnopqrstuvwxyz";
const PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
const LENGTH_DEFAULT = 32;

export const SECRETS: Makers = {
  async "AWS::SecretsManager::Secret"(declared, workshop) {
    const { properties } = declared;
    const generate = properties["GenerateSecretString"];
    const SecretString = isMembers(generate) ? generated(generate) : optionalText(properties, "SecretString");
    const answer = await workshop.call("secretsmanager", "CreateSecret", {
      // CloudFormation leaves the stack's name out here.
      Name: optionalText(properties, "Name") ?? workshop.physicalName(declared.logicalId, 256).slice(workshop.stack.name.length + 1),
      ...(SecretString === undefined ? {} : { SecretString }),
      ...(properties["Description"] === undefined ? {} : { Description: properties["Description"] }),
      ...(properties["KmsKeyId"] === undefined ? {} : { KmsKeyId: properties["KmsKeyId"] }),
    });
    return secretAt(text(answer, "ARN"), declared, workshop);
  },
  async "AWS::SSM::Parameter"(declared, workshop) {
    const Name = optionalText(declared.properties, "Name") ?? workshop.physicalName(declared.logicalId);
    await workshop.call("ssm", "PutParameter", {
      Name,
      Value: text(declared.properties, "Value"),
      Type: text(declared.properties, "Type"),
    });
    return { ref: Name, attributes: { Type: declared.properties["Type"], Value: declared.properties["Value"] } };
  },
};

/** CloudFormation writes the value again only when the template's own text changes: what an operator put there stays. */
function secretAt(arn: string, declared: Declared, workshop: Workshop): Made {
  return {
    ref: arn,
    attributes: { Id: arn },
    async change(next) {
      const { GenerateSecretString: generate, SecretString } = next.properties;
      const isNew =
        !isDeepStrictEqual(generate, declared.properties["GenerateSecretString"]) || SecretString !== declared.properties["SecretString"];
      await workshop.call("secretsmanager", "UpdateSecret", {
        SecretId: arn,
        ...(next.properties["Description"] === undefined ? {} : { Description: next.properties["Description"] }),
        ...(isNew ? { SecretString: isMembers(generate) ? generated(generate) : SecretString } : {}),
      });
      return secretAt(arn, next, workshop);
    },
    remove: () => workshop.call("secretsmanager", "DeleteSecret", { SecretId: arn, ForceDeleteWithoutRecovery: true }),
  };
}

/** As Secrets Manager makes one: each kind of character that is not excluded appears at least once. */
function generated(request: Members): string {
  const excluded = optionalText(request, "ExcludeCharacters") ?? "";
  const kinds = [
    flag(request, "ExcludeLowercase") ? "" : LOWER,
    flag(request, "ExcludeUppercase") ? "" : LOWER.toUpperCase(),
    flag(request, "ExcludeNumbers") ? "" : "0123456789",
    flag(request, "ExcludePunctuation") ? "" : PUNCTUATION,
    flag(request, "IncludeSpace") ? " " : "",
  ];
  const alphabets = kinds
    .map((kind) => Array.from(kind).filter((character) => !excluded.includes(character)))
    .filter((kind) => kind.length > 0);
  const all = alphabets.flat();
  const pick = (from: readonly string[]): string => from[randomInt(from.length)] ?? "";
  const length = numberOr(request, "PasswordLength", LENGTH_DEFAULT);
  const required = request["RequireEachIncludedType"] === false ? [] : alphabets.map(pick);
  const rest = Array.from({ length: Math.max(0, length - required.length) }, () => pick(all));
  const password = shuffled([...required, ...rest]).join("");
  const template = optionalText(request, "SecretStringTemplate");
  if (template === undefined) return password;
  return JSON.stringify({ ...(JSON.parse(template) as Members), [text(request, "GenerateStringKey")]: password });
}

function shuffled(characters: string[]): readonly string[] {
  for (let index = characters.length - 1; index > 0; index -= 1) {
    const other = randomInt(index + 1);
    [characters[index], characters[other]] = [characters[other] ?? "", characters[index] ?? ""];
  }
  return characters;
}
