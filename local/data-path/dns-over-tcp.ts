// Amazon's resolver as a VPC has it at 169.254.169.253 and at its second address: DNS over TCP, for A and AAAA.
import type { Duplex } from "node:stream";

import { numberOf, addressOf, rangeOf } from "../ip-ranges.ts";
import type { RecordType } from "./names.ts";

const TYPES: Readonly<Record<number, RecordType>> = { 1: "A", 28: "AAAA" };
const NAME_ERROR = 3;
const TTL_SECONDS = 60;
const HEADER_BYTES = 12;

export function isResolver(address: string, port: number, vpcCidr: string): boolean {
  return port === 53 && (address === "169.254.169.253" || address === addressOf(rangeOf(vpcCidr).first + 2));
}

type Resolve = (name: string, type: RecordType) => readonly string[] | undefined;

/** Answers every question that comes in until the other side ends. */
export function answerDns(stream: Duplex, resolve: Resolve): void {
  let held: Buffer = Buffer.alloc(0);
  stream.on("data", (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    while (held.length >= 2 && held.length >= 2 + held.readUInt16BE(0)) {
      const size = held.readUInt16BE(0);
      const reply = replyTo(held.subarray(2, 2 + size), resolve);
      held = held.subarray(2 + size);
      if (reply === undefined) return void stream.destroy();
      const length = Buffer.alloc(2);
      length.writeUInt16BE(reply.length);
      stream.write(Buffer.concat([length, reply]));
    }
  });
  stream.on("end", () => stream.end());
  stream.on("error", () => stream.destroy());
}

function replyTo(query: Buffer, resolve: Resolve): Buffer | undefined {
  if (query.length < HEADER_BYTES + 5 || query.readUInt16BE(4) !== 1) return undefined;
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query[at] ?? 0; length > 0 && length < 64; length = query[at] ?? 0) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  const end = at + 5;
  if (end > query.length) return undefined;
  const type = TYPES[query.readUInt16BE(at + 1)];
  const found = resolve(labels.join("."), type ?? "A");
  const answers = type === undefined ? [] : (found ?? []).map((address) => answer(query.readUInt16BE(at + 1), address));
  const header = Buffer.from(query.subarray(0, HEADER_BYTES));
  // A response, recursion available; the question's own "recursion desired" stays.
  header.writeUInt16BE(0x8080 | (query.readUInt16BE(2) & 0x0100) | (found === undefined ? NAME_ERROR : 0), 2);
  header.writeUInt16BE(answers.length, 6);
  header.writeUInt32BE(0, 8);
  return Buffer.concat([header, query.subarray(HEADER_BYTES, end), ...answers]);
}

/** The name is that of the question. */
function answer(type: number, address: string): Buffer {
  const data = type === 1 ? fourBytes(address) : sixteenBytes(address);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc000 | HEADER_BYTES, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(TTL_SECONDS, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function fourBytes(address: string): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(numberOf(address));
  return bytes;
}

function sixteenBytes(address: string): Buffer {
  const [head = "", tail] = address.split("::");
  const words = (text: string): string[] => (text === "" ? [] : text.split(":"));
  const missing = 8 - words(head).length - words(tail ?? "").length;
  const all = tail === undefined ? words(head) : [...words(head), ...Array<string>(Math.max(missing, 0)).fill("0"), ...words(tail)];
  return Buffer.from(all.map((word) => word.padStart(4, "0")).join(""), "hex");
}
