// Which maker makes which type of resource.
import { optionalText, type Members } from "../members.ts";
import { DNS } from "./dns.ts";
import { DYNAMODB } from "./dynamodb.ts";
import { EVENT_SOURCE_MAPPINGS } from "./event-source-mapping.ts";
import { EVENTS } from "./events.ts";
import { FIREHOSE } from "./firehose.ts";
import { HELD } from "./held.ts";
import { HTTP_API } from "./http-api.ts";
import { IAM } from "./iam.ts";
import { KMS } from "./kms.ts";
import { LAMBDA } from "./lambda.ts";
import { LOAD_BALANCING } from "./load-balancing.ts";
import { LOGS } from "./logs.ts";
import { NETWORK } from "./network.ts";
import { S3 } from "./s3.ts";
import { SCHEDULER } from "./scheduler.ts";
import { SECRETS } from "./secrets.ts";
import { SNS } from "./sns.ts";
import { SQS } from "./sqs.ts";
import type { Makers } from "./workshop.ts";

export const MAKERS: Makers = {
  ...DYNAMODB,
  ...SQS,
  ...SNS,
  ...EVENTS,
  ...LAMBDA,
  ...EVENT_SOURCE_MAPPINGS,
  ...IAM,
  ...HTTP_API,
  ...SECRETS,
  ...SCHEDULER,
  ...S3,
  ...FIREHOSE,
  ...KMS,
  ...NETWORK,
  ...LOAD_BALANCING,
  ...LOGS,
  ...DNS,
  ...HELD,
};

/** Before anything is made: an unknown type must not be passed over in silence. */
export function refuseUnknown(resources: Readonly<Record<string, Members>>): void {
  const unknown = Object.entries(resources).filter(([, resource]) => MAKERS[optionalText(resource, "Type") ?? ""] === undefined);
  if (unknown.length === 0) return;
  const names = unknown.map(([logicalId, resource]) => `${logicalId} (${optionalText(resource, "Type") ?? "no type"})`);
  throw new Error(`Local AWS cannot make: ${names.join(", ")}. Add its type in local/template/.`);
}
