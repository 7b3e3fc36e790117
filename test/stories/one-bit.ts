// Requests of which one bit was changed, sent as they are, past what a client would refuse to send.

import { connect } from "node:net";

/** The bytes, with each of their bits changed in turn. */
export function* withOneBitChanged(bytes: Buffer): Generator<Buffer> {
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const changed = Buffer.from(bytes);
    changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    yield changed;
  }
}

/** The bytes, with one bit of each changed in turn. */
export function* withOneByteChanged(bytes: Buffer): Generator<Buffer> {
  for (const [index, byte] of bytes.entries()) {
    const changed = Buffer.from(bytes);
    changed.writeUInt8(byte ^ (1 << (index & 7)), index);
    yield changed;
  }
}

export interface Request {
  readonly method: string;
  /** Path and headers byte for byte: a character for each. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

/** The status that comes back; throttled, it is sent again. */
export async function statusOf(api: string, request: Request): Promise<number> {
  for (;;) {
    const status = await sent(new URL(api), request);
    if (status !== 429 && status !== 503) return status;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function sent({ hostname, port, host }: URL, { method, path, headers = {}, body = "" }: Request): Promise<number> {
  const bytes = Buffer.from(body);
  const lines = Object.entries({ host, ...headers, "content-length": String(bytes.length), connection: "close" });
  const head = [`${method} ${path} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`), "", ""].join("\r\n");
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(Number(port), hostname, () => socket.write(Buffer.concat([Buffer.from(head, "latin1"), bytes])));
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", reject);
    socket.on("close", () => resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(Buffer.concat(chunks).toString("latin1"))?.[1])));
  });
}

/** Each byte as an address carries it. */
export const escaped = (bytes: Buffer): string =>
  bytes.toString("latin1").replaceAll(/[^\w.~-]/g, (one) => `%${one.charCodeAt(0).toString(16).padStart(2, "0")}`);

/** How many requests came back with each status, several on their way at once. */
export async function tally(api: string, requests: Iterable<Request>): Promise<Record<number, number>> {
  const counts: Record<number, number> = {};
  const all = requests[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (let next = all.next(); next.done !== true; next = all.next()) {
      const status = await statusOf(api, next.value);
      counts[status] = (counts[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: 8 }, lane));
  return counts;
}
