// Least privilege, both ways: every story runs with the rights that are granted, and every right that is granted is needed by a story.
import { readFile } from "node:fs/promises";
import { beforeAll, expect, test } from "vitest";
import { evaluate } from "../../local/authorize.ts";
import { at, ofType } from "../infra/packaged.ts";
import { exceptions, isWild, peoplesWild, peoplesWildcards, rightsPage, wildcards } from "./page.ts";
import { prove, storyNames, type Proof } from "./proof.ts";

let proof: Proof;
beforeAll(async () => {
  proof = await prove();
});

const inShort = ({ holder, action, resource }: Proof["granted"][number]): string => `${holder}: ${action} on ${resource}`;

test("every story has its own name", () => {
  expect(new Set(storyNames).size).toBe(storyNames.length);
});

test("nothing that the stories do is refused", () => {
  expect(proof.denied.map(({ story, question }) => `${story}: ${question.principal} ${question.action} ${question.resource}`)).toEqual([]);
});

test("without any single action or resource, a story fails", () => {
  expect(proof.granted.length).toBeGreaterThan(150);
  expect(proof.granted.filter(({ neededBy }) => neededBy.length === 0).map(inShort)).toEqual([]);
});

test("no role and no resource's policy is left out", () => {
  const holders = new Set(proof.granted.map(({ holder }) => holder));
  const roles = proof.resources.filter(({ type }) => type === "AWS::IAM::Role").map(({ logicalId }) => logicalId);
  expect(roles.filter((role) => !holders.has(role))).toEqual([]);
  const policies = proof.resources.filter(({ type }) => /::(Queue|Topic)Policy$/.test(type)).map(({ logicalId }) => logicalId);
  expect(policies.map((id) => id.replace(/Policy$/, "")).filter((id) => !holders.has(id))).toEqual([]);
  const permissions = proof.resources.filter(({ type }) => type === "AWS::Lambda::Permission");
  expect(permissions).toHaveLength(proof.granted.filter(({ holder }) => holder.endsWith("LambdaFunction")).length);
});

test("a wildcard stands only where there is a reason for it", () => {
  const wild = proof.granted.filter((cell) => cell.principal === undefined && isWild(cell));
  expect(wild.filter(({ action }) => wildcards[action] === undefined).map(inShort)).toEqual([]);
  expect(Object.keys(wildcards).filter((action) => !wild.some((cell) => cell.action === action))).toEqual([]);
  for (const cell of wild.filter(({ action }) => action.startsWith("s3:")))
    expect(cell.resource).toMatch(/^(CheckpointBucket\/(checkpoints|keys)|ArchiveBucket\/(events|errors))\/\*$/);
  for (const cell of wild.filter(({ action }) => action.startsWith("ec2:")))
    expect(cell.conditions, inShort(cell)).toEqual([cell.resource === "*" ? "ec2:Region" : "aws:ResourceTag/drawbridge"]);
});

test("every service is held to a source and to this account, but for the exceptions", () => {
  const services = proof.granted.filter(({ principal }) => principal !== undefined);
  const loose = services.filter(({ conditions }) => {
    const keys = new Set(conditions.map((key) => key.toLowerCase()));
    return !keys.has("aws:sourcearn") || !keys.has("aws:sourceaccount");
  });
  expect(new Set(loose.map(({ principal }) => principal))).toEqual(new Set(Object.keys(exceptions)));
  for (const { conditions } of loose) expect(conditions.map((key) => key.toLowerCase())).toContain("aws:sourcearn");
});

test("so does every wildcard in the policies for people", () => {
  const wild = peoplesWild();
  expect(wild.filter(({ action }) => peoplesWildcards[action] === undefined)).toEqual([]);
  expect(Object.keys(peoplesWildcards).filter((action) => !wild.some((one) => one.action === action))).toEqual([]);
});

