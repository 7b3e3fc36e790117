// The HTTP API: the event a function gets, the answers it may give, and API Gateway's own refusals.
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startLocalAws } from "../../local/aws.ts";
import type { LocalAws } from "../../local/aws-options.ts";
import { arn, functionOf, packages, roleOf } from "./functions.fixture.ts";

const zips = packages({
  mirror: `exports.handler = async (event) => event;`,
  answer: `exports.handler = async (event) => event.queryStringParameters?.answer ? JSON.parse(event.queryStringParameters.answer) : "plain";`,
  failing: `exports.handler = async () => { throw new Error("no"); };`,
  slow: `exports.handler = () => new Promise((resolve) => setTimeout(resolve, 3000));`,
});

const integration = (name: string, more: object = {}): object => ({
  Type: "AWS::ApiGatewayV2::Integration",
  Properties: { ApiId: { Ref: "Api" }, IntegrationType: "AWS_PROXY", IntegrationUri: arn(name), PayloadFormatVersion: "2.0", ...more },
});
const route = (key: string, name: string, more: object = {}): object => ({
  Type: "AWS::ApiGatewayV2::Route",
  Properties: {
    ApiId: { Ref: "Api" },
    RouteKey: key,
    Target: { "Fn::Join": ["/", ["integrations", { Ref: `${name}Integration` }]] },
    ...more,
  },
});
const permission = (name: string): object => ({
  Type: "AWS::Lambda::Permission",
  Properties: {
    FunctionName: arn(name),
    Action: "lambda:InvokeFunction",
    Principal: "apigateway.amazonaws.com",
    SourceArn: { "Fn::Sub": "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*" },
  },
});

const template = {
  Resources: {
    Api: { Type: "AWS::ApiGatewayV2::Api", Properties: { Name: "test", ProtocolType: "HTTP" } },
    Stage: { Type: "AWS::ApiGatewayV2::Stage", Properties: { ApiId: { Ref: "Api" }, StageName: "$default", AutoDeploy: true } },
    Role: roleOf(),
    Mirror: functionOf("mirror"),
    MirrorIntegration: integration("Mirror"),
    MirrorPermission: permission("Mirror"),
    Answer: functionOf("answer"),
    AnswerIntegration: integration("Answer"),
    AnswerPermission: permission("Answer"),
    Failing: functionOf("failing"),
    FailingIntegration: integration("Failing"),
    FailingPermission: permission("Failing"),
    Slow: functionOf("slow"),
    SlowIntegration: integration("Slow", { TimeoutInMillis: 300 }),
    SlowPermission: permission("Slow"),
    Unlinked: functionOf("mirror"),
    UnlinkedIntegration: integration("Unlinked"),
    Things: route("POST /things/{id}", "Mirror"),
    Signed: route("GET /signed/{path+}", "Mirror", { AuthorizationType: "AWS_IAM" }),
    Answers: route("ANY /answer", "Answer"),
    Fails: route("GET /failing", "Failing"),
    Slows: route("GET /slow", "Slow"),
    Unlinks: route("GET /unlinked", "Unlinked"),
  },
  Outputs: { Url: { Value: { "Fn::GetAtt": ["Api", "ApiEndpoint"] } } },
};

let local: LocalAws;

beforeAll(async () => {
  local = await startLocalAws({ template, artifacts: [zips.folder] });
});
afterAll(async () => {
  await local.close();
  zips.remove();
});

const signed = (key: string, service = "execute-api"): Record<string, string> => ({
  authorization: `AWS4-HMAC-SHA256 Credential=${key}/20261123/eu-west-1/${service}/aws4_request, SignedHeaders=host;x-amz-date, Signature=0`,
});

async function answered(answer: unknown): Promise<Response> {
  return fetch(`${local.api}/answer?answer=${encodeURIComponent(JSON.stringify(answer))}`);
}

