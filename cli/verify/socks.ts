// SOCKS 5 as a client speaks it: a connection that begins at the proxy, which resolves the name there.
import { connect, type Socket } from "node:net";

export interface ProxyPlace {
  readonly host: string;
  readonly port: number;
}

/** The proxy answered, and could not connect. */
export class SocksRefusal extends Error {
  readonly reason: "name not found or no way to it" | "refused" | "timed out" | "not allowed";
  constructor(code: number) {
    const reason = REASONS[code] ?? "not allowed";
    super(`the proxy cannot connect: ${reason}`);
    this.name = "SocksRefusal";
    this.reason = reason;
  }
}

const REASONS: Readonly<Record<number, SocksRefusal["reason"]>> = {
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
    socket.write(Buffer.from([5, 1, 0]));
    const [, method] = await reader.read(2);
    if (method !== 0) throw new Error("the SOCKS proxy wants a password");
    const name = Buffer.from(host, "latin1");
    socket.write(Buffer.concat([Buffer.from([5, 1, 0, 3, name.length]), name, Buffer.from([port >> 8, port & 255])]));
    const [, code = 1, , type] = await reader.read(4);
    if (code !== 0) throw new SocksRefusal(code);
    const addressBytes = type === 1 ? 4 : type === 4 ? 16 : ((await reader.read(1))[0] ?? 0);
    await reader.read(addressBytes + 2);
  } catch (error) {
    socket.destroy();
    throw error;
  }
  reader.release();
  return socket;
}

/** Reads so many bytes and leaves the rest in the socket. */
function exactly(socket: Socket): { read(count: number): Promise<Buffer>; release(): void } {
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
