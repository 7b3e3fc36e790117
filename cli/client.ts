// The signed client: requests to the operators' API under the caller's own AWS credentials, and nothing loaded before it is needed.

import type { IncomingMessage } from "node:http";
import { expiredCredentials, noCredentials } from "./credentials.ts";
import { Failure, wrongUsage } from "./failure.ts";
import { isContended, understood, type Reply } from "./reply.ts";

export interface Api {
  get<T>(path: string, query?: Query): Promise<T>;
  post<T>(path: string, body?: object): Promise<T>;
  put<T>(path: string, body: object): Promise<T>;
  patch<T>(path: string, body: object): Promise<T>;
  delete<T>(path: string, query?: Query): Promise<T>;
}
export type Query = Readonly<Record<string, string | undefined>>;

export interface Connecting {
  readonly address: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Waits before trying again what was throttled. */
  readonly waits?: readonly number[];
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
interface Identity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

const waitsUsual = [500, 1500, 4000];
/** What met other writers was not done at all, so that it may be sent again, for longer and at no fixed beat. */
const contendedTries = 20;
const patienceMilliseconds = 35_000;

/** A path of the API from its parts, each made fit for a URL. */
export const pathOf = (...parts: readonly string[]): string => `/${parts.map(encodeURIComponent).join("/")}`;

/** Nobody is asked for credentials before the first request. */
export function connect({ address, env, waits = waitsUsual }: Connecting): Api {
  let identity: Promise<Identity> | undefined;
  const call = async <T>(method: Method, path: string, query: Query = {}, body?: object): Promise<T> => {
    const base = baseOf(address);
    const caller = await (identity ??= findIdentity());
    const region = await regionOf(base, env);
    for (let tries = 0; ; tries += 1) {
      const reply = await send(base, region, caller, {
        method,
        path,
        query,
        ...(body === undefined ? {} : { body }),
      });
      const wait = waitBefore(reply, method, tries, waits);
      if (wait === undefined)
        return understood(reply, { origin: base.origin, accessKeyId: caller.accessKeyId, what: `${method} ${path}` }) as T;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  };
  return {
    get: (path, query) => call("GET", path, query),
    post: (path, body = {}) => call("POST", path, {}, body),
    put: (path, body) => call("PUT", path, {}, body),
    patch: (path, body) => call("PATCH", path, {}, body),
    delete: (path, query) => call("DELETE", path, query),
  };
}

/** Tried again: what was throttled, what only reads, and what others stood in the way of. */
function waitBefore({ status, text }: Reply, method: Method, tries: number, waits: readonly number[]): number | undefined {
  if (status === 503 && isContended(text)) {
    const base = waits[Math.min(tries, waits.length - 1)];
    return base === undefined || tries >= contendedTries ? undefined : base * (0.5 + Math.random());
  }
  return status === 429 || (method === "GET" && status === 503) ? waits[tries] : undefined;
}

function baseOf(address: string | undefined): URL {
  if (address === undefined || address === "")
    throw wrongUsage("no API address is given", "give --api URL, or set DRAWBRIDGE_API; it is the stack's output ApiUrl");
  const url = URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw wrongUsage(`${address} is not an address`, "give a URL, such as https://abc123.execute-api.eu-west-1.amazonaws.com");
  if (url.protocol === "http:" && !["localhost", "127.0.0.1", "[::1]"].includes(url.hostname))
    throw wrongUsage(`${address} is not encrypted`, "give an https URL; plain http is for this machine only");
  return url;
}

async function findIdentity(): Promise<Identity> {
  const { defaultProvider } = await import("@aws-sdk/credential-provider-node");
  try {
    return await defaultProvider()();
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw /expired/i.test(said) ? expiredCredentials({ said }) : noCredentials(said);
  }
}

/** The API's own host tells its Region; elsewhere it is AWS's usual settings that do. */
async function regionOf({ hostname }: URL, env: Connecting["env"]): Promise<string> {
  const [, told] = /\.execute-api\.([a-z0-9-]+)\./.exec(hostname) ?? [];
  const region = told ?? env["AWS_REGION"] ?? env["AWS_DEFAULT_REGION"] ?? (await regionOfProfile(env["AWS_PROFILE"] ?? "default"));
  if (region === undefined || region === "") throw new Failure(1, "NoRegion", `The Region of ${hostname} is not known`, "set AWS_REGION");
  return region;
}

async function regionOfProfile(profile: string): Promise<string | undefined> {
  const { loadSharedConfigFiles } = await import("@smithy/core/config");
  const { configFile, credentialsFile } = await loadSharedConfigFiles();
  return configFile[profile]?.["region"] ?? credentialsFile[profile]?.["region"];
}

interface Request {
  readonly method: Method;
  readonly path: string;
  readonly query: Query;
  readonly body?: object;
}

async function send(base: URL, region: string, credentials: Identity, { method, path, query, body }: Request): Promise<Reply> {
  const { SignatureV4 } = await import("@smithy/signature-v4");
  const { Sha256 } = await import("@smithy/core/checksum");
  const asked = Object.fromEntries(Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined));
  const unsigned = {
    method,
    protocol: base.protocol,
    hostname: base.hostname,
    path: `${base.pathname.replace(/\/$/, "")}${path}`,
    query: asked,
    headers: {
      host: base.host,
      accept: "application/json",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
  const signed = await new SignatureV4({
    service: "execute-api",
    region,
    credentials,
    sha256: Sha256,
  }).sign(unsigned);
  const search = Object.entries(asked).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  const url = new URL(`${unsigned.path}${search.length === 0 ? "" : `?${search.join("&")}`}`, base);
  return exchange(url, method, signed.headers, unsigned.body);
}

async function exchange(url: URL, method: Method, headers: Record<string, string>, body: string | undefined): Promise<Reply> {
  const { request } = url.protocol === "https:" ? await import("node:https") : await import("node:http");
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const asked = { method, headers: { ...headers, "accept-encoding": "gzip" }, agent: false, timeout: patienceMilliseconds };
  const sent = request(url, asked, (reply: IncomingMessage) => {
    const parts: Buffer[] = [];
    reply.on("data", (part: Buffer) => parts.push(part));
    reply.on("end", () => {
      textOf(reply, Buffer.concat(parts)).then((text) => resolve({ status: reply.statusCode ?? 0, text }), reject);
    });
    reply.on("error", reject);
  });
  sent.on("timeout", () => sent.destroy(Object.assign(new Error("no answer in time"), { code: "ETIMEDOUT" })));
  sent.on("error", reject);
  sent.end(body);
  return promise.catch((error: unknown) => {
    const code = (error as { code?: unknown }).code;
    const said = typeof code === "string" ? code : String(error);
    throw new Failure(1, "NoAnswer", `Nothing answers at ${url.origin} (${said})`, "check --api or DRAWBRIDGE_API, and the network");
  });
}

/** Only long answers come compressed. */
async function textOf({ headers }: IncomingMessage, body: Buffer): Promise<string> {
  if (headers["content-encoding"] !== "gzip") return body.toString("utf8");
  const [{ gunzip }, { promisify }] = await Promise.all([import("node:zlib"), import("node:util")]);
  return (await promisify(gunzip)(body)).toString("utf8");
}