// Which of several stories is the first to need a right depends on how they run beside each other: the rows are compared without it.
const withoutStories = (page: string): string => page.replaceAll(/ \| [^|`\n]+ \|$/gm, " |");

test("the page of the rights says so", async () => {
  const page = await readFile(new URL("../../docs/rights.md", import.meta.url), "utf8");
  expect(withoutStories(page), "stale: run node scripts/rights.ts").toBe(withoutStories(rightsPage(proof.granted, page)));
  const told = [...(page.split("## What people may do")[0] ?? "").matchAll(/ \| ([^|`\n]+) \|$/gm)]
    .flatMap(([, story]) => story ?? [])
    .filter((story) => !story.startsWith("refused ") && !/^-+$/.test(story));
  const known = new Set(storyNames);
  expect(
    told.filter((story) => !known.has(story)),
    "the page names stories that are not told",
  ).toEqual([]);
});

test("the rules that judge can refuse", async () => {
  const question = {
    principal: "arn:aws:sts::111111111111:assumed-role/r/s",
    action: "sqs:SendMessage",
    resource: "arn:aws:sqs:eu-west-1:111111111111:q",
    resourceAccount: "111111111111",
    context: {},
    policies: [],
    resourcePolicy: undefined,
  };
  expect(await evaluate(question)).not.toBe("allowed");
});

test("no name is written over another, nor a record of another kind made: IAM itself refuses it", async () => {
  const change = proof.asked.find(({ question }) => question.action === "route53:ChangeResourceRecordSets");
  if (change === undefined) throw new Error("no story changes a zone");
  const { question } = change;
  const verdict = (more: Readonly<Record<string, readonly string[]>>) =>
    evaluate({ ...question, context: { ...question.context, ...more } });
  const actions = "route53:ChangeResourceRecordSetsActions";
  const types = "route53:ChangeResourceRecordSetsRecordTypes";
  expect(question.context[actions]).toContain("CREATE");
  expect(await verdict({})).toBe("allowed");
  expect(await verdict({ [actions]: ["CREATE", "DELETE"], [types]: ["A", "AAAA", "TXT"] })).toBe("allowed");
  expect(await verdict({ [actions]: ["UPSERT"] })).toBe("implicit-deny");
  expect(await verdict({ [actions]: ["CREATE", "UPSERT"] })).toBe("implicit-deny");
  for (const type of ["NS", "CNAME", "MX"]) expect(await verdict({ [types]: ["A", type] })).toBe("implicit-deny");
});

/** The lines of all functions that are JSON: theirs, and not Lambda's own. */
const lines = (): Readonly<Record<string, unknown>>[] =>
  Object.values(proof.logs)
    .flat()
    .flatMap((line) => (line.startsWith("{") ? [JSON.parse(line) as Readonly<Record<string, unknown>>] : []));

test("every line about a connection has its id as a key", () => {
  const about = lines().filter((line) => /\bvpce-[0-9a-f]{8,17}\b/.test(JSON.stringify(line)));
  expect(about.length).toBeGreaterThan(0);
  expect(about.filter((line) => !("connection" in line || "connections" in line))).toEqual([]);
});

test("every metric that an alarm watches is told by a function, under the namespace of the stage", () => {
  const own = ofType("AWS::CloudWatch::Alarm").filter((alarm) => String(at(alarm, "Namespace")).startsWith("Drawbridge/"));
  expect(own.length).toBeGreaterThan(2);
  const told = lines().flatMap((line) => metricsOf(line));
  for (const alarm of own) {
    const { Namespace: namespace, MetricName: name, Dimensions, Unit = "Count" } = alarm.Properties;
    expect(told).toContainEqual({ namespace, name, unit: Unit, service: (Dimensions as { Value: string }[])[0]?.Value });
  }
});

interface Emf {
  readonly _aws?: {
    readonly CloudWatchMetrics: readonly { readonly Namespace: string; readonly Metrics: readonly { Name: string; Unit: string }[] }[];
  };
  readonly service?: unknown;
}

function metricsOf({ _aws, service }: Emf): object[] {
  return (_aws?.CloudWatchMetrics ?? []).flatMap(({ Namespace, Metrics }) =>
    Metrics.map(({ Name, Unit }) => ({ namespace: Namespace, name: Name, unit: Unit, service })),
  );
}
