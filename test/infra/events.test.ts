// Rules, settings and code agree: a rule waits for events that exist, and a function has the settings that it reads.
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { at, ofType } from "./packaged.ts";

const source = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), "utf8");

const waiting = ofType("AWS::Events::Rule").filter((rule) => at(rule, "EventPattern", "source", 0) === "drawbridge");

test.each(waiting)("$id waits for events that there are", async (rule) => {
  const known = new Set((await source("lib/events.ts")).match(/(?<=type: ")\w+(?=")/g));
  // The archive takes all there are.
  const types = (at(rule, "EventPattern", "detail-type") ?? []) as string[];
  if (rule.id !== "ArchiveRule") expect(types.length).toBeGreaterThan(0);
  expect(types.filter((type) => !known.has(type))).toEqual([]);
  expect(at(rule, "EventBusName")).toEqual({ Ref: "Bus" });
});

test.each(ofType("AWS::Lambda::Function"))("$id has the settings that it reads, and no others", async (lambda) => {
  const name = lambda.id.replace("LambdaFunction", "").toLowerCase();
  const [, read = ""] = /settings\(([^)]*)\)/.exec(await source(`functions/${name}.ts`)) ?? [];
  const wanted = read.match(/[A-Z_]+/g) ?? [];
  const given = Object.keys(at(lambda, "Environment", "Variables") as object);
  const common = ["STAGE", "DEPLOYMENT_ID", "METRICS_NAMESPACE"];
  expect(new Set([...given, ...common])).toEqual(new Set([...wanted, ...common]));
});

test.each(["NotifyRule", "SlackRule"])("%s wakes also when CloudTrail tells who did what was done outside", (id) => {
  const types = waiting.filter((rule) => rule.id === id).flatMap((rule) => at(rule, "EventPattern", "detail-type") as string[]);
  expect(types).toEqual(expect.arrayContaining(["AcceptedOutside", "RejectedOutside", "Attributed"]));
});
