// What is watched: every alarm rings somebody and has its entry in the runbook, whose commands exist; the dashboard shows it all.
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { readArguments } from "../../cli/command.ts";
import { firstLook } from "../../cli/doctor/runbook.ts";
import { commands } from "../../cli/main.ts";
import { waysBack } from "../../lib/operator/set-aside.ts";
import { readGiven } from "../../scripts/deploy/given.ts";
import { at, named, ofType, target } from "./packaged.ts";

const alarms = ofType("AWS::CloudWatch::Alarm");
const runbook = await readFile(new URL("../../docs/runbook.md", import.meta.url), "utf8");
const entries = new Map(
  runbook
    .split(/^## /m)
    .slice(1)
    .map((entry): [string, string] => [entry.slice(0, entry.indexOf("\n")), entry]),
);

test("every alarm has its entry, and every entry its alarm", () => {
  expect([...entries.keys()].toSorted()).toEqual(alarms.map(({ id }) => id).toSorted());
});

test.each(alarms)("$id rings the alarms topic, says what happened, and leads to its entry", (alarm) => {
  expect(at(alarm, "AlarmActions")).toEqual([{ Ref: "AlarmsTopic" }]);
  expect(at(alarm, "AlarmDescription")).toMatch(new RegExp(`^[A-Z].{10,}\\. See docs/runbook\\.md#${alarm.id.toLowerCase()}$`));
  const entry = entries.get(alarm.id) ?? "";
  for (const part of ["How to look:", "```sh", "What to do:"]) expect(entry).toContain(part);
});

const known = ["observe", "publish", "admit", "notify", "slack", "answer", "dns", "sweep", "checkpoint", "api"];
const functions = ofType("AWS::Lambda::Function");

test.each(["Errors", "Throttles"])("the alarm on %s watches every function, and no more metrics than an alarm takes", (metric) => {
  const watched = alarms
    .flatMap(
      (alarm) => (at(alarm, "Metrics") ?? []) as { MetricStat?: { Metric: { MetricName: string; Dimensions: { Value: unknown }[] } } }[],
    )
    .flatMap(({ MetricStat }) => (MetricStat?.Metric.MetricName === metric ? [target(MetricStat.Metric.Dimensions[0]?.Value)] : []));
  expect(new Set(watched)).toEqual(new Set(functions.map(({ id }) => id)));
  expect(watched).toHaveLength(functions.length);
  // AWS takes ten metrics in one alarm, besides expressions.
  expect(watched.length).toBeLessThanOrEqual(10);
});

test("silence of the sweep and of the checkpoints is an alarm, and silence of all else is not", () => {
  const breaching = alarms.filter((alarm) => at(alarm, "TreatMissingData") === "breaching").map(({ id }) => id);
  expect(breaching).toEqual(["SweepUnfinishedAlarm", "CheckpointsMissingAlarm"]);
});

test("every command of the runbook is one that there is, with options that it knows", () => {
  const said = [...runbook.matchAll(/npx drawbridge ([^`|\n]*)/g)].map(([, words = ""]) => words.trim());
  expect(said.length).toBeGreaterThan(20);
  for (const line of said.filter((words) => words !== "" && !words.includes("<queue>"))) {
    const words = line.replaceAll(/"[^"]*"/g, "text").split(/\s+/);
    const [first = "", second = "list"] = words;
    const command = [`${first} ${second}`, first, `${first} list`]
      .map((wanted) => commands.find(({ name }) => name === wanted))
      .find(Boolean);
    expect(command, line).toBeDefined();
    expect(() => readArguments(words, command?.options ?? {}, true), line).not.toThrow();
  }
});

test("a deployment is done as the page on deploying says, and mends nothing by itself", () => {
  const said = [...runbook.matchAll(/npm run deploy -- ([^`\n]*)`/g)].map(([, words = ""]) => words.split(" "));
  expect(said.length).toBeGreaterThan(8);
  for (const words of said) expect(() => readGiven(words), words.join(" ")).not.toThrow();
  // A plain deployment with the framework would put empty values in the place of drawbridge.config.yml's.
  expect(runbook).not.toMatch(/npx serverless|deploy(ing)? (the stack )?again/i);
});

test("its commands run on every system, and say which key they mean", () => {
  expect(runbook, "GNU and BSD differ in date's options").not.toMatch(/\bdate -/);
  const keys = [...runbook.matchAll(/aws kms [^`\n]*/g)].map(([command]) => command);
  for (const command of keys) expect(command).toContain(" --key-id $KEY");
  // A key whose deletion is called off is switched off.
  expect(keys.findIndex((one) => one.includes("enable-key"))).toBeGreaterThan(keys.findIndex((one) => one.includes("cancel-key-deletion")));
});

test("its loop over functions has every one", () => {
  const [, listed = ""] = /for f in ([a-z ]+); do/.exec(runbook) ?? [];
  expect(listed.split(" ").toSorted()).toEqual(functions.map(({ id }) => id.replace("LambdaFunction", "").toLowerCase()).toSorted());
});

test("the first command of every entry is one that doctor can print: it asks for nothing but the stack's name", () => {
  for (const { id } of alarms) expect(firstLook(id, "drawbridge-dev"), id).toMatch(/^(aws|npx|for) [^<]*$/);
  for (const { id } of alarms)
    expect(firstLook(id, "drawbridge-dev").replaceAll("$f", "").replaceAll("$(", ""), id).not.toContain("$STACK");
  expect(firstLook("NoSuchAlarm", "drawbridge-dev")).toBe("see NoSuchAlarm in docs/runbook.md");
});

test("every queue and function that the runbook names is one that there is", () => {
  for (const [, queue = ""] of runbook.matchAll(/drawbridge redrive (\w+)/g)) expect(waysBack).toHaveProperty(queue);
  for (const [, name = ""] of runbook.matchAll(/\/aws\/lambda\/\$STACK-(\w+)/g)) expect(known).toContain(name);
  for (const [, name = ""] of runbook.matchAll(/--logical-resource-id (\w+)/g)) expect(named(name).id).toBe(name);
});

test("every queue of last resort has a way back", () => {
  const lastResort = ofType("AWS::SQS::Queue").filter((queue) => at(queue, "RedrivePolicy") === undefined);
  expect(Object.keys(waysBack).toSorted()).toEqual(lastResort.map(({ id }) => id).toSorted());
});

test("the dashboard shows every function and every queue, in the stack's Region", () => {
  const text = (at(named("Dashboard"), "DashboardBody") as { "Fn::Sub": string })["Fn::Sub"];
  const { widgets } = JSON.parse(text) as { widgets: { properties: { region: string; metrics: unknown[] } }[] };
  expect(widgets.length).toBeGreaterThan(8);
  expect(new Set(widgets.map(({ properties }) => properties.region))).toEqual(new Set(["${AWS::Region}"]));
  for (const { id } of functions) expect(text).toContain(`\${${id}}`);
  for (const { id } of ofType("AWS::SQS::Queue")) expect(text).toContain(`\${${id}.QueueName}`);
  for (const [name] of text.matchAll(/(?<=")[A-Z]\w+(?=", "service")/g)) expect(counts).toContain(name);
});

const source = await readFile(new URL("../../lib/lambda/counts.ts", import.meta.url), "utf8");
const counts = [...source.matchAll(/^ {2}(\w+): "(?:Count|Seconds)"/gm)].map(([, name]) => name);
