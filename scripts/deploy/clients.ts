// The AWS clients of a deployment, for one Region, with the deployer's own credentials.
import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EC2Client } from "@aws-sdk/client-ec2";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { Route53Client } from "@aws-sdk/client-route-53";
import { S3Client } from "@aws-sdk/client-s3";
import { STSClient } from "@aws-sdk/client-sts";
import { defaultProvider } from "@aws-sdk/credential-provider-node";
import { Sha256 } from "@smithy/core/checksum";
import { SignatureV4 } from "@smithy/signature-v4";

import { partitionOf } from "./regions.ts";

export interface Clients {
  readonly region: string;
  readonly cloudFormation: CloudFormationClient;
  readonly dynamoDb: DynamoDBClient;
  readonly ec2: EC2Client;
  readonly lambda: LambdaClient;
  readonly route53: Route53Client;
  readonly s3: S3Client;
  readonly sts: STSClient;
  readonly acm: JsonCall;
  readonly cloudTrail: JsonCall;
  readonly kms: JsonCall;
}

/** One call of a service whose client we have not, or not of our clients' version: a few calls do not need one. */
export type JsonCall = (action: string, input: object) => Promise<Readonly<Record<string, unknown>>>;

export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** With the keys that are given, else with those that AWS's usual settings lead to. */
export function clientsOf(region: string, keys?: Keys): Clients {
  const settings = { region, maxAttempts: 6, ...(keys === undefined ? {} : { credentials: keys }) };
  const credentials = keys === undefined ? defaultProvider() : () => Promise.resolve(keys);
  return {
    region,
    cloudFormation: new CloudFormationClient(settings),
    dynamoDb: new DynamoDBClient(settings),
    ec2: new EC2Client(settings),
    lambda: new LambdaClient(settings),
    route53: new Route53Client(settings),
    s3: new S3Client(settings),
    sts: new STSClient(settings),
    acm: jsonCall(region, credentials, "acm", "CertificateManager"),
    cloudTrail: jsonCall(region, credentials, "cloudtrail", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101"),
    kms: jsonCall(region, credentials, "kms", "TrentService"),
  };
}

function jsonCall(region: string, credentials: () => Promise<Keys>, service: string, target: string): JsonCall {
  return async (action, input) => {
    const url = new URL(process.env["AWS_ENDPOINT_URL"] ?? `https://${service}.${region}.${partitionOf(region).dnsSuffix}`);
    const body = JSON.stringify(input);
    const headers = { host: url.host, "content-type": "application/x-amz-json-1.1", "x-amz-target": `${target}.${action}` };
    const signer = new SignatureV4({ service, region, credentials, sha256: Sha256 });
    const { headers: signed } = await signer.sign({
      method: "POST",
      protocol: url.protocol,
      hostname: url.hostname,
      path: "/",
      headers,
      body,
    });
    const reply = await fetch(url, { method: "POST", headers: signed, body });
    const said = (await reply.json()) as Readonly<Record<string, unknown>>;
    if (reply.ok) return said;
    const message = [said["message"], said["Message"]].find((one) => typeof one === "string") ?? reply.statusText;
    const name = reply.headers.get("x-amzn-errortype") ?? (typeof said["__type"] === "string" ? said["__type"] : String(reply.status));
    throw Object.assign(new Error(message), { name: name.split("#").at(-1)?.split(":")[0] });
  };
}
