// `npm run deploy`: from drawbridge.config.yml to a running stack, and everything else that is done to a whole deployment.
import { parseArgs } from "node:util";

import { clientsOf } from "./deploy/clients.ts";
import { configFile, readStage, stackName } from "./deploy/config.ts";
import { deploy, history, rollback, type Deployment, type DeployOptions } from "./deploy/deploy.ts";
import { hold } from "./deploy/pause.ts";
import { packagedNow, type PackagedFor } from "./deploy/packaged.ts";
import { policyFor } from "./deploy/policy.ts";
import { prerequisites } from "./deploy/prerequisites.ts";
import type { StackNow } from "./deploy/stack.ts";
import { Stop } from "./deploy/stop.ts";
import { takeIn } from "./deploy/tables.ts";
import { uninstall } from "./deploy/uninstall.ts";

const usage = `Usage: npm run deploy -- [command] [options]

  (none)       deploy: check, package, show what changes, change it
  check        only check the configuration, the credentials, the zones and the trail
  policy       print the policy that a deployer needs
  history      what was deployed, when and by whom
  rollback [T] bring back the deployment before this one, or that of time T
  pause        decide and name nothing until resumed; all waits in its queue
  resume       go on
  uninstall    take the stack down; its tables stay

  --stage S    the stage, where ${configFile} has several
  --config F   another file than ${configFile}
  --dry-run    deploy, rollback: show what would change, and change nothing
  --lose ID    deploy, rollback: this table or secret may be parted from the stack
  --tables T   deploy: a new stack around tables that are there, AllowListTable=name,…
  --yes        uninstall: do it
  --force      uninstall: though services are still in care
`;

type Say = (line: string) => void;

interface Given {
  readonly command: string;
  readonly operand: string | undefined;
  readonly stage: string | undefined;
  readonly config: string;
  readonly tables: string | undefined;
  readonly yes: boolean;
  readonly force: boolean;
  readonly options: DeployOptions;
}

const commands = new Set(["deploy", "check", "policy", "history", "rollback", "pause", "resume", "uninstall"]);

function read(args: readonly string[]): Given | undefined {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      stage: { type: "string" },
      config: { type: "string", default: configFile },
      tables: { type: "string" },
      "dry-run": { type: "boolean", default: false },
      lose: { type: "string", multiple: true, default: [] },
      yes: { type: "boolean", default: false },
      force: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const [command = "deploy", operand] = positionals;
  if (!commands.has(command)) throw new Stop(`There is no command ${command}`, `give one of ${[...commands].join(", ")}`);
  const { stage, config, tables, yes, force, lose } = values;
  return { command, operand, stage, config, tables, yes, force, options: { dryRun: values["dry-run"], lose } };
}

/** Throws a Stop. */
export async function main(args: readonly string[], say: Say, packaged: PackagedFor = packagedNow): Promise<void> {
  const given = read(args);
  if (given === undefined) return say(usage);
  const { command, operand, options } = given;
  const stage = await readStage(given.config, given.stage);
  if (command === "policy") return say(JSON.stringify(policyFor(stage, (await packaged(stage)).template), null, 2));
  const clients = clientsOf(stage.region);
  const { caller, warnings } = await prerequisites(clients, stage);
  const deployment: Deployment = { clients, stage, caller, packaged: () => packaged(stage), tell: say };
  say(`${stackName(stage)} in ${stage.account}, ${stage.region}, by ${caller}`);
  if (command === "check" || command === "deploy") for (const warning of warnings) say(`! ${warning}`);
  switch (command) {
    case "check":
      return say("Ready to deploy.");
    case "history":
      return tellHistory(deployment);
    case "pause":
    case "resume":
      await hold(deployment, command === "pause");
      return say(
        command === "pause" ? "Paused. Requests wait at AWS; go on with npm run deploy -- resume" : "Resumed. What waited is done now.",
      );
    case "uninstall":
      return takeDown(deployment, given);
    case "rollback":
      return tellNext(deployment, await rollback(deployment, operand, options));
    default:
      return bringUp(deployment, given);
  }
}

async function bringUp(deployment: Deployment, { tables, options }: Given): Promise<void> {
  if (tables !== undefined) await takeIn(deployment, tables);
  tellNext(deployment, await deploy(deployment, options));
}

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
  for (const { at, version, by, backTo } of all)
    deployment.tell(`${at}  ${version}  ${by}${backTo === undefined ? "" : `  (back to ${backTo})`}`);
}

async function takeDown(deployment: Deployment, { yes, force }: Given): Promise<void> {
  const { tell: say } = deployment;
  const name = stackName(deployment.stage);
  if (!yes)
    throw new Stop(
      `This would take ${name} down; its tables would stay, and connections as they are`,
      "add --yes to do it; nothing was changed",
    );
  const { tables } = await uninstall(deployment, { force });
  say(`${name} is gone. Its connections are as they were; AWS keeps new requests waiting.`);
  const kept = Object.entries(tables);
  if (kept.length === 0) return;
  say("Kept, with all that they hold:");
  for (const [logicalId, table] of kept) say(`  ${logicalId.padEnd(18)} ${table}`);
  say("A deployment from here on makes new tables beside them. To go on with these instead:");
  say(`  npm run deploy -- --tables ${kept.map(([logicalId, table]) => `${logicalId}=${table}`).join(",")}`);
}

if (import.meta.main) {
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
