// `npm run deploy`: from drawbridge.config.yml to a running stack, and everything else that is done to a whole deployment.
import { clientsOf, type Clients } from "./deploy/clients.ts";
import { readStage, stackName } from "./deploy/config.ts";
import { deploy, rollback } from "./deploy/deploy.ts";
import type { Deployment } from "./deploy/deployment.ts";
import { discard } from "./deploy/discard.ts";
import { history } from "./deploy/history.ts";
import { keptText, takeIn } from "./deploy/kept.ts";
import { readGiven, usage, type Given } from "./deploy/given.ts";
import { hold } from "./deploy/pause.ts";
import { packagedNow, type PackagedFor } from "./deploy/packaged.ts";
import { extraPolicies, placeOf, policyFor } from "./deploy/policy.ts";
import { prerequisites } from "./deploy/prerequisites.ts";
import { repair } from "./deploy/repair.ts";
import { restore } from "./deploy/restore.ts";
import type { StackNow } from "./deploy/stack.ts";
import { Stop } from "./deploy/stop.ts";
import { uninstall, type Uninstalled } from "./deploy/uninstall.ts";

type Say = (line: string) => void;

/** What is deployed and with whose keys, where it is not what everybody has. */
export interface Means {
  readonly packaged?: PackagedFor;
  readonly clients?: (region: string) => Clients;
}

/** Throws a Stop. */
export async function main(
  args: readonly string[],
  say: Say,
  { packaged = packagedNow, clients: clientsIn = clientsOf }: Means = {},
): Promise<void> {
  const given = readGiven(args);
  if (given === undefined) return say(usage);
  const { command, operand } = given;
  const stage = await readStage(given.config, given.stage);
  if (command === "policy") return say(JSON.stringify(await policyOf(operand, stage, packaged), null, 2));
  const clients = clientsIn(stage.region);
  const { caller, warnings } = await prerequisites(clients, stage);
  const deployment: Deployment = { clients, stage, caller, packaged: () => packaged(stage), tell: say };
  say(`${stackName(stage)} in ${stage.account}, ${stage.region}, by ${caller}`);
  if (command === "check" || command === "deploy") for (const warning of warnings) say(`! ${warning}`);
  return doers[command](deployment, given);
}

async function policyOf(operand: string | undefined, stage: Parameters<PackagedFor>[0], packaged: PackagedFor): Promise<object> {
  if (operand === undefined) return policyFor(stage, (await packaged(stage)).template);
  if (operand === "restore" || operand === "discard") return extraPolicies[operand](placeOf(stage));
  throw new Stop(`There is no policy ${operand}`, `give one of ${Object.keys(extraPolicies).join(", ")}, or none for the deployer's`);
}

const doers: Readonly<Record<Exclude<Given["command"], "policy">, (deployment: Deployment, given: Given) => Promise<void> | void>> = {
  async deploy(deployment, { kept, options }) {
    if (kept !== undefined && !(await takeIn(deployment, kept, options))) return;
    tellNext(deployment, await deploy(deployment, options));
  },
  check: ({ tell }) => tell("Ready to deploy."),
  history: tellHistory,
  rollback: async (deployment, { operand, options }) => tellNext(deployment, await rollback(deployment, operand, options)),
  repair: async (deployment, { options }) => tellNext(deployment, await repair(deployment, options)),
  async pause(deployment) {
    await hold(deployment, true);
    deployment.tell("Paused. Requests wait at AWS; go on with npm run deploy -- resume");
  },
  async resume(deployment) {
    await hold(deployment, false);
    deployment.tell("Resumed. What waited is done now.");
  },
  restore: bringBack,
  uninstall: takeDown,
  discard: removeForGood,
};