describe("a function gets", () => {
  it("the request as payload 2.0", async () => {
    expect(local.outputs["Url"]).toBe(local.api);
    const response = await fetch(`${local.api}/things/a%20b?x=1&x=2&y=`, {
      method: "POST",
      body: '{"a":1}',
      headers: { "content-type": "application/json", cookie: "a=1; b=2", "X-Other": "Yes" },
    });
    expect(await response.json()).toMatchObject({
      version: "2.0",
      routeKey: "POST /things/{id}",
      rawPath: "/things/a%20b",
      rawQueryString: "x=1&x=2&y=",
      cookies: ["a=1", "b=2"],
      headers: { "content-type": "application/json", "x-other": "Yes" },
      queryStringParameters: { x: "1,2", y: "" },
      pathParameters: { id: "a b" },
      body: '{"a":1}',
      isBase64Encoded: false,
      requestContext: {
        accountId: "111111111111",
        stage: "$default",
        routeKey: "POST /things/{id}",
        http: { method: "POST", path: "/things/a%20b", protocol: "HTTP/1.1", sourceIp: "127.0.0.1" },
      },
    });
  });

  it("bytes as base64", async () => {
    const response = await fetch(`${local.api}/things/1`, {
      method: "POST",
      body: new Uint8Array([255, 0]),
      headers: { "content-type": "application/octet-stream" },
    });
    expect(await response.json()).toMatchObject({ body: "/wA=", isBase64Encoded: true });
  });

  it("who signed, on routes that ask for IAM", async () => {
    const response = await fetch(`${local.api}/signed/deep/path`, { headers: signed("111111111111") });
    expect(await response.json()).toMatchObject({
      pathParameters: { path: "deep/path" },
      requestContext: {
        authorizer: {
          iam: {
            accessKey: "111111111111",
            accountId: "111111111111",
            callerId: "111111111111",
            userArn: "arn:aws:iam::111111111111:root",
            userId: "111111111111",
            cognitoIdentity: null,
            principalOrgId: null,
          },
        },
      },
    });
  });
});

describe("a function answers", () => {
  it("with a text", async () => {
    const response = await fetch(`${local.api}/answer`);
    expect([response.status, response.headers.get("content-type"), await response.text()]).toEqual([200, "application/json", "plain"]);
  });

  it("with status, headers, cookies and bytes", async () => {
    const response = await answered({
      statusCode: 201,
      headers: { "Content-Type": "text/html", "X-One": 1 },
      cookies: ["a=1", "b=2"],
      body: "aGk=",
      isBase64Encoded: true,
    });
    expect(response.status).toBe(201);
    expect(response.headers.get("x-one")).toBe("1");
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect([response.headers.get("content-type"), await response.text()]).toEqual(["text/html", "hi"]);
  });
});

describe("API Gateway refuses", () => {
  it.each([
    ["no route", "/nothing", {}, 404, "Not Found"],
    ["no signature", "/signed/x", {}, 403, "Forbidden"],
    ["a key nobody knows", "/signed/x", signed("AKIANOBODY"), 403, "Forbidden"],
    ["a signature for another service", "/signed/x", signed("111111111111", "sqs"), 403, "Forbidden"],
    ["another account", "/signed/x", signed("222222222222"), 403, "Forbidden"],
    ["a function that fails", "/failing", {}, 500, "Internal Server Error"],
    ["a function that is late", "/slow", {}, 503, "Service Unavailable"],
    ["a function it may not invoke", "/unlinked", {}, 500, "Internal Server Error"],
  ])("%s", async (_name, path, headers, status, message) => {
    const response = await fetch(`${local.api}${path}`, { headers });
    expect([response.status, await response.json()]).toEqual([status, { message }]);
  });

  it("an answer with a wrong status", async () => {
    expect((await answered({ statusCode: "soon" })).status).toBe(500);
  });

  it("more than 10 MB", async () => {
    const response = await fetch(`${local.api}/things/1`, { method: "POST", body: new Uint8Array(10 * 1024 * 1024 + 1) });
    expect([response.status, await response.json()]).toEqual([413, { message: "Request Entity Too Large" }]);
  });
});
