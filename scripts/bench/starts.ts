// How large each function is and how long it takes to load: beside an empty handler, and beside a usual esbuild bundle of the same code.

import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build as esbuild } from "esbuild";
import { build } from "../build.ts";
import { shaken } from "../build/shaken.ts";
import { usualBundle } from "./usual.ts";
import { median, type Section, type Target } from "./figures.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

interface Sample {
  /** Processor time of loading the handler, and wall time of the whole process, in milliseconds. */
  readonly load: number;
  readonly process: number;
}
interface Candidate {
  readonly name: string;
  readonly file: string;
  readonly bytes: number;
  readonly samples: Sample[];
}

/** What a start is made of, one step more in each. */
const steps: readonly (readonly [string, string])[] = [
  [
    "what the SDK takes from Node: https, crypto, streams",
    `require("node:https");require("node:crypto").createHash("sha256");require("node:stream");require("node:fs/promises");exports.handler=async()=>({});`,
  ],
  ["middy alone", `import middy from "@middy/core"; export const handler = middy().handler(async () => ({}));`],
  [
    "valibot, as the settings use it",
    `import * as v from "valibot"; const s = v.pipe(v.string(), v.nonEmpty()); v.parse(s, "x"); export const handler = async () => ({});`,
  ],
  [
    "our log and counts",
    `import { functionLog } from "./lib/lambda/log.ts"; import { functionCounts } from "./lib/lambda/counts.ts"; const l = functionLog("x"); const m = functionCounts("x"); export const handler = async () => ({ l, m });`,
  ],
  [
    "one SDK client (SQS), shaken as ours",
    `import { SQSClient, SendMessageCommand } from "@aws-sdk/client-sqs"; const c = new SQSClient({}); export const handler = () => c.send(new SendMessageCommand({ QueueUrl: "x", MessageBody: "x" }));`,
  ],
  [
    "two SDK clients (DynamoDB, EC2), shaken as ours",
    `import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb"; import { EC2Client, DescribeVpcEndpointConnectionsCommand } from "@aws-sdk/client-ec2"; const c = new DynamoDBClient({}); const e = new EC2Client({}); export const handler = () => [c.send(new GetItemCommand({ TableName: "x", Key: {} })), e.send(new DescribeVpcEndpointConnectionsCommand({}))];`,
  ],
];

