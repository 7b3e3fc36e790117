// One deployment from the configuration to the running stack, and the ways back from it.
import type { Template } from "../template.ts";
import { pack, templateArtifact, upload, urlOf } from "./artifacts.ts";
import { changesTold, refuseLosses } from "./changes.ts";
import { parametersFor, stackName } from "./config.ts";
import type { Deployment, DeployOptions } from "./deployment.ts";
import {
  bucketOutput,
  deploymentAt,
  deploymentBefore,
  history,
  record,
  recordEnds,
  standingOf,
  templateIn,
  type Deployed,
  type History,
} from "./history.ts";
import { refuseBegunImport } from "./kept.ts";
import { heldAs, isHeld } from "./pause.ts";
import { changeSet, dropChangeSet, execute, stackNow, templateOf, type StackNow } from "./stack.ts";
import { Stop } from "./stop.ts";
import { refuseUnready } from "./unready.ts";

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
    known: await history(deployment),
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
  await refuseBegunImport(cloudFormation, there);
  const bucket = there?.outputs[bucketOutput];
  if (bucket !== undefined || dryRun) return bucket;
  tell(`${name} is new: first its bucket`);
  const isNew = there === undefined || there.status === "REVIEW_IN_PROGRESS";
  const first = onlyTheBucket(template);
  // A stack that began with imported tables goes on with them.
  const body = isNew ? first : withResourcesOf(await templateOf(cloudFormation, name), first);
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

const onlyTheBucket = ({ Resources, Outputs }: Template): Template => ({
  Resources: Object.fromEntries(Object.entries(Resources).filter(([id]) => bucketResources.has(id))),
  Outputs: Object.fromEntries(Object.entries(Outputs ?? {}).filter(([id]) => id === bucketOutput)),
});

const withResourcesOf = (there: Template, more: Template): Template => ({
  ...there,
  Resources: { ...there.Resources, ...more.Resources },
  Outputs: { ...there.Outputs, ...more.Outputs },
});

export interface Bringing {
  readonly known: History;
  /** Of the template as it was packaged, in the bucket: what the history knows it by. */
  readonly key: string;
  readonly template: Template;
  readonly options: DeployOptions;
  readonly parameters: Readonly<Record<string, string>>;
  /** What somebody did past CloudFormation is put right too. */
  readonly revertsDrift?: true;
  readonly as: Pick<Deployed, "version" | "backTo" | "repaired">;
}

/**
 * Has CloudFormation bring the stack to the template. While Drawbridge is paused, it stays so. It is recorded before it is begun, so that the
 * history tells what stands even when nobody is there to see it end.
 */
export async function bring(
  { clients, stage, caller, tell }: Deployment,
  { known, key, template, options, parameters, revertsDrift, as }: Bringing,
): Promise<StackNow | undefined> {
  const { cloudFormation, s3 } = clients;
  const { bucket, stack } = known;
  refuseUnready(stack);
  const held = await isHeld({ clients, stage });
  if (held) tell("! It is paused and stays so; go on with npm run deploy -- resume");
  const file = templateArtifact(JSON.stringify(heldAs(template, held)));
  await upload(s3, bucket, [file]);
  const set = await changeSet(cloudFormation, stack.name, {
    ChangeSetType: "UPDATE",
    TemplateURL: urlOf(bucket, clients.region, file.key),
    parameters,
    ...(revertsDrift === true ? { DeploymentMode: "REVERT_DRIFT" } : {}),
  });
  const deployed: Deployed = { at: new Date().toISOString(), by: caller, template: key, ...as };
  if (set.empty) {
    tell("Nothing is to be changed.");
    if (options.dryRun) return undefined;
    await recordEnds(s3, known);
    if (standingOf(known.all)?.template !== key) await record(s3, bucket, deployed);
    return stackNow(cloudFormation, stack.name);
  }
  for (const line of ["What changes:", ...changesTold(set.changes)]) tell(line);
  try {
    refuseLosses(set.changes, options.lose);
  } catch (error) {
    await dropChangeSet(cloudFormation, set);
    throw error;
  }
  if (options.dryRun) {
    await dropChangeSet(cloudFormation, set);
    tell("Nothing was changed: this was a dry run.");
    return undefined;
  }
  await recordEnds(s3, known);
  await record(s3, bucket, { ...deployed, begun: { template: file.key, parameters } });
  const started = performance.now();
  const now = await execute(cloudFormation, set, tell);
  tell(`Deployed in ${((performance.now() - started) / 1000).toFixed(0)} s.`);
  await record(s3, bucket, deployed);
  return now;
}

/** Brings back the deployment before this one, or the one that was made at `when`. */
export async function rollback(deployment: Deployment, when: string | undefined, options: DeployOptions): Promise<StackNow | undefined> {
  const { clients, tell } = deployment;
  const known = await history(deployment);
  const brokenOff = known.unrecorded.at(-1);
  // Whoever repeats it means this one, not the one before that.
  if (when === undefined && brokenOff?.backTo !== undefined && brokenOff.repaired !== true && brokenOff === standingOf(known.all)) {
    tell(`It is back to ${brokenOff.version}: the rollback that was begun at ${brokenOff.at} has come to its end.`);
    if (options.dryRun) return undefined;
    await recordEnds(clients.s3, known);
    return known.stack;
  }
  const to = when === undefined ? deploymentBefore(known.all) : deploymentAt(known.all, when);
  if (to === undefined)
    throw new Stop(
      when === undefined ? "No other deployment came before this one" : `No deployment was made at ${when}`,
      "see npm run deploy -- history",
    );
  tell(`Back to ${to.version}, deployed at ${to.at}`);
  const template = await templateIn(clients.s3, known.bucket, to.template);
  const as = { version: to.version, backTo: to.backTo ?? to.at };
  const parameters = parametersFor(deployment.stage, template);
  return bring(deployment, { known, key: to.template, template, options, parameters, as });
}
