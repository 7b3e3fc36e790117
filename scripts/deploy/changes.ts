// What a change set would do, told in few lines; and what it must not do unasked.
import type { ResourceChange } from "@aws-sdk/client-cloudformation";

import { Stop } from "./stop.ts";

const signs: Readonly<Record<string, string>> = { Add: "+", Modify: "~", Remove: "-", Import: ">" };
const listedMax = 40;

export function changesTold(changes: readonly ResourceChange[]): string[] {
  if (changes.length <= listedMax) return changes.map(line);
  const byAction = Map.groupBy(changes, ({ Action }) => Action);
  const added = byAction.get("Add") ?? [];
  const others = changes.filter(({ Action }) => Action !== "Add");
  return [...others.map(line), ...(added.length === 0 ? [] : [`  + ${String(added.length)} resources`])];
}

function line(change: ResourceChange): string {
  const { Action, LogicalResourceId = "", ResourceType = "", Replacement, Details = [], PolicyAction, ResourceDriftStatus } = change;
  const properties = [...new Set(Details.flatMap(({ Target }) => Target?.Name ?? []))].join(", ");
  const what = [
    ...(properties === "" ? [] : [properties]),
    ...(Replacement === "True" ? ["another takes its place"] : []),
    ...(ResourceDriftStatus === "DELETED" ? ["it is gone, and is made anew"] : []),
    ...(ResourceDriftStatus === "MODIFIED" ? ["as the template says again"] : []),
    ...(Action === "Remove" ? [PolicyAction === "Retain" ? "kept, but no longer part of the stack" : "removed"] : []),
  ].join("; ");
  return `  ${signs[Action ?? ""] ?? "?"} ${LogicalResourceId} (${ResourceType})${what === "" ? "" : `: ${what}`}`;
}

/** What holds something that nobody can make again. */
const holding = new Set(["AWS::DynamoDB::Table", "AWS::SecretsManager::Secret", "AWS::S3::Bucket", "AWS::KMS::Key"]);

/** Refuses to lose what holds something, unless each is named; and to put something empty in the place of what is gone. */
export function refuseLosses(changes: readonly ResourceChange[], allowed: readonly string[]): void {
  const held = changes.filter(
    ({ ResourceType = "", LogicalResourceId = "" }) => holding.has(ResourceType) && !allowed.includes(LogicalResourceId),
  );
  const gone = held
    .filter(({ ResourceDriftStatus }) => ResourceDriftStatus === "DELETED")
    .map(({ LogicalResourceId = "" }) => LogicalResourceId);
  if (gone.length > 0)
    throw new Stop(
      `${gone.join(", ")} ${gone.length === 1 ? "is" : "are"} gone, and would be made anew and empty`,
      `bring back what they held first (docs/deploy.md, restoring); or go on without it, with ${gone.map((name) => `--lose ${name}`).join(" ")}`,
    );
  const lost = held.filter(({ Action, Replacement }) => Action === "Remove" || Replacement === "True");
  if (lost.length === 0) return;
  const names = lost.map(({ LogicalResourceId = "" }) => LogicalResourceId);
  throw new Stop(
    `This change would part the stack from what ${names.join(", ")} hold${names.length === 1 ? "s" : ""}`,
    `mend the template; or, if it is meant, repeat it with ${names.map((name) => `--lose ${name}`).join(" ")}`,
  );
}
