// Small functions, zipped as the packaging does it, and the parts of a template that declare them.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { strToU8, zipSync } from "fflate";

export interface Packages {
  readonly folder: string;
  remove(): void;
}

/** One zip for each name, with `dist/<name>.js` inside. */
export function packages(sources: Readonly<Record<string, string>>): Packages {
  const folder = mkdtempSync(join(tmpdir(), "local-aws-test-"));
  for (const [name, source] of Object.entries(sources)) {
    writeFileSync(join(folder, `${name}.zip`), zipSync({ [`dist/${name}.js`]: strToU8(source) }));
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A function's source with what it imports in it, as the project's own build makes it. */
export function bundle(source: string): string {
  const stdin = { contents: source, resolveDir: import.meta.dirname };
  const built = buildSync({ stdin, bundle: true, write: false, format: "cjs", platform: "node", target: "node24", minify: true });
  return built.outputFiles[0]?.text ?? "";
}

export function functionOf(
  name: string,
  properties: Readonly<Record<string, unknown>> = {},
  role = "Role",
): Readonly<Record<string, unknown>> {
  return {
    Type: "AWS::Lambda::Function",
    Properties: {
      Handler: `dist/${name}.handler`,
      Runtime: "nodejs24.x",
      Role: { "Fn::GetAtt": [role, "Arn"] },
      Code: { S3Bucket: "code", S3Key: `serverless/test/${name}.zip` },
      Timeout: 5,
      ...properties,
    },
  };
}

const WRITE_LOGS = { Effect: "Allow", Action: ["logs:CreateLogStream", "logs:PutLogEvents"], Resource: "*" };

/** It may write its logs, and what the statements say. */
export function roleOf(statements: readonly unknown[] = []): Readonly<Record<string, unknown>> {
  return {
    Type: "AWS::IAM::Role",
    Properties: {
      AssumeRolePolicyDocument: {
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
      },
      Policies: [{ PolicyName: "rights", PolicyDocument: { Version: "2012-10-17", Statement: [WRITE_LOGS, ...statements] } }],
    },
  };
}

export function allow(action: string | readonly string[], resource: unknown): Readonly<Record<string, unknown>> {
  return { Effect: "Allow", Action: action, Resource: resource };
}

export function queuePolicy(queue: string, service: string, sourceArn: unknown): Readonly<Record<string, unknown>> {
  return {
    Type: "AWS::SQS::QueuePolicy",
    Properties: {
      Queues: [{ Ref: queue }],
      PolicyDocument: {
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: { Service: service },
            Action: "sqs:SendMessage",
            Resource: { "Fn::GetAtt": [queue, "Arn"] },
            Condition: { ArnEquals: { "aws:SourceArn": sourceArn }, StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } },
          },
        ],
      },
    },
  };
}

export const CONSUME = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];

export function arn(logicalId: string): Readonly<Record<string, unknown>> {
  return { "Fn::GetAtt": [logicalId, "Arn"] };
}
