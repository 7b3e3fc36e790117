// Which route of an HTTP API takes a request.
import { describe, expect, it } from "vitest";

import { matchRoute, type Route } from "../../local/http-api-routes.ts";

const integration = { functionArn: "arn:aws:lambda:eu-west-1:111111111111:function:f", timeoutMs: 1000 };
const route = (key: string): Route => ({ key, authorization: "NONE", integration });
const routes = [
  "GET /services",
  "GET /services/{service}",
  "GET /services/all",
  "POST /services/{service}/enforce",
  "ANY /any",
  "GET /any",
  "GET /files/{path+}",
  "GET /entries/{service}/{principal}",
].map(route);

describe("routes", () => {
  it.each([
    ["GET", "/services", "GET /services", {}],
    ["GET", "/services/", "GET /services", {}],
    ["GET", "/services/vpce-svc-1", "GET /services/{service}", { service: "vpce-svc-1" }],
    ["GET", "/services/all", "GET /services/all", {}],
    ["POST", "/services/a%20b/enforce", "POST /services/{service}/enforce", { service: "a b" }],
    ["GET", "/any", "GET /any", {}],
    ["PUT", "/any", "ANY /any", {}],
    ["GET", "/files/a/b/c.txt", "GET /files/{path+}", { path: "a/b/c.txt" }],
    ["GET", "/entries/*/account%23222222222222", "GET /entries/{service}/{principal}", { service: "*", principal: "account#222222222222" }],
  ])("%s %s is taken by %s", (method, path, key, parameters) => {
    const matched = matchRoute(routes, method, path);
    expect(matched?.route.key).toBe(key);
    expect(matched?.parameters).toEqual(parameters);
  });

  it.each([
    ["POST", "/services"],
    ["GET", "/services/a/b"],
    ["GET", "/"],
    ["GET", "/files"],
  ])("nothing takes %s %s", (method, path) => {
    expect(matchRoute(routes, method, path)).toBeUndefined();
  });

  it("$default takes what is left", () => {
    expect(matchRoute([...routes, route("$default")], "DELETE", "/x")?.route.key).toBe("$default");
    expect(matchRoute([route("$default"), ...routes], "GET", "/services")?.route.key).toBe("GET /services");
  });
});
