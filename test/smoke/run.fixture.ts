// A smoke run as a program of its own against a local AWS of this process, and a look at what is left there afterwards.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ListBucketsCommand, S3Client } from "@aws-sdk/client-s3";
import type { TestContext } from "vitest";
import { startLocalAws, type LocalAws, type LocalAwsOptions } from "../../local/aws.ts";
import type { Finding } from "../../scripts/smoke/points.ts";
import type { Report } from "../../scripts/smoke/report.ts";

export const accounts = { provider: "111111111111", consumer: "222222222222" } as const;
const program = fileURLToPath(new URL("../../scripts/smoke-aws.ts", import.meta.url));
const balancer = `arn:aws:elasticloadbalancing:eu-west-1:${accounts.provider}:loadbalancer/net/payments/50dc6c495c0c9188`;
const subnets = "subnet-0a0a0a0a0a0a0a0a0,subnet-0b0b0b0b0b0b0b0b0";
const given = ["--load-balancer", balancer, "--vpc", "vpc-0b0b0b0b0b0b0b0b0", "--subnets", subnets];
const gateway = `arn:aws:elasticloadbalancing:eu-west-1:${accounts.provider}:loadbalancer/gwy/inspection/50dc6c495c0c9188`;
const elsewhere = ["--other-region", "us-east-1", "--other-vpc", "vpc-0d0d0d0d0d0d0d0d0", "--other-subnets", subnets];
/** What only some accounts have. */
export const withMore = [...elsewhere, "--gateway-load-balancer", gateway, "--storm"];
export const secondAccount = ["--consumer-profile", "consumer", "--consumer-vpc", "vpc-0c0c0c0c0c0c0c0c0", "--consumer-subnets", subnets];

export interface Ended {
  readonly code: number | null;
  readonly said: string;
}

export interface Playing {
  /** Resolves when a line of the run has this in it. */
  readonly reached: (text: string) => Promise<void>;
  readonly signal: (name: NodeJS.Signals) => void;
  readonly ended: Promise<Ended>;
}

export interface Stage {
  readonly local: LocalAws;
  readonly play: (...args: readonly string[]) => Playing;
  readonly report: () => Report;
  readonly finding: (id: Finding["id"]) => Finding | undefined;
  /** The notes of what was made. */
  readonly notes: () => readonly string[];
  /** Everything that is still in the account, by kind and name. */
  readonly left: () => Promise<readonly string[]>;
}

export async function stage({ onTestFinished }: TestContext, options: LocalAwsOptions = {}): Promise<Stage> {
  const local = await startLocalAws({
    bare: true,
    port: 0,
    ...options,
    delays: { available: 200, deleted: 100, trail: 100, ...options.delays },
  });
  const out = mkdtempSync(join(tmpdir(), "smoke-"));
  const running = new Set<ReturnType<typeof spawn>>();
  onTestFinished(async () => {
    for (const child of running) child.kill("SIGKILL");
    await local.close();
    rmSync(out, { recursive: true, force: true });
  });
  writeFileSync(join(out, "credentials"), `[consumer]\naws_access_key_id = ${accounts.consumer}\naws_secret_access_key = any\n`);
  const report = (): Report => {
    const file = readdirSync(out).find((name) => name.startsWith("smoke-aws-")) ?? "";
    return JSON.parse(readFileSync(join(out, file), "utf8")) as Report;
  };
  return {
    local,
    report,
    play(...args) {
      const waits = ["--notified-for", "3s", "--quiet-for", "500ms", "--trail-for", "5s", "--listed-for", "4s"];
      const child = spawn(process.execPath, [program, "--out", out, ...given, ...waits, ...args], {
        env: environment(local, out),
        stdio: ["ignore", "pipe", "pipe"],
      });
      running.add(child);
      return follow(child);
    },
    finding: (id) => report().findings.find((one) => one.id === id),
    notes: () => readdirSync(out).filter((name) => name === ".smoke"),
    left: () => leftIn(local),
  };
}

