// A deployment of few resources, made in moments, with whatever deploy, repair, pause and uninstall deal with: the bucket, what is kept, a
// queue with its policy, and what a pause holds. Each place has a stage of its own in one account.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { main } from "../../scripts/deploy.ts";
import { clientsOf, type Clients } from "../../scripts/deploy/clients.ts";
import type { Packaged } from "../../scripts/deploy/packaged.ts";
import { stackNow } from "../../scripts/deploy/stack.ts";
import { Stop } from "../../scripts/deploy/stop.ts";
import type { Resource, Template } from "../../scripts/template.ts";
import { account, region, until } from "./place.ts";

const copied = ["ServerlessDeploymentBucket", "ServerlessDeploymentBucketPolicy", "AllowListTable", "CheckpointBucket", "CheckpointKey"];

function functionOf(of: Packaged, name: string): Resource {
  const { Type = "", Properties = {} } = of.template.Resources[`${name}LambdaFunction`] ?? {};
  const { Code, Handler, Runtime } = Properties;
  return {
    Type,
    Properties: { Code, Handler, Runtime, Role: { "Fn::GetAtt": ["Role", "Arn"] }, Environment: { Variables: { SMALL: "1" } } },
  };
}

function resourcesOf(of: Packaged, retention: number): Template["Resources"] {
  const trusted = { Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }] };
  const take = { Statement: [{ Effect: "Allow", Action: "sqs:*", Resource: "*" }] };
  const policy = { Statement: [{ Effect: "Allow", Principal: "*", Action: "sqs:SendMessage", Resource: "*" }] };
  return {
    ...Object.fromEntries(copied.map((id) => [id, of.template.Resources[id] as Resource])),
    Role: {
      Type: "AWS::IAM::Role",
      Properties: { AssumeRolePolicyDocument: trusted, Policies: [{ PolicyName: "take", PolicyDocument: take }] },
    },
    SweepLambdaFunction: functionOf(of, "Sweep"),
    AdmitLambdaFunction: functionOf(of, "Admit"),
    AdmitQueue: { Type: "AWS::SQS::Queue", Properties: { MessageRetentionPeriod: retention, VisibilityTimeout: 60 } },
    DnsQueue: { Type: "AWS::SQS::Queue", Properties: { VisibilityTimeout: 60 } },
    AdmitQueuePolicy: { Type: "AWS::SQS::QueuePolicy", Properties: { Queues: [{ Ref: "AdmitQueue" }], PolicyDocument: policy } },
    ...Object.fromEntries(
      ["Admit", "Dns"].map((name): [string, Resource] => [
        `${name}EventSourceMappingSQS${name}Queue`,
        {
          Type: "AWS::Lambda::EventSourceMapping",
          Properties: {
            BatchSize: 1,
            Enabled: true,
            EventSourceArn: { "Fn::GetAtt": [`${name}Queue`, "Arn"] },
            FunctionName: { "Fn::GetAtt": ["AdmitLambdaFunction", "Arn"] },
          },
        },
      ]),
    ),
  };
}

/** Versions differ in how long the queue keeps messages, and in a queue that later ones have. */
export function smallVersion(of: Packaged, version: 1 | 2 | 3): Packaged {
  const more: Template["Resources"] = version === 1 ? {} : { NewQueue: { Type: "AWS::SQS::Queue", Properties: {} } };
  const { Parameters = {}, Outputs = {} } = of.template;
  const template: Template = {
    Parameters,
    Resources: { ...resourcesOf(of, 3600 * version), ...more },
    Outputs: { ServerlessDeploymentBucketName: Outputs["ServerlessDeploymentBucketName"] },
  };
  return { ...of, version: `0.${String(version)}.0`, template };
}

export interface Place {
  readonly stage: string;
  readonly name: string;
  /** Nobody's: they never break off. */
  readonly clients: Clients;
  readonly packaged: Packaged;
  /** `deploy`'s command line; gives what it printed, or throws with that in its message. */
  readonly run: (line: string, means?: { readonly packaged?: Packaged; readonly clients?: Clients }) => Promise<string>;
  readonly status: () => Promise<string | undefined>;
  /** Until nothing is under way. */
  readonly rests: () => Promise<string>;
}

const keys = { accessKeyId: account, secretAccessKey: "local" };
const folder = mkdtempSync(join(tmpdir(), "drawbridge-small-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));

export function place(stage: string, first: Packaged): Place {
  const config = join(folder, `${stage}.yml`);
  writeFileSync(config, `stages:\n  ${stage}: { account: "${account}", region: ${region} }\n`);
  const name = `drawbridge-${stage}`;
  const clients = clientsOf(region, keys);
  const status = async (): Promise<string | undefined> => (await stackNow(clients.cloudFormation, name))?.status;
  return {
    stage,
    name,
    clients,
    packaged: first,
    status,
    async run(line, { packaged = first, clients: own = clients } = {}) {
      const said: string[] = [];
      const words = line.split(" ").filter((word) => word !== "");
      try {
        await main([...words, "--config", config], (text) => void said.push(text), {
          packaged: () => Promise.resolve(packaged),
          clients: () => own,
        });
      } catch (error) {
        const ended = error instanceof Stop ? `${error.message}\n→ ${error.remedy ?? ""}` : String(error);
        throw new Error([...said, ended].join("\n"), { cause: error });
      }
      return said.join("\n");
    },
    rests: () =>
      until(`${name} rests`, async () => {
        const now = (await status()) ?? "none";
        return now.endsWith("_IN_PROGRESS") && now !== "REVIEW_IN_PROGRESS" ? undefined : now;
      }),
  };
}
