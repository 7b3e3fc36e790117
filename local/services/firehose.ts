// Firehose as the archive uses it: each record is put at once, as a line, into the folder that its own date names.

import { serviceMay } from "../authorize.ts";
import { noPermissions, noResource, type Delivery } from "../delivery.ts";
import type { Identities } from "../identities.ts";
import type { Demand, Role, ServicePrincipal } from "../service.ts";
import type { Buckets } from "./s3-buckets.ts";

export interface DeliveryStream {
  readonly arn: string;
  readonly bucket: string;
  /** Before the day; what follows it in the template's prefix is a slash. */
  readonly prefix: string;
  /** With which it writes. */
  readonly roleArn: string;
}

export interface Firehose {
  add(stream: DeliveryStream): void;
  remove(arn: string): void;
  /** An AWS service puts a record with a role that it may assume. */
  deliver(principal: ServicePrincipal, roleArn: string, arn: string, record: string): Promise<Delivery>;
}

interface FirehosePorts {
  readonly buckets: Buckets;
  readonly identities: Pick<Identities, "roleByArn">;
  /** Throws when the role may not. */
  readonly demand: (role: Role, demands: readonly Demand[]) => Promise<void>;
  readonly log: (line: string) => void;
}

export function createFirehose({ buckets, identities, demand, log }: FirehosePorts): Firehose {
  const streams = new Map<string, DeliveryStream>();
  let count = 0;
  /** Whether the service may assume the role, and the role do all of it. */
  const may = async (principal: ServicePrincipal, roleArn: string, demands: readonly Demand[]): Promise<boolean> => {
    const role = identities.roleByArn(roleArn);
    if (role === undefined || !(await serviceMay(principal, "sts:AssumeRole", roleArn, role.trust))) return false;
    try {
      await demand(role, demands);
      return true;
    } catch {
      return false;
    }
  };
  /** AWS keeps what it cannot write for a day, and then drops it; here it is gone at once. */
  const write = async ({ arn, bucket, prefix, roleArn }: DeliveryStream, account: string, record: string): Promise<void> => {
    const found = buckets.find(bucket);
    // The template's query for the partition, which is the only one that local AWS knows.
    const { detail } = JSON.parse(record) as { detail?: { at?: string } };
    const day = detail?.at?.slice(0, 10);
    const folder = day === undefined ? "errors/metadata-extraction-failed/" : `${prefix}${day}/`;
    const key = `${folder}${String((count += 1)).padStart(9, "0")}.jsonl`;
    const principal = { service: "firehose.amazonaws.com", sourceArn: arn, sourceAccount: account };
    if (found === undefined || !(await may(principal, roleArn, writing(`arn:aws:s3:::${bucket}`, key))))
      return log(`firehose: ${arn} could not write ${key}`);
    buckets.put(found, key, Buffer.from(`${record}\n`));
  };
  return {
    add: (stream) => void streams.set(stream.arn, stream),
    remove: (arn) => void streams.delete(arn),
    async deliver(principal, roleArn, arn, record) {
      const stream = streams.get(arn);
      if (stream === undefined) return noResource(arn);
      const putting = ["firehose:PutRecord", "firehose:PutRecordBatch"].map((action) => ({ action, resource: arn }));
      if (!(await may(principal, roleArn, putting))) return noPermissions(principal.service, "firehose:PutRecord", arn);
      await write(stream, principal.sourceAccount, record);
      return undefined;
    },
  };
}

/** What AWS's page on Firehose and S3 asks of the role; which of it one delivery calls is not said. */
const writing = (bucket: string, key: string): Demand[] => [
  ...["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"].map((action) => ({ action, resource: bucket })),
  ...["s3:PutObject", "s3:AbortMultipartUpload"].map((action) => ({ action, resource: `${bucket}/${key}` })),
];
