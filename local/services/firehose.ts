// Firehose as the archive uses it: each record is put at once, as a line, into the folder that its own date names.

import { noResource, type Delivery } from "../delivery.ts";
import type { Buckets } from "./s3-buckets.ts";

export interface DeliveryStream {
  readonly arn: string;
  readonly bucket: string;
  /** Before the day; what follows it in the template's prefix is a slash. */
  readonly prefix: string;
}

export interface Firehose {
  add(stream: DeliveryStream): void;
  remove(arn: string): void;
  put(arn: string, record: string): Delivery;
}

export function createFirehose(buckets: Buckets): Firehose {
  const streams = new Map<string, DeliveryStream>();
  let count = 0;
  return {
    add: (stream) => void streams.set(stream.arn, stream),
    remove: (arn) => void streams.delete(arn),
    put(arn, record) {
      const stream = streams.get(arn);
      const bucket = buckets.find(stream?.bucket ?? "");
      if (stream === undefined || bucket === undefined) return noResource(arn);
      // The template's query for the partition, which is the only one that local AWS knows.
      const { detail } = JSON.parse(record) as { detail?: { at?: string } };
      const day = detail?.at?.slice(0, 10);
      const folder = day === undefined ? "errors/metadata-extraction-failed/" : `${stream.prefix}${day}/`;
      buckets.put(bucket, `${folder}${String((count += 1)).padStart(9, "0")}.jsonl`, Buffer.from(`${record}\n`));
      return undefined;
    },
  };
}
