// Whether a change of these properties makes another resource: by AWS's own resource specification.
import { isDeepStrictEqual } from "node:util";
import type { loadAwsServiceSpec } from "@aws-cdk/aws-service-spec";

import type { Members } from "../members.ts";

export type Replacement = "True" | "False" | "Conditional";

export function changedProperties(before: Members, after: Members): readonly string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => !isDeepStrictEqual(before[name], after[name]));
}

let specification: ReturnType<typeof loadAwsServiceSpec> | undefined;

export async function replacement(type: string, changed: readonly string[]): Promise<Replacement> {
  // Large, and only needed when a stack is changed.
  specification ??= import("@aws-cdk/aws-service-spec").then((spec) => spec.loadAwsServiceSpec());
  const [found] = (await specification).lookup("resource", "cloudFormationType", "equals", type);
  const causes = new Set(changed.map((name) => found?.properties[name]?.causesReplacement));
  return causes.has("yes") ? "True" : causes.has("maybe") ? "Conditional" : "False";
}