function tellNext({ stage: { alarmEmail, approverEmail }, tell: say }: Deployment, stack: StackNow | undefined): void {
  if (stack === undefined) return;
  const mailed = [...new Set([alarmEmail, approverEmail].filter((mail) => mail !== undefined))];
  say("What next:");
  if (mailed.length > 0) say(`  confirm the subscription in the mail that AWS sends to ${mailed.join(" and to ")}, if it is new`);
  const target = stack.outputs["DomainTarget"];
  if (target !== undefined) say(`  point ${stack.outputs["PublicUrl"] ?? "your domain"} at ${target}, with a CNAME or an alias record`);
  say(`  export DRAWBRIDGE_API=${stack.outputs["PublicUrl"] ?? stack.outputs["ApiUrl"] ?? ""}`);
  say("  npx drawbridge doctor");
}

async function tellHistory(deployment: Deployment): Promise<void> {
  const { all } = await history(deployment);
  for (const { at, version, by, backTo, repaired, begun, failed } of all) {
    const how = repaired === true ? "  (repaired)" : backTo === undefined ? "" : `  (back to ${backTo})`;
    const end = failed === true ? "  (failed)" : begun === undefined ? "" : "  (under way)";
    deployment.tell(`${at}  ${version}  ${by}${how}${end}`);
  }
}

async function bringBack(deployment: Deployment, { to }: Given): Promise<void> {
  const { tell: say } = deployment;
  if (to === undefined) throw new Stop("restore needs a time", "give --to 2026-11-23T09:00:00Z, in UTC");
  const kept = await restore(deployment, to);
  say("The old tables are as they were, and in use. To go on with these instead, release every service, and then:");
  say("  npm run deploy -- uninstall --yes");
  say(`  npm run deploy -- --kept ${keptText(kept)}`);
}

async function takeDown(deployment: Deployment, { yes, force }: Given): Promise<void> {
  const { tell: say } = deployment;
  const name = stackName(deployment.stage);
  if (!yes)
    throw new Stop(
      `This would take ${name} down; what it holds would stay, and connections as they are`,
      "add --yes to do it; nothing was changed",
    );
  const uninstalled = await uninstall(deployment, { force });
  const { before } = uninstalled;
  if (before === undefined) say(`${name} is gone. Its connections are as they were; AWS keeps new requests waiting.`);
  else say(`${name} is gone since ${before.toISOString()}. What it kept then is below, and there unless it was removed since.`);
  tellKept(say, uninstalled);
}

function tellKept(say: Say, { kept, lock: { mode, days } }: Uninstalled): void {
  const all = Object.entries(kept);
  if (all.length === 0) return;
  const notes: Readonly<Record<string, string>> = {
    CheckpointKey: "signs the log's checkpoints; 1 USD a month",
    CheckpointBucket: `each checkpoint is locked for ${days} days (${mode}), so that nobody can hide what was decided`,
  };
  say("Kept, with all that they hold:");
  for (const [logicalId, id] of all)
    say(`  ${logicalId.padEnd(18)} ${id}${notes[logicalId] === undefined ? "" : `  (${notes[logicalId]})`}`);
  say("A deployment from here on makes new ones beside them. To go on with these instead:");
  say(`  npm run deploy -- --kept ${keptText(kept)}`);
  say("To remove them for good, with every decision that they prove:");
  say(`  npm run deploy -- discard ${keptText(kept)} --yes`);
}

async function removeForGood(deployment: Deployment, { operand, yes, bypassLock }: Given): Promise<void> {
  if (operand === undefined) throw new Stop("discard needs what is to go", "give what uninstall printed: AllowListTable=name,…");
  if (!yes) throw new Stop(`This would remove ${operand} for good`, "add --yes to do it; nothing was changed");
  await discard(deployment, operand, { bypassesLock: bypassLock });
}

if (import.meta.main) {
  process.once("SIGINT", () => {
    process.stderr.write("\nInterrupted. What AWS was asked for goes on there; repeat the command when that has ended.\n");
    process.exit(130);
  });
  try {
    await main(process.argv.slice(2), (line) => void process.stdout.write(`${line}\n`));
  } catch (error) {
    process.stderr.write(`${wordsOf(error)}\n`);
    process.exitCode = 1;
  }
}

function wordsOf(error: unknown): string {
  if (error instanceof Stop) return error.remedy === undefined ? error.message : `${error.message}\n→ ${error.remedy}`;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
