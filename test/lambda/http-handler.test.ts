// What an HTTP caller gets: routes, bodies, and an answer to every error that tells no more than it may.

import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { BadInput, Fault, Refused } from "../../lib/faults.ts";
import { httpHandler, type HttpReply } from "../../lib/lambda/http-handler.ts";
import type { HttpRequest } from "../../lib/lambda/http-request.ts";
import { context, keepTelling } from "./telling.fixture.ts";

const ask = (
  routeKey: string,
  more: Partial<APIGatewayProxyEventV2> = {},
  method = routeKey.split(" ")[0] ?? "GET",
): APIGatewayProxyEventV2 =>
  ({
    routeKey,
    headers: {},
    isBase64Encoded: false,
    ...more,
    requestContext: { requestId: "r-1", http: { method, path: "/somewhere", sourceIp: "192.0.2.1" }, ...more.requestContext },
  }) as APIGatewayProxyEventV2;

async function answer(
  event: APIGatewayProxyEventV2,
  route: (request: HttpRequest) => Promise<HttpReply> = async () => ({ status: 200, json: {} }),
  telling = keepTelling(),
) {
  const handler = httpHandler({ name: "test", telling, routes: { "GET /things/{id}": route, "POST /things": route } });
  const { statusCode, body, headers } = await handler(event, context);
  return { status: statusCode, body, headers, json: (): unknown => JSON.parse(body ?? "") };
}
const failing = (error: unknown) => async (): Promise<never> => {
  throw error;
};

describe("a request", () => {
  test("holds its parameters decoded, its query, its body and who signed it", async () => {
    let seen: HttpRequest | undefined;
    const event = ask("POST /things", {
      pathParameters: { id: "account%23222222222222" },
      queryStringParameters: { q: "a b" },
      headers: { "Content-Type": "application/json; charset=utf-8" },
      body: Buffer.from('{"a":1}').toString("base64"),
      isBase64Encoded: true,
      requestContext: { authorizer: { iam: { userArn: "arn:aws:iam::1:user/op" } } } as never,
    });
    await answer(event, async (request) => {
      seen = request;
      return { status: 200 };
    });
    expect(seen).toMatchObject({
      route: "POST /things",
      parameters: { id: "account#222222222222" },
      query: { q: "a b" },
      body: { a: 1 },
      actor: "arn:aws:iam::1:user/op",
      sourceIp: "192.0.2.1",
      requestId: "r-1",
    });
  });

  test("may be a form, and has no actor when nobody signed it", async () => {
    const event = ask("POST /things", {
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "choice=approve&reason=a+b",
    });
    const { json } = await answer(event, async ({ body, actor }) => ({ status: 200, json: { body, signed: actor !== undefined } }));
    expect(json()).toEqual({ body: { choice: "approve", reason: "a b" }, signed: false });
  });

  test("that is HEAD is answered as GET, without the body", async () => {
    const { status, body, headers } = await answer(ask("HEAD /things/{id}"), async () => ({ status: 200, html: "<p>" }));
    expect({ status, body }).toEqual({ status: 200, body: "" });
    expect(headers?.["content-type"]).toMatch(/html/);
  });
});

