// What was deployed before: one small record for each deployment that went well, in the deployment bucket; a rollback reads them.
import { GetObjectCommand, paginateListObjectsV2, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";

export interface Deployed {
  readonly at: string;
  readonly version: string;
  /** The template's key in the bucket. */
  readonly template: string;
  readonly by: string;
  /** Present on a rollback, and on a repair: when the deployment that it went back to was made. */
  readonly backTo?: string;
  readonly repaired?: true;
}

const folder = "deployments/";

export async function record(s3: S3Client, Bucket: string, deployed: Deployed): Promise<void> {
  await s3.send(
    new PutObjectCommand({ Bucket, Key: `${folder}${deployed.at}.json`, Body: JSON.stringify(deployed), ContentType: "application/json" }),
  );
}

/** Oldest first. */
export async function deployments(s3: S3Client, Bucket: string): Promise<Deployed[]> {
  const keys = (await keysOf(s3, Bucket, folder)).sort();
  return Promise.all(
    keys.map(async (Key) => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
      return JSON.parse((await Body?.transformToString()) ?? "{}") as Deployed;
    }),
  );
}

/** The deployment before the one that stands now, with another template; after a rollback, one further back. */
export function deploymentBefore(all: readonly Deployed[]): Deployed | undefined {
  const now = all.at(-1);
  const stands = now?.backTo === undefined ? all.length - 1 : all.findIndex(({ at }) => at === now.backTo);
  return all.slice(0, Math.max(stands, 0)).findLast(({ template, backTo }) => template !== now?.template && backTo === undefined);
}

async function keysOf(client: S3Client, Bucket: string, Prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const page of paginateListObjectsV2({ client }, { Bucket, Prefix }))
    keys.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []));
  return keys;
}
