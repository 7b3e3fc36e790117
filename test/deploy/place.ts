// An empty account on local AWS, quick where AWS waits, and the versions of Drawbridge that are deployed into it.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { strFromU8, strToU8, unzipSync, zipSync } from "fflate";

import { startLocalAws } from "../../local/aws.ts";
import type { LocalAws, LocalAwsOptions } from "../../local/aws-options.ts";
import { packagedNow, type Packaged } from "../../scripts/deploy/packaged.ts";
import type { Resource, Template } from "../../scripts/template.ts";

type Members = Readonly<Record<string, unknown>>;

export const account = "111111111111";
export const region = "eu-west-1";
export const zoneName = "privatelink.example.com";

export async function emptyAccount(options: Pick<LocalAwsOptions, "hasTrail" | "onDemand"> = {}): Promise<LocalAws> {
  const local = await startLocalAws({
    bare: true,
    account,
    region,
    zoneName,
    confirmSubscriptions: false,
    processesMax: 1,
    delays: { available: 30, deleted: 30, trail: 30, asyncRetry: [10, 10], streamRetry: 1, ruleRetry: 10 },
    ...options,
  });
  process.env["AWS_ENDPOINT_URL"] = local.aws;
  process.env["AWS_REGION"] = region;
  return local;
}

/** The version that is packaged now; batches are not waited for. */
export async function thisVersion(): Promise<Packaged> {
  const packaged = await packagedNow({ stage: "dev", account, region, hostedZones: [] });
  return { ...packaged, template: withResources(packaged.template, quick(packaged.template)) };
}

const withResources = (template: Template, Resources: Template["Resources"]): Template => ({ ...template, Resources });

function quick({ Resources }: Template): Template["Resources"] {
  const entries = Object.entries(Resources).map(([id, resource]): [string, Resource] => {
    if (resource.Type !== "AWS::Lambda::EventSourceMapping") return [id, resource];
    const { MaximumBatchingWindowInSeconds: window, BatchSize, ...rest } = resource.Properties ?? {};
    return [id, { ...resource, Properties: { ...rest, BatchSize: window === undefined ? BatchSize : 10 } }];
  });
  return Object.fromEntries(entries);
}

export interface NextVersion {
  readonly packaged: Packaged;
  readonly remove: () => void;
}

/** A later version: a function with other code, one with another setting, a new queue, and one alarm less. */
export function nextVersion({ template, zips }: Packaged): NextVersion {
  const folder = mkdtempSync(join(tmpdir(), "drawbridge-next-"));
  cpSync(zips, folder, { recursive: true });
  const zip = join(folder, "answer.zip");
  const code = strFromU8(unzipSync(readFileSync(zip))["dist/answer.js"] ?? new Uint8Array());
  writeFileSync(zip, zipSync({ "dist/answer.js": strToU8(`console.log("this is 0.2.0");\n${code}`) }));
  const { SlackUndeliveredAlarm: _, ...rest } = template.Resources;
  const api = rest["ApiLambdaFunction"];
  const environment = (api?.Properties?.["Environment"] ?? {}) as { readonly Variables?: Members };
  const next: Template["Resources"] = {
    ...rest,
    NewQueue: { Type: "AWS::SQS::Queue", Properties: { MessageRetentionPeriod: 3600 } },
    ApiLambdaFunction: {
      ...(api as Resource),
      Properties: { ...api?.Properties, Environment: { Variables: { ...environment.Variables, NEW_SETTING: "1" } } },
    },
  };
  return {
    packaged: { version: "0.2.0", template: withResources(template, next), zips: folder },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export async function until<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const end = Date.now() + 60_000;
  while (Date.now() < end) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`Not seen within a minute: ${what}`);
}
