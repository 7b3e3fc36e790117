// CloudFormation's intrinsic functions, parameters, conditions and order.
import { describe, expect, it } from "vitest";

import { resolve, resolveCondition, type Scope } from "../../local/template/intrinsics.ts";
import { creationOrder } from "../../local/template/order.ts";
import { asTemplate, parameterValues } from "../../local/template/template.ts";

const scope: Scope = {
  parameters: { Zones: ["Z1", "Z2"], Email: "", Stage: "dev" },
  pseudo: { "AWS::Region": "eu-west-1", "AWS::AccountId": "111111111111" },
  mappings: { Sizes: { dev: { memory: "128" } } },
  conditions: {
    HasEmail: { "Fn::Not": [{ "Fn::Equals": [{ Ref: "Email" }, ""] }] },
    IsDev: { "Fn::Equals": [{ Ref: "Stage" }, "dev"] },
    Both: { "Fn::And": [{ Condition: "IsDev" }, { Condition: "HasEmail" }] },
    Either: { "Fn::Or": [{ Condition: "IsDev" }, { Condition: "HasEmail" }] },
  },
  resource: (id) => {
    if (id !== "Queue") throw new Error(`unresolved ${id}`);
    return { ref: "http://queue", attributes: { Arn: "arn:queue", "Endpoint.Address": "there" } };
  },
};

describe("intrinsic functions", () => {
  it.each([
    ["Ref of a parameter", { Ref: "Stage" }, "dev"],
    ["Ref of a pseudo parameter", { Ref: "AWS::Region" }, "eu-west-1"],
    ["Ref of a resource", { Ref: "Queue" }, "http://queue"],
    ["GetAtt as a list", { "Fn::GetAtt": ["Queue", "Arn"] }, "arn:queue"],
    ["GetAtt as text", { "Fn::GetAtt": "Queue.Arn" }, "arn:queue"],
    ["GetAtt with a dotted name", { "Fn::GetAtt": ["Queue", "Endpoint.Address"] }, "there"],
    ["Sub", { "Fn::Sub": "${AWS::AccountId}/${Queue.Arn}/${Stage}/${!Literal}" }, "111111111111/arn:queue/dev/${Literal}"],
    ["Sub with variables", { "Fn::Sub": ["${Name}-${Stage}", { Name: { Ref: "AWS::Region" } }] }, "eu-west-1-dev"],
    ["Join", { "Fn::Join": ["-", ["a", { Ref: "Stage" }]] }, "a-dev"],
    ["Join of a list parameter", { "Fn::Join": [",", { Ref: "Zones" }] }, "Z1,Z2"],
    ["Select", { "Fn::Select": [1, { Ref: "Zones" }] }, "Z2"],
    ["Split", { "Fn::Split": ["/", "a/b"] }, ["a", "b"]],
    ["FindInMap", { "Fn::FindInMap": ["Sizes", { Ref: "Stage" }, "memory"] }, "128"],
    ["If", { "Fn::If": ["HasEmail", "yes", "no"] }, "no"],
    ["NoValue in an object", { kept: 1, gone: { Ref: "AWS::NoValue" } }, { kept: 1 }],
    ["NoValue in a list", [{ "Fn::If": ["HasEmail", "yes", { Ref: "AWS::NoValue" }] }, "x"], ["x"]],
    [
      "a statement's Condition is no function",
      { Condition: { StringEquals: { a: { Ref: "Stage" } } } },
      { Condition: { StringEquals: { a: "dev" } } },
    ],
  ])("%s", (_name, value, expected) => {
    expect(resolve(value, scope)).toEqual(expected);
  });

  it("works out conditions", () => {
    expect(["HasEmail", "IsDev", "Both", "Either"].map((name) => resolveCondition(name, scope))).toEqual([false, true, false, true]);
  });

  it("refuses what it does not know", () => {
    expect(() => resolve({ "Fn::Transform": {} }, scope)).toThrow("does not know Fn::Transform");
    expect(() => resolve({ "Fn::GetAtt": ["Queue", "Nothing"] }, scope)).toThrow("does not support attribute type Nothing");
  });
});

describe("parameters", () => {
  const template = asTemplate({
    Parameters: {
      Zones: { Type: "CommaDelimitedList", Default: "" },
      Stage: { Type: "String", Default: "dev", AllowedValues: ["dev", "prod"] },
      Account: { Type: "String", AllowedPattern: "\\d{12}" },
    },
    Resources: {},
  });
  it("takes defaults, and lists as lists", () => {
    expect(parameterValues(template, { Account: "111111111111", Zones: "Z1, Z2" })).toEqual({
      Account: "111111111111",
      Zones: ["Z1", "Z2"],
      Stage: "dev",
    });
  });
  it.each([
    [{}, "[Account] must have values"],
    [{ Account: "1" }, "must match pattern"],
    [{ Account: "111111111111", Stage: "test" }, "AllowedValues"],
    [{ Account: "111111111111", Other: "x" }, "[Other] do not exist"],
  ])("refuses %o", (given, message) => {
    expect(() => parameterValues(template, given)).toThrow(message);
  });
});

describe("rules", () => {
  const assertion = { Assert: { "Fn::Not": [{ "Fn::Equals": [{ Ref: "A" }, { Ref: "B" }] }] }, AssertDescription: "A and B differ." };
  const withRule = (rule: object) =>
    asTemplate({ Parameters: { A: { Type: "String" }, B: { Type: "String" } }, Rules: { Differ: rule }, Resources: {} });
  it("an assertion that does not hold is told in its own words", () => {
    const template = withRule({ Assertions: [assertion] });
    expect(() => parameterValues(template, { A: "x", B: "x" })).toThrow("A and B differ.");
    expect(parameterValues(template, { A: "x", B: "y" })).toEqual({ A: "x", B: "y" });
  });
  it("holds only where its condition does", () => {
    const template = withRule({ RuleCondition: { "Fn::Equals": [{ Ref: "A" }, "strict"] }, Assertions: [assertion] });
    expect(() => parameterValues(template, { A: "x", B: "x" })).not.toThrow();
    expect(() => parameterValues(template, { A: "strict", B: "strict" })).toThrow("A and B differ.");
  });
  it.each([
    [{ Ref: "Queue" }, "a rule can refer to parameters only, not to Queue"],
    [{ "Fn::Select": [0, ["a"]] }, "Fn::Select is not a condition function"],
  ])("refuses %o", (Assert, message) => {
    const inside = "Ref" in Assert ? { "Fn::Equals": [Assert, "a"] } : Assert;
    expect(() => parameterValues(withRule({ Assertions: [{ Assert: inside }] }), { A: "x", B: "y" })).toThrow(message);
  });
});

describe("creation order", () => {
  it("follows references and DependsOn", () => {
    const resources = {
      Policy: { Type: "P", Properties: { Queue: { Ref: "Queue" }, Text: { "Fn::Sub": "${Topic.Arn}" } } },
      Topic: { Type: "T", DependsOn: "Queue" },
      Queue: { Type: "Q" },
    };
    expect(creationOrder(resources)).toEqual(["Queue", "Topic", "Policy"]);
  });
  it("names a circle", () => {
    const resources = {
      A: { Type: "X", Properties: { b: { Ref: "B" } } },
      B: { Type: "X", Properties: { a: { "Fn::GetAtt": ["A", "Arn"] } } },
    };
    expect(() => creationOrder(resources)).toThrow("Circular dependency between resources: [A, B]");
  });
});
