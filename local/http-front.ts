// The one door of local AWS: an HTTP server that finds the service, checks who calls, and speaks the service's protocol.

import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { authorize, inRegion } from "./authorize.ts";
import { CutOff, type CallFaults } from "./call-faults.ts";
import type { Identities } from "./identities.ts";
import { listenOnLoopback } from "./loopback.ts";
import { codecOf } from "./protocols/codec.ts";
import type { Codec } from "./protocols/codec.ts";
import { loadModel } from "./protocols/models.ts";
import type { Model } from "./protocols/models.ts";
import { refuse } from "./protocols/refusals.ts";
import type { Reply } from "./protocols/refusals.ts";
import { readScope } from "./protocols/signature.ts";
import { AwsError } from "./service.ts";
import type { Call, Service } from "./service.ts";

export interface Front {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

export interface FrontOptions {
  readonly services: readonly Service[];
  readonly identities: Identities;
  /** 0 takes any free port. */
  readonly port: number;
  readonly region: string;
  readonly log?: (line: string) => void;
  /** Each call as it comes, with its caller. */
  readonly trace?: (line: string) => void;
  /** Sees each request first; true says that it has answered (`/_local/…`, the HTTP API). */
  readonly other?: (req: IncomingMessage, res: ServerResponse) => boolean;
  readonly counts?: (service: string, action: string) => void;
  readonly faults?: CallFaults;
}

/** DynamoDB's own bound, the largest of the services here. */
const BODY_BYTES_MAX = 16 * 1024 * 1024;

interface Mounted {
  readonly service: Service;
  readonly model: Model;
  readonly codec: Codec;
}

export async function startFront(options: FrontOptions): Promise<Front> {
  const mounted = await Promise.all(
    options.services.map(async (service): Promise<Mounted> => {
      const model = await loadModel(service.signingName);
      return { service, model, codec: codecOf(model) };
    }),
  );
  const byName = new Map(mounted.map((each): [string, Mounted] => [each.service.signingName, each]));
  const server = createServer((req, res) => {
    if (options.other?.(req, res) === true) return;
    void answer(options, byName, req).then((reply) => (reply === undefined ? res.destroy() : send(res, reply)));
  });
  return await listenOnLoopback(server, options.port, "local AWS");
}

/** Never rejects: whatever happens becomes a reply in the shape of the protocol that was spoken; nothing for one to be cut off. */
async function answer(options: FrontOptions, services: ReadonlyMap<string, Mounted>, req: IncomingMessage): Promise<Reply | undefined> {
  const requestId = randomUUID();
  const seen: { mounted: Mounted | undefined } = { mounted: guessService(services, req) };
  try {
    const url = new URL(req.url ?? "/", "http://localhost");
    const body = await readBody(req);
    seen.mounted ??= byVersion(services, url, body);
    const scope = readScope(req, url);
    if (scope === undefined) throw new AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403);
    const mounted = services.get(scope.service);
    if (mounted === undefined) {
      const known = [...services.keys()].join(", ");
      throw new AwsError("UnknownService", `Local AWS has no service "${scope.service}". It has: ${known}.`, 404);
    }
    seen.mounted = mounted;
    return await serve(options, mounted, { req, url, body, accessKeyId: scope.accessKeyId, region: scope.region, requestId });
  } catch (error) {
    if (error instanceof CutOff) return undefined;
    const refused = error instanceof AwsError ? error : unexpected(error, options.log);
    return refuse(seen.mounted?.model ?? plainModel(req), refused, requestId);
  }
}

interface Asked {
  readonly req: IncomingMessage;
  readonly url: URL;
  readonly body: string;
  readonly accessKeyId: string;
  readonly region: string;
  readonly requestId: string;
}

async function serve(options: FrontOptions, { service, codec }: Mounted, asked: Asked): Promise<Reply> {
  const caller = options.identities.caller(asked.accessKeyId);
  const { action, input } = codec.decode(asked.req, asked.url, asked.body, service.actions);
  // Route 53 and STS are signed for us-east-1 wherever one is: only regional services see the caller's choice.
  const trace = asked.req.headers["x-amzn-trace-id"];
  const call = {
    action,
    input,
    caller,
    region: options.region,
    signedFor: asked.region,
    requestId: asked.requestId,
    ...(typeof trace === "string" ? { trace } : {}),
  };
  options.counts?.(service.signingName, action);
  const demands = await service.demands(call);
  await authorize(caller, inRegion(options.region, demands));
  const work = (asked: Call): unknown => service.handle(asked);
  const result = await (options.faults?.through(service.signingName, call, demands, work) ?? work(call));
  options.trace?.(`${service.signingName}:${action} ${caller.arn}`);
  return codec.encode(action, result, asked.requestId);
}

/** The service that an unsigned request seems to mean: only used to word the refusal. */
function guessService(services: ReadonlyMap<string, Mounted>, req: IncomingMessage): Mounted | undefined {
  const target = String(req.headers["x-amz-target"] ?? "").split(".")[0];
  for (const mounted of services.values()) if (target !== "" && mounted.model.target === target) return mounted;
  return (req.url ?? "").startsWith("/2013-04-01/") ? services.get("route53") : undefined;
}

function byVersion(services: ReadonlyMap<string, Mounted>, url: URL, body: string): Mounted | undefined {
  const version = new URLSearchParams(body === "" ? url.search : body).get("Version");
  for (const mounted of services.values()) if (version !== null && mounted.model.version === version) return mounted;
  return undefined;
}

function plainModel(req: IncomingMessage): Pick<Model, "protocol" | "signingName"> {
  const isJson = (req.headers["content-type"] ?? "").includes("json");
  return { protocol: isJson ? "json-1.1" : "query", signingName: "" };
}

function unexpected(error: unknown, log: FrontOptions["log"]): AwsError {
  log?.(`internal failure: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return new AwsError("InternalFailure", `Local AWS failed: ${error instanceof Error ? error.message : String(error)}`, 500);
}

async function readBody(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // What is beyond the bound is read and thrown away, so that the client gets the refusal and not a broken pipe.
    if (bytes <= BODY_BYTES_MAX) chunks.push(chunk);
  }
  if (bytes > BODY_BYTES_MAX) throw new AwsError("RequestEntityTooLarge", `Request body is larger than ${BODY_BYTES_MAX} bytes`, 413);
  return Buffer.concat(chunks).toString("utf8");
}

function send(res: ServerResponse, reply: Reply): void {
  res.writeHead(reply.status, { ...reply.headers, "content-length": Buffer.byteLength(reply.body) });
  res.end(reply.body);
}
