// The templates of a smoke run: its world from infra/smoke-world.yml, and Drawbridge's own made fit to be thrown away.
import { readFile } from "node:fs/promises";
import { templateFrom } from "../../local/template/template-text.ts";
import { readTemplate, type Resource, type Template } from "../template.ts";

export async function worldTemplate(): Promise<object> {
  const text = await readFile(new URL("../../infra/smoke-world.yml", import.meta.url), "utf8");
  return templateFrom(text);
}

/** KMS keeps a key so long before it is deleted, and no less. */
export const keyWaitDays = 7;

/** Drawbridge's packaged template as another stage, and with nothing that outlives the stack but the key, which AWS gives a last week. */
export async function throwAwayTemplate(stage: string): Promise<Template> {
  const packaged = await readTemplate();
  const before = stageOf(packaged);
  const renamed = JSON.parse(
    JSON.stringify(packaged)
      .replaceAll(`drawbridge-${before}`, `drawbridge-${stage}`)
      .replaceAll(`Drawbridge/${before}`, `Drawbridge/${stage}`),
  ) as Template;
  const resources = Object.entries(renamed.Resources).map(([logicalId, resource]) => [logicalId, thrownAway(resource)] as const);
  return { ...renamed, Resources: Object.fromEntries(resources) };
}

function thrownAway({ DeletionPolicy: _kept, UpdateReplacePolicy: _too, ...resource }: Resource): Resource {
  const { Properties = {} } = resource;
  if (resource.Type === "AWS::KMS::Key") return { ...resource, Properties: { ...Properties, PendingWindowInDays: keyWaitDays } };
  if (Properties["ObjectLockConfiguration"] === undefined) return resource;
  // Without the rule, an object in a bucket with Object Lock is locked only if whoever puts it says so; and nobody does.
  return { ...resource, Properties: { ...Properties, ObjectLockConfiguration: { ObjectLockEnabled: "Enabled" } } };
}

function stageOf({ Resources }: Template): string {
  for (const { Type, Properties } of Object.values(Resources)) {
    const name = Properties?.["FunctionName"];
    const stage = typeof name === "string" ? /^drawbridge-(.+)-[a-z]+$/.exec(name)?.[1] : undefined;
    if (Type === "AWS::Lambda::Function" && stage !== undefined) return stage;
  }
  throw new Error("No function of the packaged template is named drawbridge-<stage>-<function>.");
}
