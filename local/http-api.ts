// The HTTP API of the stack on one loopback port: routes to functions, and API Gateway's own answers when it refuses.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { randomUUID } from "node:crypto";

import { apiAnswer, type ApiAnswer } from "./http-api-answer.ts";
import { apiCaller } from "./http-api-caller.ts";
import { apiEvent } from "./http-api-event.ts";
import { executeArn, type ApiPlace } from "./http-api-place.ts";
import { matchRoute, type Route } from "./http-api-routes.ts";
import type { Identities } from "./identities.ts";
import { listenOnLoopback } from "./loopback.ts";
import type { Clock, ServicePrincipal } from "./service.ts";

export interface HttpApi {
  readonly url: string;
  /** One API has the port; a second one is refused. */
  readonly open: (place: ApiPlace) => void;
  readonly shut: () => void;
  /** Stages and routes are taken away again by what is returned. */
  readonly stage: (name: string) => () => void;
  readonly route: (route: Route) => () => void;
  /** How functions are run; known once the runtime is there. */
  readonly connect: (functions: ApiFunctions) => void;
  readonly close: () => Promise<void>;
}

export interface ApiFunctions {
  readonly allows: (principal: ServicePrincipal, functionArn: string) => Promise<boolean>;
  invoke(functionArn: string, event: unknown): Promise<{ readonly payload: string; readonly functionError?: string }>;
}

export interface HttpApiOptions {
  readonly port: number;
  readonly clock: Clock;
  readonly identities: Identities;
  readonly log: (line: string) => void;
}

const BODY_BYTES_MAX = 10 * 1024 * 1024;

export async function startHttpApi(options: HttpApiOptions): Promise<HttpApi> {
  const routes: Route[] = [];
  const stages: string[] = [];
  let place: ApiPlace | undefined;
  let functions: ApiFunctions | undefined;

  const server = createServer((request, response) => {
    answer(request).then(
      (reply) => write(response, reply, request.method === "HEAD"),
      (error: unknown) => {
        options.log(`http api: ${String(error)}`);
        write(response, refusal(500, "Internal Server Error"), false);
      },
    );
  });
  const answer = async (request: IncomingMessage): Promise<ApiAnswer> => {
    const body = await bodyOf(request);
    if (body === undefined) return refusal(413, "Request Entity Too Large");
    const url = new URL(request.url ?? "/", "http://api.local");
    const staged = stageOf(stages, rawPath(request.url));
    if (place === undefined || functions === undefined || staged === undefined) return refusal(404, "Not Found");
    const method = request.method ?? "GET";
    const matched = matchRoute(routes, method, staged.path);
    if (matched === undefined) return refusal(404, "Not Found");
    const caller = await apiCaller({
      request,
      place,
      stage: staged.name,
      method,
      path: staged.path,
      route: matched.route,
      identities: options.identities,
    });
    if (caller === "forbidden") return refusal(403, "Forbidden");
    const event = apiEvent({
      request,
      url,
      body,
      place,
      stage: staged.name,
      path: staged.path,
      matched,
      caller,
      now: options.clock.now(),
      requestId: randomUUID(),
    });
    return run(matched.route, event, functions, place, staged.name, method, staged.path);
  };
  const run = async (
    route: Route,
    event: unknown,
    runtime: ApiFunctions,
    at: ApiPlace,
    stage: string,
    method: string,
    path: string,
  ): Promise<ApiAnswer> => {
    const { functionArn, timeoutMs } = route.integration;
    const principal = { service: "apigateway.amazonaws.com", sourceArn: executeArn(at, stage, method, path), sourceAccount: at.account };
    if (!(await runtime.allows(principal, functionArn))) {
      options.log(`http api: ${route.key}: the policy of ${functionArn} does not let API Gateway invoke it.`);
      return refusal(500, "Internal Server Error");
    }
    const late = new Promise<"late">((resolve) => {
      setTimeout(() => resolve("late"), timeoutMs).unref();
    });
    const invocation = await Promise.race([runtime.invoke(functionArn, event), late]);
    if (invocation === "late") return refusal(503, "Service Unavailable");
    if (invocation.functionError !== undefined) return refusal(500, "Internal Server Error");
    return apiAnswer(invocation.payload) ?? refusal(500, "Internal Server Error");
  };

  const listening = await listenOnLoopback(server, options.port, "HTTP API");
  return {
    url: listening.url,
    open(opened) {
      if (place !== undefined) throw new Error("Local AWS has one HTTP API per stack: a second one has no port.");
      place = opened;
    },
    shut: () => void (place = undefined),
    stage: (name) => kept(stages, name),
    route: (route) => kept(routes, route),
    connect: (connected) => void (functions = connected),
    close: listening.close,
  };
}

function kept<T>(all: T[], one: T): () => void {
  all.push(one);
  return () => {
    const at = all.indexOf(one);
    if (at >= 0) all.splice(at, 1);
  };
}

function refusal(status: number, message: string): ApiAnswer {
  return { status, headers: { "content-type": "application/json" }, cookies: [], body: Buffer.from(JSON.stringify({ message })) };
}

/** `$default` has no prefix; another stage is the first step of the path. */
function stageOf(stages: readonly string[], path: string): { readonly name: string; readonly path: string } | undefined {
  const first = path.split("/")[1] ?? "";
  if (stages.includes(first) && first !== "$default") return { name: first, path: path.slice(first.length + 1) || "/" };
  return stages.includes("$default") ? { name: "$default", path } : undefined;
}

function rawPath(url = "/"): string {
  return url.split("?", 1)[0] ?? "/";
}

/** undefined: more than the limit. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk as Uint8Array);
    size += bytes.length;
    if (size <= BODY_BYTES_MAX) chunks.push(bytes);
  }
  return size > BODY_BYTES_MAX ? undefined : Buffer.concat(chunks);
}

function write(response: ServerResponse, reply: ApiAnswer, isHead: boolean): void {
  response.statusCode = reply.status;
  response.setHeader("apigw-requestid", randomUUID());
  for (const [name, value] of Object.entries(reply.headers)) response.setHeader(name, value);
  if (reply.cookies.length > 0) response.setHeader("set-cookie", [...reply.cookies]);
  response.setHeader("content-length", reply.body.length);
  response.end(isHead ? undefined : reply.body);
}
