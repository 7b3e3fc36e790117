// What an HTTP request holds, read from API Gateway's event (payload format 2.0).

import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { BadInput } from "../faults.ts";
import { TooLarge } from "./http-problem.ts";

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  /** `GET /services/{service}`; a HEAD is routed as GET. */
  readonly route: string;
  /** Path parameters, decoded. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** By name; API Gateway gives them apart from the headers. */
  readonly cookies: Readonly<Record<string, string>>;
  /** JSON as its value, a form as an object of texts, anything else as text; absent when there is none. */
  readonly body?: unknown;
  /** The body's own bytes, as they were signed. */
  readonly raw: Buffer;
  /** The caller's IAM ARN, on routes with IAM authorisation. */
  readonly actor?: string;
  readonly sourceIp: string;
  readonly requestId: string;
}

/** The event with the authorizer that API Gateway adds on IAM-signed routes. */
export type HttpEvent = APIGatewayProxyEventV2 & {
  readonly requestContext: APIGatewayProxyEventV2["requestContext"] & {
    readonly authorizer?: { readonly iam?: { readonly userArn?: string } };
  };
};

/** An entry with every member at its longest fits many times. */
const bodyBytesUsual = 64 * 1024;

export function requestOf(event: HttpEvent, bodyBytesMax = bodyBytesUsual): HttpRequest {
  const { http, requestId, authorizer } = event.requestContext;
  const headers = Object.fromEntries(
    Object.entries(event.headers).flatMap(([key, value]) => (value === undefined ? [] : [[key.toLowerCase(), value]])),
  );
  const raw = rawOf(event, bodyBytesMax);
  const body = bodyOf(raw, headers["content-type"] ?? "");
  const actor = authorizer?.iam?.userArn;
  return {
    method: http.method,
    path: http.path,
    route: routeOf(event),
    parameters: textsOf(event.pathParameters, decoded),
    query: textsOf(event.queryStringParameters, (text) => text),
    headers,
    cookies: Object.fromEntries(
      (event.cookies ?? []).map((cookie) => [cookie.split("=", 1)[0] ?? "", cookie.slice(cookie.indexOf("=") + 1)]),
    ),
    ...(body === undefined ? {} : { body }),
    raw,
    ...(actor === undefined ? {} : { actor }),
    sourceIp: http.sourceIp,
    requestId,
  };
}

/** By the method that came: a route for every method is called `ANY /a/{token}` by API Gateway. */
export function routeOf({ routeKey, requestContext: { http } }: HttpEvent): string {
  const [, template = http.path] = routeKey.split(" ");
  return `${http.method === "HEAD" ? "GET" : http.method} ${template}`;
}

function rawOf({ body = "", isBase64Encoded }: HttpEvent, bodyBytesMax: number): Buffer {
  const bytes = Buffer.from(body, isBase64Encoded ? "base64" : "utf8");
  if (bytes.length > bodyBytesMax)
    throw new TooLarge(`The body has ${String(bytes.length)} bytes; at most ${String(bodyBytesMax)} are read.`);
  return bytes;
}

function bodyOf(bytes: Buffer, type: string): unknown {
  if (bytes.length === 0) return undefined;
  const text = bytes.toString("utf8");
  if (/^application\/x-www-form-urlencoded\b/i.test(type)) return Object.fromEntries(new URLSearchParams(text));
  if (!/^application\/(\S+\+)?json\b/i.test(type)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new BadInput("body", text, "send JSON");
  }
}

/** Whether API Gateway decodes parameters differs by payload and route; no id of ours holds a per cent sign. */
function decoded(text: string, name: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new BadInput(name, text, "encode it for a URL");
  }
}

const textsOf = (
  given: Readonly<Record<string, string | undefined>> | undefined,
  read: (text: string, name: string) => string,
): Record<string, string> =>
  Object.fromEntries(Object.entries(given ?? {}).flatMap(([name, text]) => (text === undefined ? [] : [[name, read(text, name)]])));
