// Reads drawbridge.config.yml: one stage, checked; or everything that is wrong, each with its line, its value and its remedy.
import { readFile } from "node:fs/promises";
import * as v from "valibot";
import { LineCounter, parseDocument, type Document } from "yaml";

import { nearest } from "../../lib/nearest.ts";
import { faultsOf, valueOf, type Wrong } from "../../cli/yaml-faults.ts";
import { offsetOf } from "../../cli/yaml-places.ts";
import type { Template } from "../template.ts";
import { domainFields, stageFields, stageName, type Field, type Fields } from "./config-fields.ts";
import { isRegion, nearestRegion, partitionOf } from "./regions.ts";
import { Stop } from "./stop.ts";

export interface Stage {
  readonly stage: string;
  readonly account: string;
  readonly region: string;
  readonly hostedZones: readonly string[];
  readonly alarmEmail?: string;
  readonly approverEmail?: string;
  readonly questionAgeAlarmSeconds?: number;
  readonly unfinishedAgeAlarmSeconds?: number;
  readonly organizationsRole?: string;
  readonly archiveDays?: number;
  readonly checkpointLockMode?: "GOVERNANCE" | "COMPLIANCE";
  readonly checkpointLockDays?: number;
  readonly domain?: { readonly name: string; readonly certificate: string };
}

export const configFile = "drawbridge.config.yml";

export async function readStage(file: string, wanted: string | undefined): Promise<Stage> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch {
    throw new Stop(
      `There is no ${file}`,
      `write it; docs/deploy.md shows how, and ${configFile.replace(".yml", ".example.yml")} is a start`,
    );
  }
  return stageIn(text, file, wanted);
}

/** The only stage, or the one that is asked for. */
export function stageIn(text: string, file: string, wanted: string | undefined): Stage {
  const stages = parseConfig(text, file);
  const names = Object.keys(stages);
  const name = wanted ?? (names.length === 1 ? names[0] : undefined);
  if (name === undefined) throw new Stop(`${file} has the stages ${names.join(", ")}`, `say which with --stage ${names[0] ?? ""}`);
  const stage = Object.hasOwn(stages, name) ? stages[name] : undefined;
  if (stage === undefined) throw new Stop(`${file} has no stage ${name}`, `give one of: ${names.join(", ")}; or add it there`);
  return { stage: name, ...stage };
}

type Checked = Omit<Stage, "stage">;

