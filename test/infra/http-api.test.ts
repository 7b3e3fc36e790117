// The routes: operators sign with IAM; only the approvers' pages and Slack's door are open, which prove in their own ways who comes.
import { expect, test } from "vitest";
import { at, named, ofType } from "./packaged.ts";

const routes = ofType("AWS::ApiGatewayV2::Route").map((route) => ({
  key: String(at(route, "RouteKey")),
  authorization: at(route, "AuthorizationType"),
  goal: JSON.stringify(at(route, "Target")),
}));

test("the operator's routes", () => {
  const operator = routes.filter(({ goal }) => goal.includes("HttpApiIntegrationApi"));
  expect(operator.map(({ key }) => key).sort()).toEqual(
    [
      "GET /services",
      "POST /services",
      "GET /services/{service}",
      "PATCH /services/{service}",
      "DELETE /services/{service}",
      "POST /services/{service}/enforce",
      "GET /services/{service}/preview",
      "GET /entries",
      "PUT /entries",
      "POST /entries/batch",
      "POST /entries/preview",
      "GET /entries/{service}/{principal}",
      "DELETE /entries/{service}/{principal}",
      "GET /explain",
      "GET /freezes",
      "PUT /freezes/{id}",
      "DELETE /freezes/{id}",
      "GET /connections",
      "GET /connections/{endpoint}",
      "GET /approvers",
      "PUT /approvers/{name}",
      "DELETE /approvers/{name}",
      "POST /approvers/{name}/confirm",
      "POST /approvers/{name}/test",
      "GET /pending",
      "POST /connections/{endpoint}/approve",
      "POST /connections/{endpoint}/reject",
      "GET /audit",
      "GET /deployment",
    ].sort(),
  );
});

test("every route but the approvers' pages and Slack's door asks IAM", () => {
  const open = routes.filter(({ authorization }) => authorization !== "AWS_IAM");
  const pages = ["a", "q"].map((page) => `ANY /${page}/{token}`);
  // Slack signs what it sends.
  expect(open.map(({ key }) => key).sort()).toEqual([...pages, "POST /slack/interactions"].sort());
  expect(open.every(({ goal }) => goal.includes("HttpApiIntegrationAnswer"))).toBe(true);
});

test("calls are bounded and logged, but for the path, which may be a link", () => {
  const stage = named("HttpApiStage");
  expect(at(stage, "DefaultRouteSettings")).toMatchObject({
    ThrottlingBurstLimit: 100,
    ThrottlingRateLimit: 50,
  });
  const format = String(at(stage, "AccessLogSettings", "Format"));
  expect(JSON.parse(format)).toMatchObject({
    route: "$context.routeKey",
    caller: "$context.identity.userArn",
  });
  expect(format).not.toContain("$context.path");
});