describe("a reply", () => {
  test("is kept by nobody and framed by nobody", async () => {
    const { headers } = await answer(ask("GET /things/{id}"), async () => ({ status: 200, html: "<p>", headers: { "x-own": "1" } }));
    expect(headers).toMatchObject({
      "cache-control": "no-store",
      "x-frame-options": "DENY",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "x-own": "1",
    });
    expect(headers?.["content-security-policy"]).toContain("default-src 'none'");
  });

  test.each([
    [new BadInput("endpoint", "x", "give an id"), 400, "BadInput"],
    [new Refused("NotFound", "There is no such connection", "look"), 404, "NotFound"],
    [new Refused("AlreadyDecided", "It is decided", "nothing"), 409, "AlreadyDecided"],
    [new Fault("Throttled", "dynamodb:Query", "table secret-name", true), 503, "TryAgain"],
    [new Fault("UnreadableRow", "table secret-name", "secret-name", false), 500, "Failed"],
    [new TypeError("secret-name is undefined"), 500, "Failed"],
  ])("to %s is %i", async (error, status, code) => {
    const telling = keepTelling();
    const reply = await answer(ask("GET /things/{id}"), failing(error), telling);
    expect(reply.status).toBe(status);
    expect(reply.json()).toMatchObject({ error: { code, requestId: "r-1" } });
    expect(reply.body).not.toContain("secret-name");
    expect(telling.lines.filter(({ level }) => level === "error")).toHaveLength(status >= 500 ? 1 : 0);
    expect(telling.counted.get("RequestsFailed")).toBe(status >= 500 ? 1 : undefined);
    expect(reply.headers).toMatchObject({ "cache-control": "no-store" });
  });

  test("that turns a known caller away is in the log with who asked what, malformed or not; a stranger's malformed request is not", async () => {
    const arn = "arn:aws:iam::111111111111:user/alice";
    const signed = { requestContext: { authorizer: { iam: { userArn: arn } } } as never };
    const clash = new Refused("VersionClash", "It is at version 2 now", "look again");
    const lines = async (error: Error, more: object): Promise<unknown[]> => {
      const telling = keepTelling();
      await answer(ask("GET /things/{id}", more), failing(error), telling);
      return telling.lines.map(({ level, keys }) => ({ level, ...(keys as object) }));
    };
    const known = { level: "info", actor: arn, route: "GET /things/{id}", requestId: "r-1" };
    expect(await lines(clash, signed)).toMatchObject([{ ...known, code: "VersionClash", reason: "It is at version 2 now" }]);
    expect(await lines(new BadInput("endpoint", "x", "give an id"), signed)).toMatchObject([
      { ...known, code: "BadInput", field: "endpoint" },
    ]);
    expect(await lines(new BadInput("endpoint", "x", "give an id"), {})).toEqual([]);
  });

  test("to an unknown route, to bad JSON, to a bad escape and to a body without bounds says so", async () => {
    expect((await answer(ask("GET /nothing"))).status).toBe(404);
    const json = { headers: { "content-type": "application/json" } };
    expect((await answer(ask("POST /things", { ...json, body: "{" }))).status).toBe(400);
    expect((await answer(ask("GET /things/{id}", { pathParameters: { id: "%ZZ" } }))).status).toBe(400);
    expect((await answer(ask("POST /things", { ...json, body: `"${"x".repeat(70_000)}"` }))).status).toBe(413);
  });
});

describe("a long answer", () => {
  // As what follows for tens of thousands of connections is; a function's answer may have 6 MB.
  const json = Array.from({ length: 20_000 }, (_, index) => ({ endpoint: `vpce-${String(index)}`, because: "x".repeat(300) }));
  const long = async (): Promise<HttpReply> => ({ status: 200, json });
  const asked = (encoding?: string) =>
    httpHandler({ name: "test", telling: keepTelling(), routes: { "GET /things/{id}": long } })(
      ask("GET /things/{id}", { headers: encoding === undefined ? {} : { "Accept-Encoding": encoding } }),
      context,
    );

  test("is compressed for whoever takes that", async () => {
    for (const encoding of ["gzip", "br, gzip;q=0.8", "deflate,GZIP"]) {
      const { body = "", headers, isBase64Encoded } = await asked(encoding);
      expect(isBase64Encoded).toBe(true);
      expect(headers).toMatchObject({ "content-type": "application/json", "content-encoding": "gzip", vary: "accept-encoding" });
      expect(body.length).toBeLessThan(1_000_000);
      expect(JSON.parse(gunzipSync(Buffer.from(body, "base64")).toString())).toEqual(json);
    }
  });
  test("is as it is for everybody else", async () => {
    for (const encoding of [undefined, "identity", "gzip;q=0", "xgzip"]) {
      const { body = "", headers, isBase64Encoded = false } = await asked(encoding);
      expect(isBase64Encoded).toBe(false);
      expect(headers).not.toHaveProperty("content-encoding");
      expect(body.length).toBeGreaterThan(6_000_000);
    }
  });
});
