// One DNS question over a connection to a resolver, and its answer: A or AAAA.
import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";

const TYPES = { A: 1, AAAA: 28 } as const;
const HEADER_BYTES = 12;
const patienceMilliseconds = 10_000;

/** The addresses; none when there is no such name, or none of this type. */
export async function askDns(socket: Socket, name: string, type: keyof typeof TYPES): Promise<readonly string[]> {
  const id = randomBytes(2);
  const labels = name.replace(/\.$/, "").split(".");
  const question = Buffer.concat([
    id,
    Buffer.from([1, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
    ...labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, "latin1")])),
    Buffer.from([0, 0, TYPES[type], 0, 1]),
  ]);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(question.length);
  socket.write(Buffer.concat([length, question]));
  const reply = await oneReply(socket);
  if (!reply.subarray(0, 2).equals(id)) throw new Error("the resolver answered another question");
  const code = reply.readUInt16BE(2) & 15;
  if (code !== 0 && code !== 3) throw new Error(`the resolver answered with code ${String(code)}`);
  return addressesIn(reply, question.length, TYPES[type]);
}

function oneReply(socket: Socket): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  let held: Buffer = Buffer.alloc(0);
  socket.setTimeout(patienceMilliseconds, () => reject(new Error("the resolver did not answer in time")));
  socket.on("data", (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    if (held.length >= 2 && held.length >= 2 + held.readUInt16BE(0)) resolve(held.subarray(2, 2 + held.readUInt16BE(0)));
  });
  socket.on("error", reject);
  socket.on("close", () => reject(new Error("the resolver ended the connection")));
  socket.resume();
  return promise.finally(() => socket.destroy());
}

/** Aliases on the way (CNAME) are passed over: what they lead to stands behind them. */
function addressesIn(reply: Buffer, questionBytes: number, wanted: number): readonly string[] {
  const found: string[] = [];
  let at = questionBytes;
  for (let left = reply.readUInt16BE(6); left > 0; left -= 1) {
    at = afterName(reply, at);
    const type = reply.readUInt16BE(at);
    const size = reply.readUInt16BE(at + 8);
    const data = reply.subarray(at + 10, at + 10 + size);
    if (type === wanted) found.push(type === TYPES.A ? [...data].join(".") : (data.toString("hex").match(/.{4}/g) ?? []).join(":"));
    at += 10 + size;
  }
  return found;
}

function afterName(reply: Buffer, start: number): number {
  let at = Math.max(start, HEADER_BYTES);
  for (;;) {
    const length = reply[at] ?? 0;
    if (length >= 0xc0) return at + 2;
    if (length === 0) return at + 1;
    at += 1 + length;
  }
}