export function parseConfig(text: string, file: string): Readonly<Record<string, Checked>> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${String(line)}:${String(col)}`;
  };
  const refusal = (wrong: readonly Wrong[]): Stop =>
    new Stop(
      wrong
        .toSorted((one, other) => one.offset - other.offset)
        .map(({ offset, message }) => `${at(offset)}: ${message}`)
        .join("\n"),
    );
  const faults = faultsOf(document);
  if (faults.length > 0) throw refusal(faults);
  const read = valueOf(document);
  if ("wrong" in read) throw refusal([read.wrong]);
  const given = read.value ?? {};
  const result = v.safeParse(config, given);
  const wrong = [...(result.issues ?? []).map((issue) => told(issue, document)), ...contradictions(given, document)];
  if (result.success && wrong.length === 0)
    return Object.fromEntries(Object.entries(result.output.stages).map(([name, stage]) => [name, withZones(stage)]));
  throw refusal(wrong);
}

/** The fields' table is checked as a table; this is where it becomes a type. */
const withZones = (checked: object): Checked => ({ hostedZones: [], ...(checked as Omit<Checked, "hostedZones">) });

function schemaOf({ pattern, least, most = Number.MAX_SAFE_INTEGER, list }: Field): v.GenericSchema {
  if (least !== undefined) return v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
  const text = pattern === undefined ? v.string() : v.pipe(v.string(), v.regex(pattern));
  if (list !== true) return text;
  return v.pipe(
    v.array(text),
    v.checkItems((item, index, all) => all.indexOf(item) === index),
  );
}

const entriesOf = (fields: Fields): Record<string, v.GenericSchema> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, field.required === true ? schemaOf(field) : v.optional(schemaOf(field))]),
  );

const stageSchema = v.strictObject({ ...entriesOf(stageFields), domain: v.optional(v.strictObject(entriesOf(domainFields))) });
const config = v.strictObject({
  stages: v.pipe(
    v.record(v.pipe(v.string(), v.regex(stageName)), stageSchema),
    v.check((stages) => Object.keys(stages).length > 0),
  ),
});

/** One thing that is wrong: where, which field, which value, and what to do. */
function told(issue: v.BaseIssue<unknown>, document: Document): Wrong {
  const path = (issue.path ?? []).map(({ key }) => key as string | number);
  const isKey = issue.type === "strict_object" || issue.path?.at(-1)?.origin === "key";
  return { offset: offsetOf(document, path, isKey), message: wording(issue, path) };
}

function wording(issue: v.BaseIssue<unknown>, path: readonly (string | number)[]): string {
  const [top, name, first, second] = path;
  if (issue.type === "strict_object" && issue.expected === "never") return unknownField(path);
  if (top === undefined || (path.length === 1 && issue.input === undefined)) return "stages is missing; name at least one stage under it";
  if (path.length === 1) return "stages has none; name at least one under it";
  if (issue.path?.[1]?.origin === "key")
    return `${JSON.stringify(name)} is no name for a stage; give up to 16 small letters and digits, a letter first`;
  const fields: Fields = first === "domain" ? domainFields : stageFields;
  const field = fields[String(first === "domain" ? second : first)];
  if (issue.type === "check_items") return `${path.join(".")} is ${JSON.stringify(issue.input)} again; leave it out`;
  const given = `${path.join(".")} is ${issue.input === undefined ? "missing" : JSON.stringify(issue.input)}`;
  return field === undefined
    ? `${given}; give fields under it: ${Object.keys(fields).join(", ")}`
    : `${given}; ${field.remedy} (${field.what})`;
}

/** What has the right form and cannot be: no such Region, or an ARN of another place than the stage's. */
function contradictions(given: unknown, document: Document): Wrong[] {
  const stages = isObject(given) && isObject(given["stages"]) ? Object.entries(given["stages"]) : [];
  return stages.flatMap(([name, stage]) => {
    if (!isObject(stage)) return [];
    const wrong = (path: readonly string[], message: string): Wrong => {
      const whole = ["stages", name, ...path];
      return { offset: offsetOf(document, whole, false), message: `${whole.join(".")} ${message}` };
    };
    const { region, account, organizationsRole, domain } = stage;
    if (typeof region !== "string" || !stageFields.region.pattern.test(region)) return [];
    if (!isRegion(region)) {
      const near = nearestRegion(region);
      return [
        wrong(
          ["region"],
          `is "${region}"; this version knows no such Region; ${near === undefined ? "see aws ec2 describe-regions" : `did you mean ${near}?`}`,
        ),
      ];
    }
    const { name: partition } = partitionOf(region);
    const certificate = isObject(domain) ? domain["certificate"] : undefined;
    return [
      ...misplaced(certificate, { partition, region, account }).map((message) => wrong(["domain", "certificate"], message)),
      ...misplaced(organizationsRole, { partition }).map((message) => wrong(["organizationsRole"], message)),
    ];
  });
}

/** An ARN's parts that are not those of the stage. */
function misplaced(arn: unknown, wanted: { readonly partition: string; readonly region?: string; readonly account?: unknown }): string[] {
  if (typeof arn !== "string" || !arn.startsWith("arn:")) return [];
  const [, partition, , region, account] = arn.split(":");
  return [
    ...(partition === wanted.partition ? [] : [`is in the partition ${partition ?? ""}; the stage's Region is in ${wanted.partition}`]),
    ...(wanted.region === undefined || region === wanted.region
      ? []
      : [`is a certificate of ${region ?? ""}; ask ACM for one in ${wanted.region}, the stage's Region`]),
    ...(typeof wanted.account !== "string" || account === wanted.account
      ? []
      : [`is a certificate of the account ${account ?? ""}; the stage's account is ${wanted.account}`]),
  ];
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function unknownField(path: readonly (string | number)[]): string {
  const known = path.length <= 1 ? ["stages"] : path[2] === "domain" ? Object.keys(domainFields) : [...Object.keys(stageFields), "domain"];
  const near = nearest(String(path.at(-1)), known);
  return `there is no field ${path.join(".")}; ${near === undefined ? `there are ${known.join(", ")}` : `did you mean ${near}?`}`;
}

/** Those of the stack's parameters that the template has. */
export function parametersFor(stage: Stage, { Parameters = {} }: Template): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(parametersOf(stage)).filter(([name]) => name in Parameters));
}

/** The stack's parameters. All are given each time, so that what the file no longer says is gone from the stack too. */
export function parametersOf(stage: Stage): Readonly<Record<string, string>> {
  const given = {
    QuestionAgeAlarmSeconds: stage.questionAgeAlarmSeconds,
    UnfinishedAgeAlarmSeconds: stage.unfinishedAgeAlarmSeconds,
    ArchiveDays: stage.archiveDays,
    CheckpointLockMode: stage.checkpointLockMode,
    CheckpointLockDays: stage.checkpointLockDays,
  };
  return {
    HostedZoneIds: stage.hostedZones.join(","),
    AlarmEmail: stage.alarmEmail ?? "",
    ApproverEmail: stage.approverEmail ?? "",
    OrganizationsRoleArn: stage.organizationsRole ?? "",
    DomainName: stage.domain?.name ?? "",
    DomainCertificateArn: stage.domain?.certificate ?? "",
    ...Object.fromEntries(Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]))),
  };
}

export const stackName = ({ stage }: Pick<Stage, "stage">): string => `drawbridge-${stage}`;
