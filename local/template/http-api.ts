// AWS::ApiGatewayV2::Api, Stage, Integration, Route and Deployment.
import { randomBytes } from "node:crypto";

import type { Integration } from "../http-api-routes.ts";
import { isMembers, numberOr, optionalText, text } from "../members.ts";
import { refuse, type Declared, type Made, type Makers, type Workshop } from "./workshop.ts";

const TIMEOUT_MS_MAX = 30_000;

export const HTTP_API: Makers = {
  "AWS::ApiGatewayV2::Api"(declared, workshop) {
    if (text(declared.properties, "ProtocolType") !== "HTTP") refuse(declared, "local AWS has HTTP APIs only.");
    const id = newId();
    workshop.httpApi.open({ id, account: workshop.stack.account, region: workshop.stack.region });
    return { ref: id, attributes: { ApiId: id, ApiEndpoint: workshop.httpApi.url } };
  },
  "AWS::ApiGatewayV2::Stage"(declared, workshop) {
    const name = text(declared.properties, "StageName");
    workshop.httpApi.stage(name);
    return { ref: name };
  },
  "AWS::ApiGatewayV2::Deployment": () => ({ ref: newId() }),
  "AWS::ApiGatewayV2::Integration": makeIntegration,
  "AWS::ApiGatewayV2::Route": makeRoute,
};

function makeIntegration(declared: Declared, workshop: Workshop): Made {
  const { properties } = declared;
  if (text(properties, "IntegrationType") !== "AWS_PROXY") refuse(declared, "local AWS has AWS_PROXY integrations only.");
  if (text(properties, "PayloadFormatVersion") !== "2.0") refuse(declared, "local AWS has payload format 2.0 only.");
  // Either the function's ARN, or API Gateway's own ARN around it.
  const functionArn = /arn:aws:lambda:[^/]+/.exec(text(properties, "IntegrationUri"))?.[0];
  if (functionArn === undefined) return refuse(declared, "IntegrationUri names no function.");
  const timeoutMs = Math.min(TIMEOUT_MS_MAX, numberOr(properties, "TimeoutInMillis", TIMEOUT_MS_MAX));
  const id = newId();
  const integration: Integration = { functionArn, timeoutMs };
  workshop.memory.set(`integrations/${id}`, integration);
  return { ref: id };
}

function makeRoute(declared: Declared, workshop: Workshop): Made {
  const { properties } = declared;
  const authorization = optionalText(properties, "AuthorizationType") ?? "NONE";
  if (authorization !== "NONE" && authorization !== "AWS_IAM")
    return refuse(declared, `local AWS does not know the authorization ${authorization}.`);
  const integration = workshop.memory.get(text(properties, "Target"));
  if (!isMembers(integration)) return refuse(declared, `the target ${text(properties, "Target")} does not exist.`);
  workshop.httpApi.route({ key: text(properties, "RouteKey"), authorization, integration: integration as unknown as Integration });
  return { ref: newId() };
}

function newId(): string {
  return BigInt(`0x${randomBytes(8).toString("hex")}`)
    .toString(36)
    .slice(0, 10)
    .padStart(10, "a");
}
