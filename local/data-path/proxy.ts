// A proxy on loopback that speaks SOCKS 5 and HTTP on one port: whatever honours proxy variables goes through it, without being root.
import { createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";

import type { Failure } from "./ways.ts";

export interface Proxy {
  readonly port: number;
  close(): Promise<void>;
}

export type Dial = (host: string, port: number) => Promise<Duplex | Failure>;

const HEAD_BYTES_MAX = 64 * 1024;

export async function startProxy(dial: Dial): Promise<Proxy> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => socket.destroy());
    const reader = readerOf(socket);
    serve(socket, reader, dial).catch(() => socket.destroy());
  });
  const port = await listen(server);
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}

async function serve(socket: Socket, reader: Reader, dial: Dial): Promise<void> {
  const [first = 0] = await reader.bytes(1);
  await (first === 5 ? serveSocks(socket, reader, dial) : serveHttp(socket, reader, dial));
}

const SOCKS_REPLIES: Readonly<Record<Failure["failed"], number>> = { "name not found": 4, refused: 5, "timed out": 6 };

async function serveSocks(socket: Socket, reader: Reader, dial: Dial): Promise<void> {
  const [methods = 0] = await reader.bytes(1);
  await reader.bytes(methods);
  socket.write(Buffer.from([5, 0]));
  const [, command, , type] = await reader.bytes(4);
  const host = await socksHost(reader, type ?? 0);
  const port = (await reader.bytes(2)).readUInt16BE(0);
  const reply = (code: number): boolean => socket.write(Buffer.from([5, code, 0, 1, 0, 0, 0, 0, 0, 0]));
  if (command !== 1 || host === undefined) {
    reply(command === 1 ? 8 : 7);
    return void socket.end();
  }
  const made = await dial(host, port);
  if ("failed" in made) {
    reply(SOCKS_REPLIES[made.failed]);
    return void socket.end();
  }
  reply(0);
  join(socket, reader.rest(), made);
}

async function socksHost(reader: Reader, type: number): Promise<string | undefined> {
  if (type === 1) return [...(await reader.bytes(4))].join(".");
  if (type !== 3) return undefined;
  const [length = 0] = await reader.bytes(1);
  return (await reader.bytes(length)).toString("latin1");
}

const HTTP_ERRORS: Readonly<Record<Failure["failed"], string>> = {
  "name not found": "502 Name Not Found",
  refused: "502 Connection Refused",
  "timed out": "504 Timed Out",
};

/** CONNECT, and requests with a whole URL. One request for a connection: the next may go elsewhere. */
async function serveHttp(socket: Socket, reader: Reader, dial: Dial): Promise<void> {
  const head = (await reader.until("\r\n\r\n")).toString("latin1");
  const [line = "", ...headers] = head.trimEnd().split("\r\n");
  const [method = "", target = "", version = ""] = line.split(" ");
  // Of the two schemes, http takes its port 80 away from the URL.
  const url = URL.parse(method === "CONNECT" ? `https://${target}` : target);
  if (url === null || (url.protocol === "https:") !== (method === "CONNECT"))
    return refuse(socket, "400 Bad Request", "The proxy takes whole http URLs and CONNECT.");
  const port = Number(url.port === "" ? (method === "CONNECT" ? 443 : 80) : url.port);
  const made = await dial(url.hostname, port);
  if ("failed" in made) return refuse(socket, HTTP_ERRORS[made.failed], `${url.hostname}:${port}: ${made.failed}: ${made.why}`);
  if (method === "CONNECT") socket.write(`${version} 200 Connection established\r\n\r\n`);
  else {
    const kept = headers.filter((header) => !/^(proxy-[\w-]+|connection|keep-alive):/i.test(header));
    made.write([`${method} ${url.pathname}${url.search} ${version}`, ...kept, "Connection: close", "", ""].join("\r\n"), "latin1");
  }
  join(socket, reader.rest(), made);
}

function refuse(socket: Socket, status: string, why: string): void {
  const body = `${why}\n`;
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function join(socket: Socket, before: Buffer, upstream: Duplex): void {
  upstream.on("error", () => socket.destroy());
  // Cut off from behind, without an end.
  upstream.on("close", () => void (upstream.readableEnded || socket.destroy()));
  socket.on("close", () => upstream.destroy());
  if (before.length > 0) upstream.write(before);
  socket.pipe(upstream);
  upstream.pipe(socket);
}

/** Reads exactly what is asked for, and gives back what came too early. */
interface Reader {
  bytes(count: number): Promise<Buffer>;
  /** Up to the mark and with it, what was read last included. */
  until(mark: string): Promise<Buffer>;
  rest(): Buffer;
}

function readerOf(socket: Socket): Reader {
  let held: Buffer = Buffer.alloc(0);
  let taken = 0;
  let wake: (() => void) | undefined;
  let ended = false;
  const take = (chunk: Buffer): void => {
    held = Buffer.concat([held, chunk]);
    wake?.();
  };
  const end = (): void => {
    ended = true;
    wake?.();
  };
  socket.on("data", take);
  socket.on("end", end);
  socket.on("close", end);
  const more = async (): Promise<void> => {
    if (ended || held.length > HEAD_BYTES_MAX) throw new Error("the other side ended, or says too much");
    await new Promise<void>((resolve) => (wake = resolve));
  };
  return {
    async bytes(count) {
      while (held.length - taken < count) await more();
      taken += count;
      return held.subarray(taken - count, taken);
    },
    async until(mark) {
      while (!held.includes(mark)) await more();
      const start = Math.max(0, taken - 1);
      taken = held.indexOf(mark) + mark.length;
      return held.subarray(start, taken);
    },
    rest() {
      socket.off("data", take);
      socket.pause();
      return held.subarray(taken);
    },
  };
}
