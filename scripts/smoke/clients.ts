// The AWS clients of a smoke run: the provider's account, and the one that asks to connect.
import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { EC2Client } from "@aws-sdk/client-ec2";
import { Route53Client } from "@aws-sdk/client-route-53";
import { S3Client } from "@aws-sdk/client-s3";
import { SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

export interface Clients {
  readonly region: string;
  readonly account: string;
  readonly consumerAccount: string;
  readonly ec2: EC2Client;
  readonly consumer: EC2Client;
  readonly route53: Route53Client;
  /** Never tries again: for asking Route 53 what it refuses. */
  readonly route53Once: Route53Client;
  readonly sqs: SQSClient;
  readonly sns: SNSClient;
  readonly s3: S3Client;
  readonly cloudformation: CloudFormationClient;
  readonly sts: STSClient;
  /** The consumer in another Region. */
  consumerIn(region: string): EC2Client;
  close(): void;
}

/** The address of a local AWS, when the usual AWS settings name one. */
export function localEndpoint(): string | undefined {
  const url = process.env["AWS_ENDPOINT_URL"];
  return url !== undefined && ["127.0.0.1", "localhost", "[::1]"].includes(URL.parse(url)?.hostname ?? "") ? url : undefined;
}

export async function connect(where: {
  readonly region: string | undefined;
  readonly consumerProfile: string | undefined;
}): Promise<Clients> {
  // EC2 refuses a fifth endpoint in a row for some seconds: rather wait than fail.
  const usual = { ...(where.region === undefined ? {} : { region: where.region }), maxAttempts: 10 };
  const consumerSettings = { ...usual, ...(where.consumerProfile === undefined ? {} : { profile: where.consumerProfile }) };
  const ec2 = new EC2Client(usual);
  const region = await regionOf(ec2);
  const named = { ...usual, region };
  const consumerNamed = { ...consumerSettings, region };
  const sts = new STSClient(named);
  const consumerSts = new STSClient(consumerNamed);
  const account = await accountOf(sts);
  const clients = {
    ec2,
    sts,
    consumer: new EC2Client(consumerNamed),
    cloudformation: new CloudFormationClient(named),
    sqs: new SQSClient(named),
    sns: new SNSClient(named),
    route53: new Route53Client(named),
    route53Once: new Route53Client({
      ...named,
      maxAttempts: 1,
    }),
    s3: new S3Client({
      ...named,
      forcePathStyle: process.env["AWS_ENDPOINT_URL"] !== undefined,
    }),
  };
  const elsewhere = new Map<string, EC2Client>();
  return {
    ...clients,
    consumerIn(other) {
      const client = elsewhere.get(other) ?? new EC2Client({ ...consumerSettings, region: other });
      elsewhere.set(other, client);
      return client;
    },
    region,
    account,
    consumerAccount: where.consumerProfile === undefined ? account : await accountOf(consumerSts),
    close() {
      for (const client of [...Object.values(clients), ...elsewhere.values(), consumerSts]) client.destroy();
    },
  };
}

async function regionOf(ec2: EC2Client): Promise<string> {
  try {
    return await ec2.config.region();
  } catch (cause) {
    throw new Error("No Region is set: give --region, or set AWS_REGION.", { cause });
  }
}

async function accountOf(sts: STSClient): Promise<string> {
  try {
    const { Account } = await sts.send(new GetCallerIdentityCommand({}));
    return Account ?? "";
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `AWS does not know these credentials (${said}): give --profile, sign in with aws sso login, or set the usual variables.`,
      { cause },
    );
  }
}
