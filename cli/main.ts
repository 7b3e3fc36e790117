// The drawbridge command: finds what was asked for, runs it, and turns every end into an exit code.

import { policyCommands } from "./apply.ts";
import { approverCommands } from "./approvers.ts";
import { auditCommands } from "./audit.ts";
import { connect, type Connecting } from "./client.ts";
import { nearest } from "../lib/nearest.ts";
import { readArguments, type Call, type Command } from "./command.ts";
import { connectionCommands } from "./connections.ts";
import { doctorCommands } from "./doctor.ts";
import { entryCommands } from "./entries.ts";
import { explainCommands } from "./explain.ts";
import { Failure, failureLines, ToldFailure, wrongUsage } from "./failure.ts";
import { freezeCommands } from "./freezes.ts";
import { helpOf, helpOfAll, helpOfGroup, type Section } from "./help.ts";
import { inviteCommands } from "./invite.ts";
import { privateDnsCommands } from "./private-dns.ts";
import { redriveCommands } from "./redrive.ts";
import { printableJson } from "./json.ts";
import { harmless, painted } from "./render.ts";
import { settingsCommands } from "./service-settings.ts";
import { reportCommands } from "./reports.ts";
import { serviceCommands } from "./services.ts";
import { showCommands } from "./show.ts";
import { slackCommands } from "./slack.ts";
import type { Terminal } from "./terminal.ts";
import { verifyCommands } from "./verify.ts";

const sections: readonly Section[] = [
  { title: "Services", commands: [...serviceCommands, ...settingsCommands, ...privateDnsCommands, ...freezeCommands] },
  { title: "The allow-list", commands: [...entryCommands, ...inviteCommands, ...explainCommands, ...policyCommands] },
  { title: "Connections, and those who answer for them", commands: [...showCommands, ...connectionCommands, ...approverCommands] },
  { title: "The log", commands: [...auditCommands, ...reportCommands] },
  { title: "Health", commands: [...doctorCommands, ...verifyCommands, ...redriveCommands, ...slackCommands] },
];
export const commands: readonly Command[] = sections.flatMap((section) => section.commands);

/** Gives the exit code: 0 done, 1 refused or failed, 2 wrong usage. */
export async function main(args: readonly string[], terminal: Terminal, waits?: Connecting["waits"]): Promise<0 | 1 | 2> {
  try {
    await perform(args, terminal, waits);
    return 0;
  } catch (error) {
    const failure =
      error instanceof Failure
        ? error
        : new Failure(1, "Failed", `Something went wrong inside: ${error instanceof Error ? error.message : String(error)}`);
    if (args.includes("--json") && !(failure instanceof ToldFailure))
      terminal.out(
        printableJson({
          error: {
            code: failure.code,
            message: failure.message,
            remedy: failure.remedy,
            field: failure.field,
          },
        }),
      );
    const name = painted("drawbridge:", "red", terminal.aside);
    for (const line of failureLines(failure)) terminal.err(`${name} ${harmless(line)}`);
    return failure.exit;
  }
}

async function perform(args: readonly string[], terminal: Terminal, waits: Connecting["waits"]): Promise<void> {
  const { positionals, given } = readArguments(args, {}, false);
  const tell = (key: string, text: string): void => terminal.out(given.flag("json") ? JSON.stringify({ [key]: text }) : text);
  if (given.flag("version")) return tell("version", await version());
  const words = positionals[0] === "help" ? positionals.slice(1) : positionals;
  const wantsHelp = given.flag("help") || positionals[0] === "help";
  if (words.length === 0) {
    if (!wantsHelp && args.length > 0) throw wrongUsage("no command is given", "see drawbridge help");
    return tell("help", helpOfAll(sections, terminal));
  }
  const group = commands.filter(({ name }) => name.startsWith(`${words[0] ?? ""} `));
  if (wantsHelp && words.length === 1 && group.length > 0) return tell("help", helpOfGroup(words[0] ?? "", group, terminal));
  const { command, used } = find(words, followsAtOnce(args, words));
  if (wantsHelp) return tell("help", helpOf(command, terminal));
  await command.run(callOf(command, used, args, terminal, waits));
}

/** Whether the second word stands right behind the first: in `audit --actor ann` it is an option's value. */
const followsAtOnce = (args: readonly string[], [first = "", second]: readonly string[]): boolean =>
  second !== undefined && args.slice(args.indexOf(first) + 1).find((word) => !flags.has(word)) === second;
const flags = new Set(["--json", "--help", "-h"]);

/** `services` alone lists them. */
function find(words: readonly string[], isName: boolean): { command: Command; used: number } {
  const [first = "", behind] = words;
  const second = isName ? behind : undefined;
  const whole = commands.find(({ name }) => name === `${first} ${second ?? "list"}`);
  if (whole !== undefined) return { command: whole, used: second === undefined ? 1 : 2 };
  const single = commands.find(({ name }) => name === first);
  if (single !== undefined) return { command: single, used: 1 };
  const parts = commands.filter(({ name }) => name.startsWith(`${first} `)).map(({ name }) => name.slice(first.length + 1));
  const near =
    parts.length > 0
      ? nearest(second ?? "", parts)
      : nearest(first, [...new Set(commands.map(({ name }) => name.split(" ")[0] ?? name)), "help"]);
  const meant = parts.length > 0 ? `${first} ${near ?? ""}` : near;
  throw wrongUsage(
    `there is no command ${parts.length > 0 ? `${first} ${second ?? ""}` : first}`,
    near === undefined ? "see drawbridge help" : `did you mean ${meant ?? ""}?`,
  );
}

function callOf(command: Command, used: number, args: readonly string[], terminal: Terminal, waits: Connecting["waits"]): Call {
  const { positionals, given } = readArguments(args, command.options, true);
  if (given.flag("csv") && given.flag("json")) throw wrongUsage("--csv and --json exclude each other");
  const address = given.text("api") ?? terminal.env["DRAWBRIDGE_API"];
  return {
    operands: positionals.slice(used),
    given,
    api: connect({ address, env: terminal.env, ...(waits === undefined ? {} : { waits }) }),
    terminal,
    result: (value, text) => terminal.out(given.flag("json") ? printableJson(value, 2) : text()),
  };
}

async function version(): Promise<string> {
  const { default: manifest } = await import("../package.json", { with: { type: "json" } });
  return manifest.version;
}
