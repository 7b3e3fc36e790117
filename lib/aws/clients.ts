// The AWS SDK's clients, each made once when first needed, all with the same bounded retries.

import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EC2Client } from "@aws-sdk/client-ec2";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { Route53Client } from "@aws-sdk/client-route-53";
import { S3Client } from "@aws-sdk/client-s3";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";
import { STSClient } from "@aws-sdk/client-sts";

/** A function gives up on a call well before its own time is over. */
const bounds = {
  maxAttempts: 4,
  retryMode: "standard",
  requestHandler: { connectionTimeout: 2000, requestTimeout: 8000 },
};

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

// Marked pure, so that a function's bundle holds only the clients it uses.
export const dynamoDb = /* @__PURE__ */ once(() => new DynamoDBClient(bounds));
export const ec2 = /* @__PURE__ */ once(() => new EC2Client(bounds));
/** For what is paced by the caller: each call is one call. */
export const ec2Once = /* @__PURE__ */ once(() => new EC2Client({ ...bounds, maxAttempts: 1 }));
export const eventBridge = /* @__PURE__ */ once(() => new EventBridgeClient(bounds));
export const route53 = /* @__PURE__ */ once(() => new Route53Client(bounds));
export const s3 = /* @__PURE__ */ once(() => new S3Client(bounds));
export const secretsManager = /* @__PURE__ */ once(() => new SecretsManagerClient(bounds));
export const sns = /* @__PURE__ */ once(() => new SNSClient(bounds));
/** For what a verdict waits for. */
export const sts = /* @__PURE__ */ once(
  () => new STSClient({ ...bounds, maxAttempts: 2, requestHandler: { connectionTimeout: 1000, requestTimeout: 3000 } }),
);
export const sqs = /* @__PURE__ */ once(() => new SQSClient(bounds));
