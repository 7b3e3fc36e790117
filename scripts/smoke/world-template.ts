// The templates of a smoke run: its world from infra/smoke-world.yml, and Drawbridge's own made fit to be thrown away.
import { readFile } from "node:fs/promises";
import { templateFrom } from "../../local/template/template-text.ts";
import { readTemplate, type Template } from "../template.ts";

export async function worldTemplate(): Promise<object> {
  const text = await readFile(new URL("../../infra/smoke-world.yml", import.meta.url), "utf8");
  return templateFrom(text);
}

/** Drawbridge's packaged template under another name, its code in our bucket, and with nothing that outlives the stack. */
export async function throwAwayTemplate(
  stage: string,
  bucket: string,
): Promise<{ readonly template: object; readonly zips: readonly string[] }> {
  const packaged = await readTemplate();
  const before = stageOf(packaged);
  const renamed = JSON.parse(
    JSON.stringify(packaged)
      .replaceAll(`drawbridge-${before}`, `drawbridge-${stage}`)
      .replaceAll(`Drawbridge/${before}`, `Drawbridge/${stage}`),
  ) as Template;
  const zips = new Set<string>();
  const resources = Object.entries(renamed.Resources).flatMap(([logicalId, resource]) => {
    if (logicalId.startsWith("ServerlessDeploymentBucket")) return [];
    const { DeletionPolicy: _kept, UpdateReplacePolicy: _too, ...rest } = resource;
    if (resource.Type !== "AWS::Lambda::Function") return [[logicalId, rest] as const];
    const code = resource.Properties?.["Code"] as { readonly S3Key: string } | undefined;
    const zip = code?.S3Key.split("/").at(-1) ?? "";
    zips.add(zip);
    return [[logicalId, { ...rest, Properties: { ...resource.Properties, Code: { S3Bucket: bucket, S3Key: zip } } }] as const];
  });
  const outputs = Object.entries(renamed.Outputs ?? {}).filter(([name]) => !name.startsWith("ServerlessDeploymentBucket"));
  return { template: { ...renamed, Resources: Object.fromEntries(resources), Outputs: Object.fromEntries(outputs) }, zips: [...zips] };
}

function stageOf({ Resources }: Template): string {
  for (const { Type, Properties } of Object.values(Resources)) {
    const name = Properties?.["FunctionName"];
    const stage = typeof name === "string" ? /^drawbridge-(.+)-[a-z]+$/.exec(name)?.[1] : undefined;
    if (Type === "AWS::Lambda::Function" && stage !== undefined) return stage;
  }
  throw new Error("No function of the packaged template is named drawbridge-<stage>-<function>.");
}
