// Names, TCP and HTTP from where the command runs: directly, or from where the SOCKS proxy in ALL_PROXY stands.
import { connect, type Socket } from "node:net";

import { askDns } from "./dns-query.ts";
import { ProxyTrouble, socksConnect, socksProxy, SocksRefusal, type ProxyPlace } from "./socks.ts";

export interface Reach {
  /** For people: `this machine`, `socks5h://127.0.0.1:1080`. */
  readonly from: string;
  resolve(name: string): Promise<readonly string[]>;
  connect(host: string, port: number): Promise<Socket>;
  /** The own address that would be seen at another; nothing where the connection begins elsewhere. */
  addressTowards(address: string): Promise<string | undefined>;
}

export interface Reply {
  readonly status: number;
  readonly body: string;
}

/** Amazon's resolver, the same in every VPC; it answers over TCP too, which goes through a proxy. */
const resolver = { host: "169.254.169.253", port: 53 } as const;
const patienceMilliseconds = 10_000;
const bodyMax = 4096;

export function reachFrom(env: Readonly<Record<string, string | undefined>>): Reach {
  const proxy = socksProxy(env);
  return proxy === undefined ? direct : throughProxy(proxy);
}

const direct: Reach = {
  from: "this machine",
  async resolve(name) {
    const { lookup } = await import("node:dns/promises");
    try {
      return (await lookup(name, { all: true })).map(({ address }) => address);
    } catch (error) {
      if (["ENOTFOUND", "ENODATA", "EAI_NONAME"].includes(codeOf(error))) return [];
      throw error;
    }
  },
  connect(host, port) {
    const { promise, resolve, reject } = Promise.withResolvers<Socket>();
    const socket = connect({ host, port, timeout: patienceMilliseconds });
    socket.once("connect", () => resolve(socket));
    socket.once("error", reject);
    socket.once("timeout", () => socket.destroy(Object.assign(new Error("no answer in time"), { code: "ETIMEDOUT" })));
    return promise;
  },
  async addressTowards(address) {
    const { createSocket } = await import("node:dgram");
    const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
    // Nothing is sent: connecting only has the system choose the address.
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    socket.once("error", () => resolve(undefined));
    socket.connect(9, address, () => resolve(socket.address().address));
    return promise.finally(() => socket.close());
  },
};

function throughProxy(proxy: ProxyPlace): Reach {
  return {
    from: `socks5h://${proxy.host}:${String(proxy.port)}`,
    async resolve(name) {
      const found = await askDns(await socksConnect(proxy, resolver.host, resolver.port), name, "A");
      return found.length > 0 ? found : askDns(await socksConnect(proxy, resolver.host, resolver.port), name, "AAAA");
    },
    connect: (host, port) => socksConnect(proxy, host, port),
    addressTowards: () => Promise.resolve(undefined),
  };
}

/** One GET on an open connection; the beginning of the body is enough. */
export function get(socket: Socket, host: string, path: string): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  let held = "";
  const done = (): void => {
    const [head = "", ...body] = held.split("\r\n\r\n");
    const [, status] = /^HTTP\/1\.[01] (\d{3})/.exec(head) ?? [];
    if (status === undefined)
      reject(new Error(held === "" ? "the connection ended without an answer" : "what answers does not speak HTTP"));
    else resolve({ status: Number(status), body: body.join("\r\n\r\n").slice(0, bodyMax) });
    socket.destroy();
  };
  socket.setTimeout(patienceMilliseconds, () => socket.destroy(Object.assign(new Error("no answer in time"), { code: "ETIMEDOUT" })));
  socket.on("data", (chunk: Buffer) => {
    held += chunk.toString("utf8");
    if (held.length > 2 * bodyMax) done();
  });
  socket.on("end", done);
  socket.on("error", reject);
  socket.on("close", () => reject(new Error("the connection ended without an answer")));
  socket.write(`GET ${path} HTTP/1.0\r\nHost: ${host}\r\nUser-Agent: drawbridge-verify\r\nAccept: */*\r\nConnection: close\r\n\r\n`);
  socket.resume();
  return promise;
}

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === "string" ? code : "";
}

/** In a word or two, what a caller would have seen. */
export function failureOf(error: unknown): "refused" | "refused or unreachable" | "timed out" | "name not found" | "other" {
  if (error instanceof SocksRefusal) {
    if (error.reason === "not allowed") return "other";
    return error.reason === "name not found or no way to it" ? "name not found" : error.reason;
  }
  if (error instanceof ProxyTrouble) return "other";
  const code = codeOf(error);
  if (code === "ECONNREFUSED" || code === "ECONNRESET") return "refused";
  if (["ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"].includes(code)) return "timed out";
  return code === "ENOTFOUND" ? "name not found" : "other";
}

/** IPv4 of RFC 1918 and 6598, IPv6 of RFC 4193. */
export function isPrivate(address: string): boolean {
  if (address.includes(":")) return /^f[cd]/i.test(address);
  return /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/.test(address);
}
