// Anything that the SDK's own schemas allow: inputs for a command, and what AWS could answer, on the wire of each protocol.
import { NormalizedSchema } from "@smithy/core/schema";
import fc from "fast-check";

/** Where the SDK looks into a value: what it has to look like. */
const known: Readonly<Record<string, string>> = {
  QueueUrl: "https://sqs.eu-west-1.amazonaws.com/111111111111/drawbridge-observe",
  Bucket: "drawbridge-prod-checkpoints-1a2b3c",
  Key: "checkpoints/2026/11/24.json",
  TableName: "drawbridge-prod-Connections-1A2B3C",
  HostedZoneId: "Z0123456789ABCDEFGHIJ",
  TopicArn: "arn:aws:sns:eu-west-1:111111111111:drawbridge-approvals",
  ContentMD5: "1B2M2Y8AsgTpgAmY7PhCfg==",
};
/** Members that change what the call is: to S3 by another protocol, or to somewhere else. */
const leftAlone = /^(EndpointId|SSECustomer\w*|CopySource\w*|Checksum\w*|ContentLength|IndexName)$/;

const text = fc.oneof(fc.constantFrom("", " a  b ", `<"&'>é\u{1F600}`, "#?/%20+"), fc.string({ maxLength: 12 }));
const plain = fc.stringMatching(/^[A-Za-z0-9-]{1,12}$/);

export const inputOf = (schema: unknown): fc.Arbitrary<unknown> => valueOf(NormalizedSchema.of(schema as never), 0, undefined);

function valueOf(schema: NormalizedSchema, depth: number, name: string | undefined): fc.Arbitrary<unknown> {
  const traits = schema.getMergedTraits();
  const onAddressOrHead = traits.httpHeader !== undefined || traits.httpLabel !== undefined || traits.httpQuery !== undefined;
  const given = name === undefined ? undefined : known[name];
  if (schema.isUnionSchema()) return memberOf(schema, depth);
  if (schema.isStructSchema()) return structOf(schema, depth);
  if (schema.isListSchema()) return fc.array(valueOf(schema.getValueSchema(), depth + 1, undefined), { maxLength: depth > 3 ? 0 : 3 });
  if (schema.isMapSchema())
    return fc.dictionary(plain, valueOf(schema.getValueSchema(), depth + 1, undefined), {
      maxKeys: depth > 3 ? 0 : 3,
      noNullPrototype: true,
    });
  if (schema.isStringSchema()) return given !== undefined ? fc.constant(given) : onAddressOrHead ? plain : text;
  if (schema.isBooleanSchema()) return fc.boolean();
  if (schema.isNumericSchema()) return fc.integer({ min: 0, max: 1_000_000 });
  if (schema.isTimestampSchema()) return fc.date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true });
  if (schema.isBlobSchema()) return schema.isStreaming() ? text : fc.uint8Array({ maxLength: 12 });
  return fc.constant(undefined);
}

function structOf(schema: NormalizedSchema, depth: number): fc.Arbitrary<unknown> {
  const members = [...schema.structIterator()].filter(([name]) => !leftAlone.test(name));
  const needed = members
    .filter(([name, member]) => name in known || member.getMergedTraits().httpLabel !== undefined)
    .map(([name]) => name);
  const shapes = Object.fromEntries(
    members.map(([name, member]) => [name, depth > 5 ? fc.constant(undefined) : valueOf(member, depth + 1, name)]),
  );
  return fc.record(shapes, { requiredKeys: needed, noNullPrototype: true });
}

const memberOf = (schema: NormalizedSchema, depth: number): fc.Arbitrary<unknown> =>
  fc.oneof(
    ...[...schema.structIterator()]
      .filter(([, member]) => depth < 5 || !(member.isListSchema() || member.isMapSchema()))
      .map(([name, member]) => valueOf(member, depth + 1, name).map((value) => ({ [name]: value }))),
  );
