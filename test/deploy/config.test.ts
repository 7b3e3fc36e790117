// drawbridge.config.yml: what is read from it, and how everything that is wrong is told: line and column, field, value, remedy.
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";

import { urlOf } from "../../scripts/deploy/artifacts.ts";
import { parametersOf, parseConfig, readStage, stageIn } from "../../scripts/deploy/config.ts";
import { domainFields, stageFields } from "../../scripts/deploy/config-fields.ts";
import { placeOf } from "../../scripts/deploy/policy.ts";
import { Stop } from "../../scripts/deploy/stop.ts";
import { readTemplate } from "../../scripts/template.ts";
import { blocksOf } from "./document.ts";

const least = `stages:\n  dev:\n    account: "111111111111"\n    region: eu-west-1\n`;

function wrong(text: string): string[] {
  try {
    parseConfig(text, "c.yml");
    return [];
  } catch (error) {
    return error instanceof Stop ? error.message.split("\n") : [String(error)];
  }
}

test("a stage needs an account and a Region, and nothing else", () => {
  expect(stageIn(least, "c.yml", undefined)).toEqual({ stage: "dev", account: "111111111111", region: "eu-west-1", hostedZones: [] });
});

test("every field of the table is taken", () => {
  const stage = Object.entries(stageFields).map(([name, { example }]) => `    ${name}: ${example}`);
  const domain = Object.entries(domainFields).map(([name, { example }]) => `      ${name}: ${example}`);
  const read = stageIn(["stages:", "  prod:", ...stage, "    domain:", ...domain].join("\n"), "c.yml", "prod");
  expect(Object.keys(read)).toEqual(expect.arrayContaining([...Object.keys(stageFields), "domain", "stage"]));
});

