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
    const made: Made = {
      ref: id,
      attributes: { ApiId: id, ApiEndpoint: workshop.httpApi.url },
      change: () => made,
      remove: () => workshop.httpApi.shut(),
    };
    return made;
  },
  "AWS::ApiGatewayV2::Stage"(declared, workshop) {
    const name = text(declared.properties, "StageName");
    const remove = workshop.httpApi.stage(name);
    const made: Made = { ref: name, change: () => made, remove };
    return made;
  },
  "AWS::ApiGatewayV2::Deployment": () => ({ ref: newId() }),
  "AWS::ApiGatewayV2::Integration": (declared, workshop) => makeIntegration(declared, workshop, newId()),
  "AWS::ApiGatewayV2::Route": (declared, workshop) => makeRoute(declared, workshop, newId()),
  // The name in DNS, its certificate and its mapping: here the API answers at its own address only.
  "AWS::ApiGatewayV2::DomainName"(declared) {
    const name = text(declared.properties, "DomainName");
    const made: Made = {
      ref: name,
      attributes: { RegionalDomainName: `d-${newId()}.execute-api.local`, RegionalHostedZoneId: "Z0000000000LOCAL" },
      change: () => made,
    };
    return made;
  },
  "AWS::ApiGatewayV2::ApiMapping"() {
    const made: Made = { ref: newId(), change: () => made };
    return made;
  },
};

function makeIntegration(declared: Declared, workshop: Workshop, id: string): Made {
  const { properties } = declared;
  if (text(properties, "IntegrationType") !== "AWS_PROXY") refuse(declared, "local AWS has AWS_PROXY integrations only.");
  if (text(properties, "PayloadFormatVersion") !== "2.0") refuse(declared, "local AWS has payload format 2.0 only.");
  // Either the function's ARN, or API Gateway's own ARN around it.
  const functionArn = /arn:aws:lambda:[^/]+/.exec(text(properties, "IntegrationUri"))?.[0];
  if (functionArn === undefined) return refuse(declared, "IntegrationUri names no function.");
  const timeoutMs = Math.min(TIMEOUT_MS_MAX, numberOr(properties, "TimeoutInMillis", TIMEOUT_MS_MAX));
  const integration: Integration = { functionArn, timeoutMs };
  workshop.memory.set(`integrations/${id}`, integration);
  return {
    ref: id,
    change: (next) => makeIntegration(next, workshop, id),
    remove: () => workshop.memory.delete(`integrations/${id}`),
  };
}

function makeRoute(declared: Declared, workshop: Workshop, id: string): Made {
  const { properties } = declared;
  const authorization = optionalText(properties, "AuthorizationType") ?? "NONE";
  if (authorization !== "NONE" && authorization !== "AWS_IAM")
    return refuse(declared, `local AWS does not know the authorization ${authorization}.`);
  const target = text(properties, "Target");
  const integration = (): Integration | undefined => {
    const found = workshop.memory.get(target);
    return isMembers(found) ? (found as unknown as Integration) : undefined;
  };
  const now = integration();
  if (now === undefined) return refuse(declared, `the target ${target} does not exist.`);
  const remove = workshop.httpApi.route({
    key: text(properties, "RouteKey"),
    authorization,
    // An integration may change under its route.
    get integration() {
      return integration() ?? now;
    },
  });
  return {
    ref: id,
    change(next) {
      const changed = makeRoute(next, workshop, id);
      remove();
      return changed;
    },
    remove,
  };
}

function newId(): string {
  return BigInt(`0x${randomBytes(8).toString("hex")}`)
    .toString(36)
    .slice(0, 10)
    .padStart(10, "a");
}
