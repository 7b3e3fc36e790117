// A request as a function sees it: API Gateway's payload format 2.0.
import type { IncomingMessage } from "node:http";

import type { ApiPlace } from "./http-api-place.ts";
import type { Matched } from "./http-api-routes.ts";
import type { Caller } from "./service.ts";

export interface ApiRequest {
  readonly request: IncomingMessage;
  readonly url: URL;
  readonly body: Buffer;
  readonly place: ApiPlace;
  readonly stage: string;
  readonly path: string;
  readonly matched: Matched;
  readonly caller: Caller | undefined;
  readonly now: number;
  readonly requestId: string;
}

const TEXT = /^(text\/|application\/(json|xml|javascript|x-www-form-urlencoded|graphql)|[^;]+\+(json|xml))/;

export function apiEvent(from: ApiRequest): Readonly<Record<string, unknown>> {
  const { request, matched } = from;
  const type = request.headers["content-type"] ?? "";
  const isText = type === "" || TEXT.test(type);
  const cookies = (request.headers.cookie ?? "").split(/; ?/).filter((cookie) => cookie !== "");
  const query = queryOf(from.url);
  return {
    version: "2.0",
    routeKey: matched.route.key,
    rawPath: from.stage === "$default" ? from.path : `/${from.stage}${from.path}`,
    rawQueryString: from.url.search.slice(1),
    ...(cookies.length === 0 ? {} : { cookies }),
    headers: headersOf(request),
    ...(Object.keys(query).length === 0 ? {} : { queryStringParameters: query }),
    ...(Object.keys(matched.parameters).length === 0 ? {} : { pathParameters: matched.parameters }),
    requestContext: contextOf(from),
    ...(from.body.length === 0 ? {} : { body: from.body.toString(isText ? "utf8" : "base64") }),
    isBase64Encoded: from.body.length > 0 && !isText,
  };
}

function contextOf(from: ApiRequest): Readonly<Record<string, unknown>> {
  const { request, caller } = from;
  return {
    accountId: from.place.account,
    apiId: from.place.id,
    ...(caller === undefined ? {} : { authorizer: { iam: iamOf(caller) } }),
    domainName: request.headers.host ?? "",
    domainPrefix: from.place.id,
    http: {
      method: request.method ?? "GET",
      path: from.path,
      protocol: `HTTP/${request.httpVersion}`,
      sourceIp: request.socket.remoteAddress ?? "127.0.0.1",
      userAgent: request.headers["user-agent"] ?? "",
    },
    requestId: from.requestId,
    routeKey: from.matched.route.key,
    stage: from.stage,
    time: accessLogTime(new Date(from.now)),
    timeEpoch: from.now,
  };
}

function iamOf(caller: Caller): Readonly<Record<string, unknown>> {
  return {
    accessKey: caller.accessKeyId,
    accountId: caller.account,
    callerId: caller.userId,
    cognitoIdentity: null,
    principalOrgId: null,
    userArn: caller.arn,
    userId: caller.userId,
  };
}

/** Several values are joined with commas, and names are in lower case. */
function headersOf(request: IncomingMessage): Readonly<Record<string, string>> {
  const entries = Object.entries(request.headers).filter(([name]) => name !== "cookie");
  return Object.fromEntries(entries.map(([name, value]) => [name, Array.isArray(value) ? value.join(",") : (value ?? "")]));
}

function queryOf(url: URL): Readonly<Record<string, string>> {
  const query: Record<string, string> = {};
  for (const [name, value] of url.searchParams) query[name] = name in query ? `${query[name] ?? ""},${value}` : value;
  return query;
}

/** `12/Mar/2020:19:03:58 +0000` */
function accessLogTime(at: Date): string {
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(at.toUTCString()) ?? [];
  return `${day ?? ""}/${month ?? ""}/${year ?? ""}:${time ?? ""} +0000`;
}