export async function startsSection(rounds: number): Promise<Section> {
  const folder = await mkdtemp(join(tmpdir(), "drawbridge-starts-"));
  try {
    const load = loadavg()[0] ?? 0;
    const { empty, ours, usual, parts } = await candidates(folder);
    const all = [empty, ...parts, ...[...ours.values()].flatMap((one) => [one, usual.get(one.name) ?? one])];
    // Interleaved: what else the machine does falls on all alike.
    for (let round = 0; round < rounds; round += 1) for (const one of all) one.samples.push(await sample(folder, one.file));
    return sectionOf(empty, ours, usual, parts, rounds, load);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function candidates(folder: string) {
  await build();
  const names = (await readdir(join(root, "functions"))).map((file) => file.replace(/\.ts$/, "")).toSorted();
  await esbuild({
    absWorkingDir: root,
    entryPoints: names.map((name) => `functions/${name}.ts`),
    outdir: join(folder, "usual"),
    ...usualBundle,
  });
  await mkdir(join(folder, "ours"), { recursive: true });
  const ours = new Map<string, Candidate>();
  const usual = new Map<string, Candidate>();
  for (const name of names) {
    const file = join(folder, "ours", `${name}.js`);
    await writeFile(file, await readFile(join(root, "dist", `${name}.js`)));
    ours.set(name, await candidate(name, file));
    usual.set(name, await candidate(name, join(folder, "usual", `${name}.js`)));
  }
  await writeFile(join(folder, "empty.js"), "exports.handler=async()=>({});");
  const parts: Candidate[] = [];
  for (const [index, [name, source]] of steps.entries()) {
    const outfile = join(folder, `step-${String(index)}.js`);
    await esbuild({ ...shaken, stdin: { contents: source, resolveDir: root }, outfile });
    parts.push(await candidate(name, outfile));
  }
  await writeFile(join(folder, "load.cjs"), loader);
  return { empty: await candidate("an empty handler", join(folder, "empty.js")), ours, usual, parts };
}

const candidate = async (name: string, file: string): Promise<Candidate> => ({ name, file, bytes: (await stat(file)).size, samples: [] });

const loader = `const before = process.cpuUsage();
const { handler } = require(process.argv[2]);
const { user, system } = process.cpuUsage(before);
if (typeof handler !== "function") throw new Error("no handler");
process.stdout.write(String((user + system) / 1000));
process.exit(0);
`;

async function sample(folder: string, file: string): Promise<Sample> {
  const began = performance.now();
  const { stdout } = await run(process.execPath, [join(folder, "load.cjs"), file], { env: environment });
  return { load: Number(stdout), process: performance.now() - began };
}

/** Every setting that a function may ask for, so that it starts. */
const queue = "https://sqs.eu-west-1.amazonaws.com/111111111111/queue";
const environment: Readonly<Record<string, string>> = {
  AWS_REGION: "eu-west-1",
  AWS_ACCESS_KEY_ID: "bench",
  AWS_SECRET_ACCESS_KEY: "bench",
  STAGE: "bench",
  DEPLOYMENT_ID: "bench",
  ...Object.fromEntries(["ALLOW_LIST", "CONNECTIONS", "AUDIT_LOG", "SETTINGS", "PROOFS"].map((name) => [`${name}_TABLE`, "table"])),
  ...Object.fromEntries(["OBSERVE", "ADMIT", "DNS", "ANSWER", "PUBLISH_FAILURES"].map((name) => [`${name}_QUEUE_URL`, queue])),
  ...Object.fromEntries(
    ["APPROVALS", "DECISIONS", "CONNECTIONS"].map((name) => [`${name}_TOPIC_ARN`, "arn:aws:sns:eu-west-1:111111111111:topic"]),
  ),
  ...Object.fromEntries(
    ["LINK_KEY", "SLACK"].map((name) => [`${name}_SECRET_ARN`, "arn:aws:secretsmanager:eu-west-1:111111111111:secret:one"]),
  ),
  BUS_NAME: "bus",
  PUBLIC_URL: "https://bench.example",
  HOSTED_ZONE_IDS: "",
  OWN_ROLE_ARNS: "",
  APPROVER_EMAIL: "",
  QUEUE_URLS: "",
  ENDPOINTS_PER_CALL: "100",
  ORGANIZATIONS_ROLE_ARN: "",
  CHECKPOINT_BUCKET: "bucket",
  CHECKPOINT_KEY_ARN: "arn:aws:kms:eu-west-1:111111111111:key/11111111-2222-3333-4444-555555555555",
};

function sectionOf(
  empty: Candidate,
  ours: ReadonlyMap<string, Candidate>,
  usual: ReadonlyMap<string, Candidate>,
  parts: readonly Candidate[],
  rounds: number,
  load: number,
): Section {
  const loads = ({ samples }: Candidate): number => median(samples.map((one) => one.load));
  const whole = ({ samples }: Candidate): number => median(samples.map((one) => one.process));
  const kilobytes = ({ bytes }: Candidate): number => Math.round(bytes / 1000);
  const rows = [...ours].map(([name, one]) => {
    const other = usual.get(name) ?? one;
    return { name, one, other, size: one.bytes / other.bytes, time: loads(one) / loads(other) };
  });
  const targets = rows.map(({ name, size, time }): Target => ({
    what: `${name}: of a usual bundle, bytes and load`,
    wanted: "at most 0.4",
    got: `${size.toFixed(2)} and ${time.toFixed(2)}`,
    reached: size <= 0.4 && time <= 0.4,
  }));
  const bytes = (of: Iterable<Candidate>): number => [...of].reduce((total, one) => total + one.bytes, 0);
  return {
    name: "starts",
    title: "Bundles and starts",
    tables: [
      {
        head: [
          "function",
          "kB",
          "usual, kB",
          "of it",
          "load, ms of processor",
          "usual, ms",
          "of it",
          "whole process, ms",
          "usual, ms",
          "of an empty handler's",
        ],
        rows: rows.map(({ name, one, other, size, time }) => [
          name,
          kilobytes(one),
          kilobytes(other),
          size,
          loads(one),
          loads(other),
          time,
          whole(one),
          whole(other),
          whole(one) / whole(empty),
        ]),
      },
      {
        head: ["what a start is made of", "kB", "load, ms of processor", "whole process, ms", "of an empty handler's"],
        rows: [empty, ...parts].map((one) => [one.name, kilobytes(one), loads(one), whole(one), whole(one) / whole(empty)]),
      },
    ],
    notes: [
      `Medians of ${String(rounds)} interleaved rounds, at a load of ${load.toFixed(1)} when they began. Usual: the same code through esbuild with bundle and minify and nothing else.`,
      `All together: ${(bytes(ours.values()) / bytes(usual.values())).toFixed(2)} of the usual bytes.`,
      "Smaller by what scripts/build/ leaves out of the SDK, whose ES modules it takes instead of its CommonJS: shapes and error classes that nobody uses (shapes.ts, the greatest part where EC2 is used), other credentials and settings than Lambda's (on-lambda.ts, about 120 kB in each function), endpoint rules (endpoints.ts), signatures and hashes (signing.ts), what nobody calls (never-called.ts); and the pages' indentation (pages.ts).",
      "The clients that most runs do not need are made when they are called, in both bundles alike: SQS in publish, SQS and SNS in answer. All others are made while the function starts, and are in its load.",
      "Our own code is in both bundles alike, and what every bundle loads of Node (the second table) is in both loads alike.",
    ],
    targets,
  };
}
