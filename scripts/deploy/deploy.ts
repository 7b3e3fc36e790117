// One deployment from the configuration to the running stack, and the ways back from it.
import type { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { GetObjectCommand } from "@aws-sdk/client-s3";

import type { Template } from "../template.ts";
import { pack, templateArtifact, upload, urlOf } from "./artifacts.ts";
import { changesTold, refuseLosses } from "./changes.ts";
import { parametersFor, stackName } from "./config.ts";
import { installed, type Deployment, type DeployOptions } from "./deployment.ts";
import { deploymentBefore, deployments, record, type Deployed } from "./history.ts";
import { heldAs, isHeld } from "./pause.ts";
import { changeSet, dropChangeSet, execute, stackNow, type StackNow } from "./stack.ts";
import { Stop } from "./stop.ts";

const bucketOutput = "ServerlessDeploymentBucketName";
const bucketResources = new Set(["ServerlessDeploymentBucket", "ServerlessDeploymentBucketPolicy"]);

/** Undefined: only told what would change. */
export async function deploy(deployment: Deployment, options: DeployOptions): Promise<StackNow | undefined> {
  const { clients, tell } = deployment;
  const packaged = await deployment.packaged();
  const packed = await pack(packaged);
  tell(`Drawbridge ${packaged.version}: ${String(packed.zips.length)} functions`);
  const bucket = await bucketOf(deployment, packed.template, options);
  if (bucket === undefined) {
    tell(
      `The stack does not exist yet; it would be made, with ${String(Object.keys(packed.template.Resources).length)} resources at most.`,
    );
    return undefined;
  }
  const file = templateArtifact(packed.text);
  const sent = await upload(clients.s3, bucket, [...packed.zips, file]);
  tell(`${String(sent)} of ${String(packed.zips.length + 1)} files are new in ${bucket}`);
  return bring(deployment, {
    bucket,
    key: file.key,
    template: packed.template,
    options,
    parameters: parametersFor(deployment.stage, packed.template),
    as: { version: packaged.version },
  });
}

/** The deployment bucket is part of the stack, so a first deployment makes the stack with that alone. */
async function bucketOf({ clients, stage, tell }: Deployment, template: Template, { dryRun }: DeployOptions): Promise<string | undefined> {
  const { cloudFormation } = clients;
  const name = stackName(stage);
  const there = await stackNow(cloudFormation, name);
  refuseUnready(there);
  const bucket = there?.outputs[bucketOutput];
  if (bucket !== undefined || dryRun) return bucket;
  tell(`${name} is new: first its bucket`);
  const isNew = there === undefined || there.status === "REVIEW_IN_PROGRESS";
  const first = onlyTheBucket(template);
  // A stack that began with imported tables goes on with them.
  const body = isNew ? first : withResourcesOf(await currentTemplate(cloudFormation, name), first);
  const set = await changeSet(cloudFormation, name, {
    ChangeSetType: isNew ? "CREATE" : "UPDATE",
    TemplateBody: JSON.stringify(body),
    parameters: parametersFor(stage, body),
  });
  const stack = set.empty ? there : await execute(cloudFormation, set, tell);
  const made = stack?.outputs[bucketOutput];
  if (made === undefined)
    throw new Stop(`The stack ${name} has no output ${bucketOutput}`, "it is another stack than Drawbridge's; choose another stage");
  return made;
}

function refuseUnready(stack: StackNow | undefined): void {
  if (stack?.status === "ROLLBACK_COMPLETE" || stack?.status === "DELETE_FAILED")
    throw new Stop(
      `${stack.name} is ${stack.status}: it cannot be changed any more`,
      "remove what is left with npm run deploy -- uninstall, and deploy again",
    );
  if (stack?.status.endsWith("_IN_PROGRESS") === true && stack.status !== "REVIEW_IN_PROGRESS")
    throw new Stop(`${stack.name} is ${stack.status}: somebody else is changing it`, "wait until that has ended, and repeat it");
}

const onlyTheBucket = ({ Resources, Outputs }: Template): Template => ({
  Resources: Object.fromEntries(Object.entries(Resources).filter(([id]) => bucketResources.has(id))),
  Outputs: Object.fromEntries(Object.entries(Outputs ?? {}).filter(([id]) => id === bucketOutput)),
});

const withResourcesOf = (there: Template, more: Template): Template => ({
  ...there,
  Resources: { ...there.Resources, ...more.Resources },
  Outputs: { ...there.Outputs, ...more.Outputs },
});

async function currentTemplate(client: CloudFormationClient, StackName: string): Promise<Template> {
  const { GetTemplateCommand } = await import("@aws-sdk/client-cloudformation");
  const { TemplateBody = "{}" } = await client.send(new GetTemplateCommand({ StackName }));
  return JSON.parse(TemplateBody) as Template;
}

export interface Bringing {
  readonly bucket: string;
  /** Of the template as it was packaged, in the bucket: what the history knows it by. */
  readonly key: string;
  readonly template: Template;
  readonly options: DeployOptions;
  readonly parameters: Readonly<Record<string, string>>;
  /** What somebody did past CloudFormation is put right too. */
  readonly revertsDrift?: true;
  readonly as: Pick<Deployed, "version" | "backTo" | "repaired">;
}

/** Has CloudFormation bring the stack to the template. While Drawbridge is paused, it stays so. */
export async function bring(
  { clients, stage, caller, tell }: Deployment,
  { bucket, key, template, options, parameters, revertsDrift, as }: Bringing,
): Promise<StackNow | undefined> {
  const name = stackName(stage);
  const held = await isHeld({ clients, stage });
  if (held) tell("! It is paused and stays so; go on with npm run deploy -- resume");
  const file = templateArtifact(JSON.stringify(heldAs(template, held)));
  await upload(clients.s3, bucket, [file]);
  const set = await changeSet(clients.cloudFormation, name, {
    ChangeSetType: "UPDATE",
    TemplateURL: urlOf(bucket, clients.region, file.key),
    parameters,
    ...(revertsDrift === true ? { DeploymentMode: "REVERT_DRIFT" } : {}),
  });
  if (set.empty) {
    tell("Nothing is to be changed.");
    return options.dryRun ? undefined : stackNow(clients.cloudFormation, name);
  }
  for (const line of ["What changes:", ...changesTold(set.changes)]) tell(line);
  try {
    refuseLosses(set.changes, options.lose);
  } catch (error) {
    await dropChangeSet(clients.cloudFormation, set);
    throw error;
  }
  if (!options.dryRun) {
    const started = performance.now();
    const stack = await execute(clients.cloudFormation, set, tell);
    await record(clients.s3, bucket, { at: new Date().toISOString(), by: caller, template: key, ...as });
    tell(`Deployed in ${((performance.now() - started) / 1000).toFixed(0)} s.`);
    return stack;
  }
  await dropChangeSet(clients.cloudFormation, set);
  tell("Nothing was changed: this was a dry run.");
  return undefined;
}

/** Brings back the deployment before this one, or the one that was made at `when`. */
export async function rollback(deployment: Deployment, when: string | undefined, options: DeployOptions): Promise<StackNow | undefined> {
  const { clients, tell } = deployment;
  const { bucket, all } = await history(deployment);
  const to = when === undefined ? deploymentBefore(all) : all.findLast(({ at }) => at === when);
  if (to === undefined)
    throw new Stop(
      when === undefined ? "No other deployment came before this one" : `No deployment was made at ${when}`,
      "see npm run deploy -- history",
    );
  tell(`Back to ${to.version}, deployed at ${to.at}`);
  const { Body } = await clients.s3.send(new GetObjectCommand({ Bucket: bucket, Key: to.template }));
  const template = JSON.parse((await Body?.transformToString()) ?? "{}") as Template;
  const as = { version: to.version, backTo: to.backTo ?? to.at };
  const parameters = parametersFor(deployment.stage, template);
  return bring(deployment, { bucket, key: to.template, template, options, parameters, as });
}

export async function history({
  clients,
  stage,
}: Pick<Deployment, "clients" | "stage">): Promise<{ bucket: string; all: Awaited<ReturnType<typeof deployments>> }> {
  const bucket = (await installed({ clients, stage })).outputs[bucketOutput];
  if (bucket === undefined) throw new Stop(`${stackName(stage)} has never been deployed in full`, "npm run deploy");
  return { bucket, all: await deployments(clients.s3, bucket) };
}
