// Lambda's recursive loop detection: how often one chain of messages has woken each function. The count goes along in X-Ray's trace
// header, as on AWS: the SDK sends the one that its function was woken with, and a queue keeps it with the message.
import { isMembers } from "../members.ts";

/** AWS says "approximately". */
const TURNS_MAX = 16;

/** Turns by function. */
export type Lineage = ReadonlyMap<string, number>;

/** Of a batch that several chains have come to, the longest counts. */
export function lineageOf(event: unknown): Lineage {
  const records = isMembers(event) && Array.isArray(event["Records"]) ? (event["Records"] as readonly unknown[]) : [];
  const turns = new Map<string, number>();
  for (const record of records) {
    const { attributes } = (isMembers(record) ? record : {}) as { readonly attributes?: Readonly<Record<string, string>> };
    for (const [name, count] of read(attributes?.["AWSTraceHeader"] ?? "")) turns.set(name, Math.max(count, turns.get(name) ?? 0));
  }
  return turns;
}

export function oneMore(lineage: Lineage, name: string): Lineage {
  return new Map([...lineage, [name, (lineage.get(name) ?? 0) + 1]]);
}

export const isLoop = (lineage: Lineage, name: string): boolean => (lineage.get(name) ?? 0) > TURNS_MAX;

/** How AWS abbreviates functions in it is not documented: here they have their names. */
export function traceHeader(lineage: Lineage, now: number): string {
  const time = Math.floor(now / 1000)
    .toString(16)
    .padStart(8, "0");
  const chain = [...lineage].map(([name, count]) => `${name}:${String(count)}`).join("|");
  return `Root=1-${time}-${"0".repeat(24)};Parent=${"0".repeat(16)};Sampled=0;Lineage=${chain}`;
}

function read(header: string): [string, number][] {
  const [, chain = ""] = /(?:^|;)Lineage=([^;]*)/.exec(header) ?? [];
  return [...chain.matchAll(/([^:|]+):(\d+)/g)].map(([, name = "", count]) => [name, Number(count)]);
}
