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

export interface Clients {
  readonly region: string;
  readonly cloudFormation: CloudFormationClient;
  readonly dynamoDb: DynamoDBClient;
  readonly ec2: EC2Client;
  readonly lambda: LambdaClient;
  readonly route53: Route53Client;
  readonly s3: S3Client;
  readonly sts: STSClient;
  /** One call of CloudTrail. Its client has no release of our clients' version, and two calls do not need one. */
  cloudTrail(action: string, input: object): Promise<Readonly<Record<string, unknown>>>;
}

export function clientsOf(region: string): Clients {
  const settings = { region, maxAttempts: 6 };
  return {
    region,
    cloudFormation: new CloudFormationClient(settings),
    dynamoDb: new DynamoDBClient(settings),
    ec2: new EC2Client(settings),
    lambda: new LambdaClient(settings),
    route53: new Route53Client(settings),
    s3: new S3Client(settings),
    sts: new STSClient(settings),
    cloudTrail: (action, input) => cloudTrail(region, action, input),
  };
}

async function cloudTrail(region: string, action: string, input: object): Promise<Readonly<Record<string, unknown>>> {
  const url = new URL(process.env["AWS_ENDPOINT_URL"] ?? `https://cloudtrail.${region}.amazonaws.com`);
  const body = JSON.stringify(input);
  const headers = {
    host: url.host,
    "content-type": "application/x-amz-json-1.1",
    "x-amz-target": `com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.${action}`,
  };
  const signer = new SignatureV4({ service: "cloudtrail", region, credentials: defaultProvider(), sha256: Sha256 });
  const { headers: signed } = await signer.sign({
    method: "POST",
    protocol: url.protocol,
    hostname: url.hostname,
    path: "/",
    headers,
    body,
  });
  const reply = await fetch(url, { method: "POST", headers: signed, body });
  const said = (await reply.json()) as Readonly<Record<string, unknown>> & { readonly message?: string };
  const name = reply.headers.get("x-amzn-errortype") ?? String(reply.status);
  if (!reply.ok) throw Object.assign(new Error(said.message ?? reply.statusText), { name });
  return said;
}
