// The packaged CloudFormation template as JSON holds it: what the checks and the tests read.
import { readFile } from "node:fs/promises";
import { templatePath } from "./package.ts";

export interface Template {
  readonly Parameters?: Readonly<Record<string, unknown>>;
  readonly Rules?: Readonly<Record<string, unknown>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs?: Readonly<Record<string, unknown>>;
}

export interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
  readonly Condition?: string;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

export async function readTemplate(): Promise<Template> {
  const text = await readFile(new URL(`../${templatePath}`, import.meta.url), "utf8");
  return JSON.parse(text) as Template;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `{ Ref: … }`, `{ "Fn::GetAtt": … }` and the like: what it will be is known only on AWS. */
export function isIntrinsic(value: unknown): boolean {
  const keys = isObject(value) ? Object.keys(value) : [];
  return keys.length === 1 && (keys[0] === "Ref" || keys[0]?.startsWith("Fn::") === true);
}
