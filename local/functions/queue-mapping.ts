// The event source mapping of a queue: batches with a window, partial failures, a bound on concurrency.
import type { InFlight } from "../in-flight.ts";
import { isMembers, type Members } from "../members.ts";
import { matches } from "../services/events-pattern.ts";
import { checksumOfAttributes } from "../services/sqs-checksums.ts";
import type { Message, Queue } from "../services/sqs-queue.ts";
import { systemAttributes } from "../services/sqs-send.ts";
import type { Clock } from "../service.ts";
import { failedItems } from "./batch-response.ts";
import type { Invocation } from "./runtime.ts";

export interface QueueMapping {
  readonly batchSize: number;
  readonly windowSeconds: number;
  readonly concurrencyMax: number;
  readonly reportsItemFailures: boolean;
  /** Patterns of FilterCriteria; a message must match one. */
  readonly filters: readonly Members[];
}

interface QueueMappingPorts {
  readonly queue: Queue;
  readonly region: string;
  readonly clock: Clock;
  readonly inFlight: InFlight;
  readonly invoke: (event: unknown) => Promise<Invocation>;
  readonly log: (line: string) => void;
}

const LONG_POLL_MS = 20_000;
/** Lambda's limit for one synchronous event, less room for its frame. */
const EVENT_BYTES_MAX = 6_000_000;

/** Polls until the returned function is called; what is being processed then is left to end. */
export function startQueueMapping(ports: QueueMappingPorts, mapping: QueueMapping): () => Promise<void> {
  const stop = new AbortController();
  const polling = poll(ports, mapping, stop.signal);
  ports.inFlight.watch(() => (stop.signal.aborted ? 0 : ports.queue.counts().visible));
  return async () => {
    stop.abort();
    await polling;
  };
}

/** Gathers one batch after the other, so that they are full, and has up to `concurrencyMax` of them in work. */
async function poll(ports: QueueMappingPorts, mapping: QueueMapping, signal: AbortSignal): Promise<void> {
  const working = new Set<Promise<void>>();
  while (!signal.aborted) {
    const first = await ports.queue.receive(mapping.batchSize, LONG_POLL_MS, { signal });
    if (first.length === 0) continue;
    const gathered = await ports.inFlight.track(gather(ports, mapping, first, signal));
    const work = ports.inFlight.track(processAll(ports, mapping, gathered)).catch((error: unknown) => {
      ports.log(`ERROR ${ports.queue.place.name}: ${error instanceof Error ? error.message : String(error)}`);
    });
    working.add(work);
    void work.then(() => working.delete(work));
    if (working.size >= mapping.concurrencyMax) await Promise.race(working);
  }
}

async function gather(
  ports: QueueMappingPorts,
  mapping: QueueMapping,
  first: readonly Message[],
  signal: AbortSignal,
): Promise<readonly Message[]> {
  const batch = [...first];
  const windowEnds = ports.clock.now() + mapping.windowSeconds * 1000;
  while (batch.length < mapping.batchSize && !signal.aborted) {
    const left = windowEnds - ports.clock.now();
    if (left <= 0) break;
    const more = await ports.queue.receive(mapping.batchSize - batch.length, left, { signal });
    if (more.length === 0) break;
    batch.push(...more);
  }
  return signal.aborted ? [] : batch;
}

async function processAll(ports: QueueMappingPorts, mapping: QueueMapping, batch: readonly Message[]): Promise<void> {
  const wanted = batch.filter((message) => passes(mapping.filters, message));
  for (const message of batch) if (!wanted.includes(message)) ports.queue.remove(message.receiptHandle ?? "");
  for (const part of parts(wanted)) await processBatch(ports, mapping, part);
}

async function processBatch(ports: QueueMappingPorts, mapping: QueueMapping, batch: readonly Message[]): Promise<void> {
  // A later receive may give the message a new handle: keep the ones this batch was received with.
  const handles = new Map(batch.map((message) => [message.id, message.receiptHandle ?? ""]));
  const records = batch.map((message) => recordOf(message, ports.queue.place.arn, ports.region));
  const invocation = await ports.invoke({ Records: records });
  const failed = failedItems(invocation, mapping.reportsItemFailures, new Set(handles.keys()));
  if (failed === "all") return;
  for (const [id, handle] of handles) if (!failed.has(id)) ports.queue.remove(handle);
}

function* parts(batch: readonly Message[]): Generator<readonly Message[]> {
  let part: Message[] = [];
  let bytes = 0;
  for (const message of batch) {
    const size = Buffer.byteLength(message.body) + 1_000;
    if (part.length > 0 && bytes + size > EVENT_BYTES_MAX) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(message);
    bytes += size;
  }
  if (part.length > 0) yield part;
}

function passes(filters: readonly Members[], message: Message): boolean {
  if (filters.length === 0) return true;
  let body: unknown = message.body;
  try {
    body = JSON.parse(message.body);
  } catch {
    // A body that is not JSON is matched as text.
  }
  return filters.some((filter) => isMembers(filter) && matches(filter, { body, attributes: systemAttributes(message) }));
}

function recordOf(message: Message, queueArn: string, region: string): Members {
  const attributes = Object.entries(message.attributes).map(([name, value]) => [
    name,
    {
      ...(value.StringValue === undefined ? {} : { stringValue: value.StringValue }),
      ...(value.BinaryValue === undefined ? {} : { binaryValue: value.BinaryValue }),
      stringListValues: [],
      binaryListValues: [],
      dataType: value.DataType,
    },
  ]);
  const checksum = checksumOfAttributes(message.attributes);
  return {
    messageId: message.id,
    receiptHandle: message.receiptHandle,
    body: message.body,
    attributes: systemAttributes(message),
    messageAttributes: Object.fromEntries(attributes) as Members,
    md5OfBody: message.bodyChecksum,
    ...(checksum === undefined ? {} : { md5OfMessageAttributes: checksum }),
    eventSource: "aws:sqs",
    eventSourceARN: queueArn,
    awsRegion: region,
  };
}