test("each thing that is wrong is told with its place, its value and its remedy, in the order of the file", () => {
  const text = `stages:
  prod:
    account: 111111111111
    region: Ireland
    hostedZone: [Z1]
    alarmEmail: nobody
    hostedZones: [Z123, abc]
    questionAgeAlarmSeconds: 5
    checkpointLockMode: compliance
    checkpointLockDays: 36501
    domain:
      name: Drawbridge
`;
  expect(wrong(text).map((line) => line.replace(/ \(.*$/, ""))).toEqual([
    "c.yml:3:14: stages.prod.account is 111111111111; give its twelve digits in quotes",
    'c.yml:4:13: stages.prod.region is "Ireland"; give a Region\'s code, such as eu-west-1',
    "c.yml:5:5: there is no field stages.prod.hostedZone; did you mean hostedZones?",
    'c.yml:6:17: stages.prod.alarmEmail is "nobody"; give one mail address',
    'c.yml:7:25: stages.prod.hostedZones.1 is "abc"; give the zone\'s id, which begins with Z; see aws route53 list-hosted-zones',
    "c.yml:8:30: stages.prod.questionAgeAlarmSeconds is 5; give a whole number of seconds, 60 or more",
    'c.yml:9:25: stages.prod.checkpointLockMode is "compliance"; give GOVERNANCE or COMPLIANCE',
    "c.yml:10:25: stages.prod.checkpointLockDays is 36501; give a whole number of days, 1 to 36500",
    "c.yml:11:5: stages.prod.domain.certificate is missing; give the certificate's ARN",
    'c.yml:12:13: stages.prod.domain.name is "Drawbridge"; give a name in lower case, such as drawbridge.example.com',
  ]);
});

/** Each line repeats the one above ten times. */
const bomb = `a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n${Array.from({ length: 8 }, (_, index) => {
  const above = Array.from({ length: 10 }, () => `*a${String(index)}`).join(", ");
  return `a${String(index + 1)}: &a${String(index + 1)} [${above}]\n`;
}).join("")}`;

test.each([
  ["", "c.yml:1:1: stages"],
  ["stages: {}", "c.yml:1:9: stages has none; name at least one under it"],
  ["stagez: 1", "c.yml:1:1: there is no field stagez; did you mean stages?"],
  ["stages: { dev: }", "c.yml:1:11: stages.dev is null; give fields under it"],
  ["stages:\n  Prod-1: { account: '111111111111', region: eu-west-1 }", 'c.yml:2:3: "Prod-1" is no name for a stage'],
  [`${least}    region: eu-west-2\n`, "c.yml:5:5: Map keys must be unique"],
  ["stages: [", "c.yml:1:"],
  ["stages: *x", "c.yml:1:9: there is no anchor &x above"],
  [bomb, "c.yml:9:"],
  [`${least}---\n${least}`, "c.yml:5:1: the file is one document; take out what follows this line ---"],
  [`${least}  constructor: { account: "111111111111", region: eu-west-1 }\n`, "c.yml:5:3: constructor cannot be a name here"],
  [`${least}    hostedZones: [Z1, Z2, Z1]\n`, 'c.yml:5:27: stages.dev.hostedZones.2 is "Z1" again; leave it out'],
])("%j is refused", (text, said) => {
  expect(wrong(text).join("\n")).toContain(said);
});

const place = (region: string, more = ""): string => `stages:\n  dev:\n    account: "111111111111"\n    region: ${region}\n${more}`;
const domainIn = (region: string, account: string, partition = "aws"): string =>
  `    domain:\n      name: a.example.com\n      certificate: arn:${partition}:acm:${region}:${account}:certificate/0-1\n`;

test.each([
  [place("eu-wst-1"), 'c.yml:4:13: stages.dev.region is "eu-wst-1"; this version knows no such Region; did you mean eu-west-1?'],
  [place("us-middle-9"), 'c.yml:4:13: stages.dev.region is "us-middle-9"; this version knows no such Region'],
  [
    place("eu-west-1", domainIn("us-east-1", "111111111111")),
    "c.yml:7:20: stages.dev.domain.certificate is a certificate of us-east-1; ask ACM for one in eu-west-1, the stage's Region",
  ],
  [
    place("eu-west-1", domainIn("eu-west-1", "222222222222")),
    "c.yml:7:20: stages.dev.domain.certificate is a certificate of the account 222222222222; the stage's account is 111111111111",
  ],
  [
    place("us-gov-west-1", domainIn("us-gov-west-1", "111111111111")),
    "c.yml:7:20: stages.dev.domain.certificate is in the partition aws; the stage's Region is in aws-us-gov",
  ],
  [
    place("cn-north-1", "    organizationsRole: arn:aws:iam::999999999999:role/looks\n"),
    "c.yml:5:24: stages.dev.organizationsRole is in the partition aws; the stage's Region is in aws-cn",
  ],
])("what has the right form and cannot be is refused: %j", (text, said) => {
  expect(wrong(text).join("\n")).toContain(said);
});

test("every partition has its own name and addresses", () => {
  const of = (region: string): string[] => [placeOf(stageIn(place(region), "c.yml", undefined)).partition, urlOf("b", region, "k")];
  expect(["eu-west-1", "cn-north-1", "us-gov-east-1", "us-iso-east-1"].map(of)).toEqual([
    ["aws", "https://b.s3.eu-west-1.amazonaws.com/k"],
    ["aws-cn", "https://b.s3.cn-north-1.amazonaws.com.cn/k"],
    ["aws-us-gov", "https://b.s3.us-gov-east-1.amazonaws.com/k"],
    ["aws-iso", "https://b.s3.us-iso-east-1.c2s.ic.gov/k"],
  ]);
});

test("which stage is meant must be clear", async () => {
  const two = `${least}  prod:\n    account: "111111111111"\n    region: eu-west-1\n`;
  expect(() => stageIn(two, "c.yml", undefined)).toThrow("c.yml has the stages dev, prod");
  for (const other of ["test", "toString", "constructor"])
    expect(() => stageIn(two, "c.yml", other)).toThrow(`c.yml has no stage ${other}`);
  expect(stageIn(two, "c.yml", "prod").stage).toBe("prod");
  await expect(readStage("not-there.yml", undefined)).rejects.toThrow("There is no not-there.yml");
});

test("every parameter of the template comes from the configuration, and there is no other", async () => {
  const { Parameters = {} } = await readTemplate();
  const given = Object.entries(stageFields).map(([name, { example }]) => `    ${name}: ${example}`);
  const stage = stageIn(["stages:", "  prod:", ...given].join("\n"), "c.yml", undefined);
  expect(new Set(Object.keys(parametersOf(stage)))).toEqual(new Set(Object.keys(Parameters)));
});

test("the example and the page hold a configuration that is right", async () => {
  const example = await readFile(new URL("../../drawbridge.config.example.yml", import.meta.url), "utf8");
  expect(wrong(example)).toEqual([]);
  const page = (await blocksOf("docs/deploy.md")).find(({ name }) => name === "config");
  expect(wrong(page?.text ?? "")).toEqual([]);
});
