// What was deployed before: one small record for each deployment, in the deployment bucket, written before CloudFormation is asked for it.
// Whether one came about that was broken off or failed, the stack itself says. A rollback reads them.
import { isDeepStrictEqual } from "node:util";
import { GetObjectCommand, paginateListObjectsV2, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";

import type { Template } from "../template.ts";
import { installed, type Deployment } from "./deployment.ts";
import { isUnderWay, templateOf, type StackNow } from "./stack.ts";
import { Stop } from "./stop.ts";

export interface Deployed {
  readonly at: string;
  readonly version: string;
  /** The template's key in the bucket. */
  readonly template: string;
  readonly by: string;
  /** Present on a rollback, and on a repair: when the deployment that it went back to was made. */
  readonly backTo?: string;
  readonly repaired?: true;
  /** What was sent to CloudFormation, with all that a pause or a repair put into it; until the end is recorded. */
  readonly begun?: Sent;
  /** It never came about. */
  readonly failed?: true;
}

interface Sent {
  /** A key in the bucket. */
  readonly template: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export interface History {
  readonly bucket: string;
  readonly stack: StackNow;
  /** Oldest first. `begun` is only in what is under way now. */
  readonly all: readonly Deployed[];
  /** Of these, those whose end nobody recorded. */
  readonly unrecorded: readonly Deployed[];
}

export const bucketOutput = "ServerlessDeploymentBucketName";
const folder = "deployments/";

export async function history(deployment: Pick<Deployment, "clients" | "stage">): Promise<History> {
  const stack = await installed(deployment);
  const bucket = stack.outputs[bucketOutput];
  if (bucket === undefined) throw new Stop(`${stack.name} has never been deployed in full`, "npm run deploy");
  const read = await deployments(deployment.clients.s3, bucket);
  const all = await Promise.all(read.map((one) => ended(deployment, { bucket, stack }, one)));
  return { bucket, stack, all, unrecorded: all.filter(({ begun }, index) => begun === undefined && read[index]?.begun !== undefined) };
}

async function ended(
  { clients }: Pick<Deployment, "clients">,
  { bucket, stack }: Pick<History, "bucket" | "stack">,
  deployed: Deployed,
): Promise<Deployed> {
  const { begun, ...rest } = deployed;
  if (begun === undefined || isUnderWay(stack)) return deployed;
  const [sent, stands] = await Promise.all([
    templateIn(clients.s3, bucket, begun.template),
    templateOf(clients.cloudFormation, stack.name),
  ]);
  const isThere =
    isDeepStrictEqual(sent, stands) && Object.entries(begun.parameters).every(([name, value]) => stack.parameters[name] === value);
  return isThere ? rest : { ...rest, failed: true };
}

export async function record(s3: S3Client, Bucket: string, deployed: Deployed): Promise<void> {
  await s3.send(
    new PutObjectCommand({ Bucket, Key: `${folder}${deployed.at}.json`, Body: JSON.stringify(deployed), ContentType: "application/json" }),
  );
}

/** While what stands still tells. */
export async function recordEnds(s3: S3Client, { bucket, unrecorded }: History): Promise<void> {
  await Promise.all(unrecorded.map((deployed) => record(s3, bucket, deployed)));
}

async function deployments(s3: S3Client, Bucket: string): Promise<Deployed[]> {
  const keys: string[] = [];
  for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket, Prefix: folder }))
    keys.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []));
  return Promise.all(keys.sort().map(async (key) => JSON.parse(await textIn(s3, Bucket, key)) as Deployed));
}

export const templateIn = async (s3: S3Client, bucket: string, key: string): Promise<Template> =>
  JSON.parse(await textIn(s3, bucket, key)) as Template;

async function textIn(s3: S3Client, Bucket: string, Key: string): Promise<string> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  return (await Body?.transformToString()) ?? "{}";
}

const cameAbout = ({ begun, failed }: Deployed): boolean => begun === undefined && failed !== true;

/** The one that stands now. */
export const standingOf = (all: readonly Deployed[]): Deployed | undefined => all.findLast(cameAbout);

/** The deployment before the one that stands now, with another template; after a rollback, one further back. */
export function deploymentBefore(every: readonly Deployed[]): Deployed | undefined {
  const all = every.filter(cameAbout);
  const now = all.at(-1);
  const stands = now?.backTo === undefined ? all.length - 1 : all.findIndex(({ at }) => at === now.backTo);
  return all.slice(0, Math.max(stands, 0)).findLast(({ template, backTo }) => template !== now?.template && backTo === undefined);
}

/** The one that was made then, if it came about. */
export const deploymentAt = (all: readonly Deployed[], when: string): Deployed | undefined =>
  all.findLast((one) => one.at === when && cameAbout(one));
