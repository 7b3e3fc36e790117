// A small HTTP server in the place of API Gateway: it computes each request's signature itself, then answers.

import { createHash, createHmac } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { problemOf, TooLarge } from "../../lib/lambda/http-problem.ts";
import { bodyBytesMax } from "../../lib/operator/request-limits.ts";
import { operatorRoutes } from "../../lib/operator/routes.ts";
import { alice, type Desk } from "../operator/desk.ts";

export const secretAccessKey = "only for tests";

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  /** Whether the signature is the one that the secret key gives. */
  readonly signed: boolean;
}
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly type?: string;
}
export interface SignedServer {
  readonly url: string;
  readonly asked: Asked[];
  close(): Promise<void>;
}

export async function signedServer(answer: (asked: Asked) => Answer | Promise<Answer>): Promise<SignedServer> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const body = Buffer.concat(parts).toString("utf8");
      const { method = "", url = "", headers } = request;
      const one = { method, url, headers, body, signed: isSigned(method, url, headers, body) };
      asked.push(one);
      void Promise.resolve(one.signed ? answer(one) : wronglySigned).then(({ status, body: reply, type = "application/json" }) => {
        const text = typeof reply === "string" ? reply : JSON.stringify(reply);
        // As the functions answer at length.
        const isZipped = text.length >= 1_000_000 && headers["accept-encoding"] === "gzip";
        response.writeHead(status, { "content-type": type, ...(isZipped ? { "content-encoding": "gzip" } : {}) });
        response.end(isZipped ? gzipSync(text) : text);
      });
    });
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  // A thousand commands may knock at once.
  server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, resolve);
  await promise;
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    asked,
    close: () => new Promise((closed) => server.close(() => closed())),
  };
}

const wronglySigned: Answer = {
  status: 403,
  body: { message: "The request signature we calculated does not match the signature you provided." },
};

const gatewayBytesMax = 10 * 1024 * 1024;

/** The use-cases of a desk behind the server, as the function api would put them there; `before` may keep a request waiting. */
export const served = (desk: Desk, before?: (asked: Asked) => Promise<void> | undefined): Promise<SignedServer> =>
  signedServer(async (asked) => {
    await before?.(asked);
    const { method, url, body } = asked;
    const bytes = Buffer.byteLength(body);
    if (bytes > gatewayBytesMax) return { status: 413, body: { message: "Request Entity Too Large" } };
    const { pathname, searchParams } = new URL(url, "http://here");
    const parts = pathname.split("/").map(decodeURIComponent);
    const [route, useCase] = Object.entries(operatorRoutes).find(([key]) => fits(key, method, parts)) ?? [];
    if (route === undefined || useCase === undefined) return { status: 404, body: { message: "Not Found" } };
    const names = (route.split(" ")[1] ?? "")
      .split("/")
      .flatMap((part, index) => (part.startsWith("{") ? [[part.slice(1, -1), parts[index]] as const] : []));
    try {
      if (bytes > bodyBytesMax) throw new TooLarge(`The body has ${String(bytes)} bytes`);
      return {
        status: 200,
        body: await useCase(desk.ports, alice, {
          ...Object.fromEntries(searchParams),
          ...(body === "" ? {} : (JSON.parse(body) as object)),
          ...Object.fromEntries(names),
        }),
      };
    } catch (error) {
      const { status, ...rest } = problemOf(error, "request-1");
      return { status, body: { error: rest } };
    }
  });

function fits(route: string, method: string, parts: readonly string[]): boolean {
  const [wanted, template = ""] = route.split(" ");
  const pieces = template.split("/");
  return (
    wanted === method && pieces.length === parts.length && pieces.every((piece, index) => piece.startsWith("{") || piece === parts[index])
  );
}

/** Signature Version 4 as AWS documents it, written a second time. */
function isSigned(method: string, url: string, headers: IncomingMessage["headers"], body: string): boolean {
  const [, day = "", region = "", service = "", names = "", signature = ""] =
    /Credential=[^/]+\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})/.exec(
      headers.authorization ?? "",
    ) ?? [];
  const [path = "", query = ""] = url.split("?");
  const strict = (text: string): string =>
    encodeURIComponent(text).replaceAll(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
  const canonical = [
    method,
    path.split("/").map(strict).join("/"),
    query
      .split("&")
      .filter((pair) => pair !== "")
      .map((pair) =>
        pair
          .split("=")
          .map((part) => strict(decodeURIComponent(part)))
          .join("="),
      )
      .sort()
      .join("&"),
    ...names.split(";").map((name) => `${name}:${String(headers[name]).trim()}`),
    "",
    names,
    createHash("sha256").update(body).digest("hex"),
  ].join("\n");
  const scope = `${day}/${region}/${service}/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, createHash("sha256").update(canonical).digest("hex")].join("\n");
  const key = [day, region, service, "aws4_request"].reduce<string | Buffer>(
    (secret, part) => createHmac("sha256", secret).update(part).digest(),
    `AWS4${secretAccessKey}`,
  );
  return service === "execute-api" && createHmac("sha256", key).update(text).digest("hex") === signature;
}
