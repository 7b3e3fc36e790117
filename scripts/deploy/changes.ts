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

function line({ Action, LogicalResourceId = "", ResourceType = "", Replacement, Details = [], PolicyAction }: ResourceChange): string {
  const properties = [...new Set(Details.flatMap(({ Target }) => Target?.Name ?? []))].join(", ");
  const what = [
    ...(properties === "" ? [] : [properties]),
    ...(Replacement === "True" ? ["another takes its place"] : []),
    ...(Action === "Remove" ? [PolicyAction === "Retain" ? "kept, but no longer part of the stack" : "removed"] : []),
  ].join("; ");
  return `  ${signs[Action ?? ""] ?? "?"} ${LogicalResourceId} (${ResourceType})${what === "" ? "" : `: ${what}`}`;
}

/** What holds something that nobody can make again. */
const holding = new Set(["AWS::DynamoDB::Table", "AWS::SecretsManager::Secret"]);

/** Refuses to lose tables and secrets, unless each is named. */
export function refuseLosses(changes: readonly ResourceChange[], allowed: readonly string[]): void {
  const lost = changes.filter(
    ({ ResourceType = "", Action, Replacement, LogicalResourceId = "" }) =>
      holding.has(ResourceType) && (Action === "Remove" || Replacement === "True") && !allowed.includes(LogicalResourceId),
  );
  if (lost.length === 0) return;
  const names = lost.map(({ LogicalResourceId = "" }) => LogicalResourceId);
  throw new Stop(
    `This change would part the stack from what ${names.join(", ")} hold${names.length === 1 ? "s" : ""}`,
    `mend the template; or, if it is meant, repeat it with ${names.map((name) => `--lose ${name}`).join(" ")}`,
  );
}
