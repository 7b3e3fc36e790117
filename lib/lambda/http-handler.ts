// How a function answers HTTP: routes, what a request holds, and a reply for every error that tells no more than it may.

import { gzipSync } from "node:zlib";
import middy, { type MiddlewareObj } from "@middy/core";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import { BadInput, Refused } from "../faults.ts";
import { problemOf, type Problem } from "./http-problem.ts";
import { requestOf, routeOf, type HttpEvent, type HttpRequest } from "./http-request.ts";
import { inTime, invocation, tellingOf, type Telling } from "./invocation.ts";
import { withLogKeys } from "./log.ts";

/** One of `json`, `html` and `text`, or none. */
export interface HttpReply {
  readonly status: number;
  readonly json?: unknown;
  readonly html?: string;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whole `Set-Cookie` lines. */
  readonly cookies?: readonly string[];
}

/** By route as API Gateway names it: `GET /services/{service}`. A HEAD is answered by the route's GET, without the body. */
export type Routes = Readonly<Record<string, (request: HttpRequest) => Promise<HttpReply>>>;

export interface HttpWork {
  /** The function's name, for its log and its counts. */
  readonly name: string;
  readonly routes: Routes;
  /** How a problem is shown; as JSON unless said otherwise. */
  readonly show?: (problem: Problem) => HttpReply;
  readonly telling?: Telling;
  /** How long a body is read at most; 64 KiB unless said otherwise. */
  readonly bodyBytesMax?: number;
}

export function httpHandler({
  name,
  routes,
  bodyBytesMax,
  show = asJson,
  telling = tellingOf(name),
}: HttpWork): (event: APIGatewayProxyEventV2, context: Context) => Promise<APIGatewayProxyStructuredResultV2> {
  return middy<HttpEvent, APIGatewayProxyStructuredResultV2>(inTime)
    .use(invocation(telling))
    .use(problems(show, telling))
    .handler(async (event: HttpEvent) => {
      const request = requestOf(event, bodyBytesMax);
      const route = routes[request.route];
      if (route === undefined)
        throw new Refused("NotFound", `There is nothing at ${request.method} ${request.path}`, "look the path up in the documentation");
      const keys = {
        requestId: request.requestId,
        route: request.route,
        ...(request.actor === undefined ? {} : { actor: request.actor }),
        ...(request.parameters["endpoint"] === undefined ? {} : { connection: request.parameters["endpoint"] }),
      };
      return sent(await withLogKeys(keys, () => route(request)), event);
    });
}

/** Whatever was thrown becomes a reply; what the caller could not have caused is logged as well. */
const problems = (
  show: (problem: Problem) => HttpReply,
  { log, counts }: Telling,
): MiddlewareObj<HttpEvent, APIGatewayProxyStructuredResultV2> => ({
  onError: (request) => {
    const { requestContext } = request.event;
    const problem = problemOf(request.error, requestContext.requestId);
    const actor = requestContext.authorizer?.iam?.userArn;
    if (problem.status >= 500) {
      counts.add("RequestsFailed");
      log.error("A request failed", request.error, {
        requestId: problem.requestId,
        route: routeOf(request.event),
        ...connectionOf(request.event),
      });
    } else if (!(request.error instanceof BadInput) || actor !== undefined) {
      // Nobody's malformed request is worth a line; an operator's is.
      const { message: reason, ...keys } = problem;
      const who = actor === undefined ? {} : { actor, route: routeOf(request.event) };
      log.info("A request was refused", { ...keys, reason, ...who, ...connectionOf(request.event) });
    }
    request.response = sent(show(problem), request.event);
  },
});

const connectionOf = ({ pathParameters }: HttpEvent): { readonly connection?: string } =>
  pathParameters?.["endpoint"] === undefined ? {} : { connection: pathParameters["endpoint"] };

const asJson = ({ status, ...error }: Problem): HttpReply => ({ status, json: { error } });

function sent({ status, json, html, text, headers = {}, cookies = [] }: HttpReply, event: HttpEvent): APIGatewayProxyStructuredResultV2 {
  const [type, body] =
    json === undefined
      ? html === undefined
        ? ["text/plain; charset=utf-8", text ?? ""]
        : ["text/html; charset=utf-8", html]
      : ["application/json", JSON.stringify(json)];
  return {
    statusCode: status,
    ...(cookies.length === 0 ? {} : { cookies: [...cookies] }),
    ...inBody(event.requestContext.http.method === "HEAD" ? "" : body, { ...securityHeaders, "content-type": type, ...headers }, event),
  };
}

const compressedFrom = 1_000_000;

/** A function's answer may have 6 MB: a long one is compressed for whoever takes that, which makes it some eight times shorter. */
function inBody(
  body: string,
  headers: Readonly<Record<string, string>>,
  event: HttpEvent,
): Pick<APIGatewayProxyStructuredResultV2, "body" | "headers" | "isBase64Encoded"> {
  if (Buffer.byteLength(body) < compressedFrom || !takesGzip(event)) return { headers, body };
  return {
    headers: { ...headers, "content-encoding": "gzip", vary: "accept-encoding" },
    body: gzipSync(body).toString("base64"),
    isBase64Encoded: true,
  };
}

const takesGzip = ({ headers }: HttpEvent): boolean =>
  Object.entries(headers).some(
    ([name, value = ""]) =>
      name.toLowerCase() === "accept-encoding" && value.split(",").some((one) => /^\s*gzip\s*(;\s*q=(1|0?\.0*[1-9]).*)?$/i.test(one)),
  );

/** Replies hold decisions and links: kept by nobody, framed by nobody, and telling no other site where they came from. */
const securityHeaders = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=31536000; includeSubDomains",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "x-robots-tag": "noindex, nofollow",
};
