// The command line of `npm run deploy`: its commands, the options that each takes, and what is told of them.
import { readKnown, type Options } from "../../cli/command.ts";
import { nearest } from "../../lib/nearest.ts";
import { Failure } from "../../cli/failure.ts";
import { configFile } from "./config.ts";
import type { DeployOptions } from "./deployment.ts";
import { Stop } from "./stop.ts";

const options = {
  stage: { value: "S", help: `the stage, where ${configFile} has several` },
  config: { value: "F", help: `another file than ${configFile}` },
  "dry-run": { help: "show what would change, and change nothing" },
  lose: { value: "ID", several: true, help: "this table, secret, bucket or key may be parted from the stack" },
  kept: { value: "LIST", help: "a new stack around what is there, AllowListTable=name,…" },
  to: { value: "T", help: "the time to go back to, such as 2026-11-23T09:00:00Z" },
  yes: { help: "do it" },
  force: { help: "though services are still in care" },
  "bypass-lock": { help: "also what is locked in the mode GOVERNANCE" },
  help: { help: "show this" },
} as const satisfies Options;
type Option = keyof typeof options;

/** Each takes these besides --stage, --config and --help. */
const commands = {
  deploy: { does: "check, package, show what changes, change it; this without a command too", takes: ["dry-run", "lose", "kept"] },
  check: { does: "only check the configuration, the credentials, the zones, the domain and the trail", takes: [] },
  policy: { does: "print the policy that a deployer needs; policy restore, policy discard: what these take besides", takes: [] },
  history: { does: "what was deployed, when and by whom", takes: [] },
  rollback: { does: "bring back the deployment before this one, or with a time that one", takes: ["dry-run", "lose"] },
  repair: { does: "put right what was changed past CloudFormation", takes: ["dry-run", "lose"] },
  pause: { does: "decide and name nothing until resumed; all waits in its queue", takes: [] },
  resume: { does: "go on", takes: [] },
  restore: { does: "make tables as all were at a time, beside those in use", takes: ["to"] },
  uninstall: { does: "take the stack down; what it holds stays", takes: ["yes", "force"] },
  discard: { does: "remove for good what uninstall kept: discard AllowListTable=name,…", takes: ["yes", "bypass-lock"] },
} as const satisfies Readonly<Record<string, { readonly does: string; readonly takes: readonly Option[] }>>;
export type CommandName = keyof typeof commands;

export interface Given {
  readonly command: CommandName;
  readonly operand: string | undefined;
  readonly stage: string | undefined;
  readonly config: string;
  readonly kept: string | undefined;
  readonly to: string | undefined;
  readonly yes: boolean;
  readonly force: boolean;
  readonly bypassLock: boolean;
  readonly options: DeployOptions;
}

const always: readonly Option[] = ["stage", "config", "help"];
const withOperand: ReadonlySet<CommandName> = new Set(["policy", "rollback", "discard"]);

/** Nothing when help is asked for. Throws a Stop. */
export function readGiven(args: readonly string[]): Given | undefined {
  const { positionals, given } = told(() => readKnown(args, options, true));
  if (given.flag("help")) return undefined;
  const [command = "deploy", operand, more] = positionals;
  if (!isCommand(command)) throw new Stop(`There is no command ${command}`, suggestion(command));
  const surplus = more ?? (withOperand.has(command) ? undefined : operand);
  if (surplus !== undefined) throw new Stop(`${command} takes no ${surplus}`, "see npm run deploy -- --help");
  const takes = new Set<Option>([...always, ...commands[command].takes]);
  const other = (Object.keys(options) as Option[]).find((name) => given.flag(name) && !takes.has(name));
  if (other !== undefined) throw new Stop(`${command} takes no --${other}`, "see npm run deploy -- --help");
  return {
    command,
    operand,
    stage: given.text("stage"),
    config: given.text("config") ?? configFile,
    kept: given.text("kept"),
    to: given.text("to"),
    yes: given.flag("yes"),
    force: given.flag("force"),
    bypassLock: given.flag("bypass-lock"),
    options: { dryRun: given.flag("dry-run"), lose: given.texts("lose") ?? [] },
  };
}

const isCommand = (name: string): name is CommandName => Object.hasOwn(commands, name);

function suggestion(given: string): string {
  const near = nearest(given, Object.keys(commands));
  return near === undefined ? `give one of ${Object.keys(commands).join(", ")}` : `did you mean ${near}?`;
}

/** A wrong command line is told as everything else is that stops a deployment. */
function told<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof Failure ? new Stop(error.message, error.remedy) : error;
  }
}

const row = (name: string, text: string): string => `  ${name.padEnd(13)} ${text}\n`;

export const usage = [
  "Usage: npm run deploy -- [command] [options]\n\n",
  ...Object.entries(commands).map(([name, { does }]) => row(name, does)),
  "\n",
  ...Object.entries(options).map(([name, option]) =>
    row(`--${name}${"value" in option ? ` ${option.value}` : ""}`, `${whose(name)}${option.help}`),
  ),
].join("");

function whose(name: string): string {
  const of = Object.entries(commands).flatMap(([command, { takes }]) => ((takes as readonly string[]).includes(name) ? [command] : []));
  return of.length === 0 ? "" : `${of.join(", ")}: `;
}
