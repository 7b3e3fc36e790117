// All looks at one endpoint, in the order of the table. Loaded only by the command that takes them.
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { EC2Client } from "@aws-sdk/client-ec2";

import { keptFromAws } from "../credentials.ts";
import { Failure } from "../failure.ts";
import { acceptance } from "./acceptance.ts";
import { consumerLooks } from "./consumer-looks.ts";
import { Lacks, unreadable, type Finding } from "./finding.ts";
import type { Asked, Ground } from "./ground.ts";
import { providerLooks } from "./provider-looks.ts";
import type { Reach } from "./reach.ts";
import { reached } from "./reached.ts";
import { sidesOf, type Sides } from "./sides.ts";

export interface Seen {
  readonly region: string;
  readonly sides: Sides;
  readonly findings: readonly Finding[];
}

export async function look(asked: Asked, reach: Reach): Promise<Seen> {
  const ec2 = new EC2Client({});
  const region = await regionOf(ec2);
  const sides = await sidesOf(ec2, asked.endpoint).catch((error: unknown) => {
    throw keptFromAws(error, { service: "ec2", region }) ?? error;
  });
  const { consumer, provider, missing } = sides;
  const isUnseen = consumer === undefined && provider === undefined;
  if (isUnseen && missing.length === 0)
    throw new Failure(
      1,
      "NotFound",
      `${asked.endpoint} is neither an endpoint of this account nor a connection to a service of it, in ${region}`,
      "check the id, AWS_REGION and whose credentials these are: aws sts get-caller-identity",
    );
  const state = acceptance(sides, asked.again);
  const first = state.find((one) => one.state === "failed")?.mend;
  const ground: Ground = { ec2, cloudWatch: new CloudWatchClient({ region }), region, asked, reach, first };
  const findings = [
    ...(isUnseen ? missing.map((permission) => unreadable("endpoint", new Lacks(permission))) : []),
    ...state,
    ...(consumer === undefined ? await namesOnly(ground) : await consumerLooks(ground, consumer)),
    ...(provider === undefined ? [] : await providerLooks(ground, provider)),
  ];
  return { region, sides, findings };
}

/** A provider is not where the names are made for: it tries only what it is told to. */
async function namesOnly({ asked, reach, region, first }: Ground): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const known = { consumer: undefined, own: undefined, privateName: undefined };
  for (const name of asked.names) findings.push(...(await reached(reach, { ...asked, ...known, name, region, first })).findings);
  return findings;
}

async function regionOf(ec2: EC2Client): Promise<string> {
  try {
    return await ec2.config.region();
  } catch {
    throw new Failure(1, "NoRegion", "The Region is not known", "set AWS_REGION");
  }
}
