// What goes to the deployment bucket: zips under names that are their content, so that unchanged code is not deployed again, and
// the template that names them.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { HeadObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";

import { isObject, type Resource, type Template } from "../template.ts";
import type { Packaged } from "./packaged.ts";
import { partitionOf } from "./regions.ts";

export interface Artifact {
  readonly key: string;
  readonly body: Uint8Array;
}

export interface Packed {
  readonly template: Template;
  /** The template as its bytes. */
  readonly text: string;
  readonly zips: readonly Artifact[];
}

/** The packaged template, its functions' code found by content. */
export async function pack({ template: packaged, zips: folder }: Packaged): Promise<Packed> {
  const zips: Artifact[] = [];
  const resources = await Promise.all(
    Object.entries(packaged.Resources).map(async ([id, resource]): Promise<[string, Resource]> => {
      const code = resource.Properties?.["Code"];
      if (resource.Type !== "AWS::Lambda::Function" || !isObject(code)) return [id, resource];
      const name = basename(String(code["S3Key"]));
      const body = await readFile(join(folder, name));
      const key = `functions/${name.replace(/\.zip$/, "")}-${digest(body)}.zip`;
      zips.push({ key, body });
      return [id, { ...resource, Properties: { ...resource.Properties, Code: { ...code, S3Key: key } } }];
    }),
  );
  const template = { ...packaged, Resources: Object.fromEntries(resources) };
  return { template, text: JSON.stringify(template), zips };
}

/** Puts there what is not there yet. */
export async function upload(s3: S3Client, Bucket: string, artifacts: readonly Artifact[]): Promise<number> {
  const sent = await Promise.all(
    artifacts.map(async ({ key: Key, body: Body }) => {
      if (await isThere(s3, Bucket, Key)) return 0;
      await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
      return 1;
    }),
  );
  return sent.reduce<number>((sum, one) => sum + one, 0);
}

async function isThere(s3: S3Client, Bucket: string, Key: string): Promise<boolean> {
  try {
    await s3.send(new HeadObjectCommand({ Bucket, Key }));
    return true;
  } catch (error) {
    // Without the right to list, S3 says 403 for what is not there.
    const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
    if (status === 404) return false;
    throw error;
  }
}

export const templateArtifact = (text: string): Artifact => ({
  key: `templates/${digest(Buffer.from(text))}.json`,
  body: Buffer.from(text),
});

export const urlOf = (bucket: string, region: string, key: string): string =>
  `https://${bucket}.s3.${region}.${partitionOf(region).dnsSuffix}/${key}`;

const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex").slice(0, 20);
