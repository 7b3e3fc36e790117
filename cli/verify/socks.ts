// SOCKS 5 as a client speaks it: a connection that begins at the proxy, which resolves the name there.
import { connect, type Socket } from "node:net";

export interface ProxyPlace {
  readonly host: string;
  readonly port: number;
}

type Reason = "name not found or no way to it" | "refused" | "refused or unreachable" | "timed out" | "not allowed";

/** The proxy took the request, and could not connect. */
export class SocksRefusal extends Error {
  readonly reason: Reason;
  constructor(reason: Reason, said = reason as string) {
    super(`the proxy cannot connect: ${said}`);
    this.name = "SocksRefusal";
    this.reason = reason;
  }
}

/** The proxy itself is not there, or does not speak as one. */
export class ProxyTrouble extends Error {
  constructor({ host, port }: ProxyPlace, said: string) {
    super(`the SOCKS proxy at ${host}:${String(port)} ${said}`);
    this.name = "ProxyTrouble";
  }
}

const REASONS: Readonly<Record<number, Reason>> = {
  1: "refused",
  3: "name not found or no way to it",
  4: "name not found or no way to it",
  5: "refused",
  6: "timed out",
};

const patienceMilliseconds = 10_000;

/** The address of ALL_PROXY when it is a SOCKS 5 proxy: `socks5h://127.0.0.1:1080`. */
export function socksProxy(env: Readonly<Record<string, string | undefined>>): ProxyPlace | undefined {
  const given = URL.parse(env["ALL_PROXY"] ?? env["all_proxy"] ?? "");
  if (given === null || !/^socks5h?:$/.test(given.protocol)) return undefined;
  return { host: given.hostname, port: Number(given.port === "" ? 1080 : given.port) };
}

export async function socksConnect(proxy: ProxyPlace, host: string, port: number): Promise<Socket> {
  const socket = connect(proxy.port, proxy.host);
  socket.setTimeout(patienceMilliseconds, () => socket.destroy(Object.assign(new Error("no answer in time"), { code: "ETIMEDOUT" })));
  const reader = exactly(socket);
  try {
    await greet(proxy, socket, reader);
    await ask(socket, reader, host, port);
  } catch (error) {
    socket.destroy();
    throw error;
  }
  reader.release();
  return socket;
}

async function greet(proxy: ProxyPlace, socket: Socket, reader: Reader): Promise<void> {
  try {
    socket.write(Buffer.from([5, 1, 0]));
    const [version, method] = await reader.read(2);
    if (version !== 5) throw new ProxyTrouble(proxy, "does not speak SOCKS 5");
    if (method !== 0) throw new ProxyTrouble(proxy, "wants a password");
  } catch (error) {
    if (error instanceof ProxyTrouble) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ProxyTrouble(proxy, `does not answer (${code ?? message})`);
  }
}

async function ask(socket: Socket, reader: Reader, host: string, port: number): Promise<void> {
  const name = Buffer.from(host, "latin1");
  socket.write(Buffer.concat([Buffer.from([5, 1, 0, 3, name.length]), name, Buffer.from([port >> 8, port & 255])]));
  const [, code = 1, , type] = await reader.read(4).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ETIMEDOUT") throw new SocksRefusal("timed out");
    throw new SocksRefusal(
      "refused or unreachable",
      "it ended the connection without a reply, as ssh -D does when its far end cannot connect",
    );
  });
  if (code !== 0) throw new SocksRefusal(REASONS[code] ?? "not allowed");
  const addressBytes = type === 1 ? 4 : type === 4 ? 16 : ((await reader.read(1))[0] ?? 0);
  await reader.read(addressBytes + 2);
}

interface Reader {
  read(count: number): Promise<Buffer>;
  release(): void;
}

/** Reads so many bytes and leaves the rest in the socket. */
function exactly(socket: Socket): Reader {
  let held: Buffer = Buffer.alloc(0);
  let wake: (() => void) | undefined;
  let ended: Error | undefined;
  const take = (chunk: Buffer): void => {
    held = Buffer.concat([held, chunk]);
    wake?.();
  };
  const end = (error?: unknown): void => {
    ended = error instanceof Error ? error : new Error("the proxy ended the connection");
    wake?.();
  };
  socket.on("data", take).on("error", end).on("close", end);
  return {
    async read(count) {
      while (held.length < count) {
        if (ended !== undefined) throw ended;
        await new Promise<void>((resolve) => (wake = resolve));
      }
      const taken = held.subarray(0, count);
      held = held.subarray(count);
      return taken;
    },
    release() {
      socket.off("data", take).off("error", end).off("close", end);
      socket.pause();
      if (held.length > 0) socket.unshift(held);
    },
  };
}