function environment(local: LocalAws, home: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env["PATH"],
    AWS_ENDPOINT_URL: local.aws,
    AWS_REGION: local.region,
    AWS_ACCESS_KEY_ID: accounts.provider,
    AWS_SECRET_ACCESS_KEY: "any",
    AWS_SHARED_CREDENTIALS_FILE: join(home, "credentials"),
    AWS_CONFIG_FILE: join(home, "config"),
  };
}

function follow(child: ReturnType<typeof spawn>): Playing {
  let said = "";
  const waiting: (() => void)[] = [];
  const take = (chunk: Buffer): void => {
    said += chunk.toString();
    for (const look of waiting) look();
  };
  child.stdout?.on("data", take);
  child.stderr?.on("data", take);
  const ended = new Promise<Ended>((resolve) => child.once("close", (code) => resolve({ code, said })));
  return {
    ended,
    signal: (name) => void child.kill(name),
    reached: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (said.includes(text)) resolve();
        };
        waiting.push(look);
        look();
        void ended.then(() => reject(new Error(`it ended without saying “${text}”:\n${said}`)));
      }),
  };
}

interface KeyShown {
  readonly KeyId: string;
  readonly KeyState: string;
  readonly DeletionDate?: Date;
}

/** The one thing that a story leaves: AWS keeps a key for a week at the least. */
export const pendingKey = "key, deleted in 7 days";

function keyWords({ KeyId, KeyState, DeletionDate }: KeyShown): string {
  const days = Math.round(((DeletionDate?.getTime() ?? 0) - Date.now()) / 86_400_000);
  return KeyState === "PendingDeletion" ? `key, deleted in ${String(days)} days` : `key ${KeyId}`;
}

type Rows = readonly Readonly<Record<string, unknown>>[];

export async function leftIn(local: LocalAws): Promise<readonly string[]> {
  const rows = async (service: string, action: string, member: string, account?: string): Promise<Rows> =>
    ((await local.call(service, action, {}, account))[member] ?? []) as Rows;
  const there = async (kind: string, found: Promise<Rows>, name: string, state = "none"): Promise<string[]> =>
    (await found)
      .filter((row) => String(row[state]).toLowerCase() !== "deleted")
      .map((row) => `${kind} ${typeof row === "string" ? row : String(row[name])}`);
  const s3 = new S3Client({
    endpoint: local.aws,
    region: local.region,
    credentials: { accessKeyId: accounts.provider, secretAccessKey: "any" },
  });
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  s3.destroy();
  const keys = await Promise.all(
    (await rows("kms", "ListKeys", "Keys")).map(async ({ KeyId }) => (await local.call("kms", "DescribeKey", { KeyId }))["KeyMetadata"]),
  );
  const all = await Promise.all([
    there("stack", rows("cloudformation", "DescribeStacks", "Stacks"), "StackName"),
    there("service", rows("ec2", "DescribeVpcEndpointServiceConfigurations", "ServiceConfigurations"), "ServiceId", "ServiceState"),
    there(
      "notification",
      rows("ec2", "DescribeVpcEndpointConnectionNotifications", "ConnectionNotificationSet"),
      "ConnectionNotificationId",
    ),
    there("endpoint", rows("ec2", "DescribeVpcEndpoints", "VpcEndpoints"), "VpcEndpointId", "State"),
    there("endpoint", rows("ec2", "DescribeVpcEndpoints", "VpcEndpoints", accounts.consumer), "VpcEndpointId", "State"),
    there("zone", rows("route53", "ListHostedZones", "HostedZones"), "Name"),
    there("queue", rows("sqs", "ListQueues", "QueueUrls"), "QueueUrl"),
    there("topic", rows("sns", "ListTopics", "Topics"), "TopicArn"),
    there("table", rows("dynamodb", "ListTables", "TableNames"), "TableName"),
    there("secret", rows("secretsmanager", "ListSecrets", "SecretList"), "Name"),
    there("rule", rows("events", "ListRules", "Rules"), "Name"),
  ]);
  return [
    ...all.flat(),
    ...Buckets.map(({ Name = "" }) => `bucket ${Name}`),
    ...(keys as readonly KeyShown[]).map(keyWords),
    ...local.held.map(({ logicalId }) => `held ${logicalId}`),
  ];
}
