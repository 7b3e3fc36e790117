// The help: of the whole command and of each of its parts.

import { globals, type Command, type Options } from "./command.ts";

const columnOf = (names: readonly string[]): number => Math.max(...names.map(({ length }) => length)) + 2;

export function helpOfAll(commands: readonly Command[]): string {
  const room = columnOf(commands.map(({ name }) => name));
  return [
    "drawbridge: who may connect to your AWS PrivateLink services",
    "",
    "Usage: drawbridge <command> [options]",
    "",
    "Commands:",
    ...commands.map(({ name, summary }) => `  ${name.padEnd(room)}${summary}`),
    `  ${"help".padEnd(room)}this help, or that of a command: drawbridge help allow`,
    "",
    "Everywhere:",
    ...optionLines(globals),
    "",
    "Requests are signed with your AWS credentials (AWS_PROFILE, aws sso login, environment …), so that the log names you.",
    "They need the permission execute-api:Invoke on the deployment's API.",
    "Exit codes: 0 done, 1 refused or failed, 2 wrong usage.",
    "",
    "First steps:",
    "  export DRAWBRIDGE_API=https://abc123.execute-api.eu-west-1.amazonaws.com",
    "  drawbridge services add vpce-svc-0123456789abcdef0 --zone privatelink.example.com",
    "  drawbridge allow 222222222222 --service vpce-svc-0123456789abcdef0 --name acme",
    "  drawbridge show vpce-0123456789abcdef0",
  ].join("\n");
}

/** The help of commands that share their first word. */
export function helpOfGroup(word: string, commands: readonly Command[]): string {
  const room = columnOf(commands.map(({ name }) => name));
  return [
    `Usage: drawbridge ${word} <command> [options]`,
    "",
    "Commands:",
    ...commands.map(({ name, summary }) => `  ${name.padEnd(room)}${summary}`),
    "",
    `See drawbridge ${commands[0]?.name ?? word} --help and so on.${commands.some(({ name }) => name === `${word} list`) ? ` drawbridge ${word} alone is drawbridge ${word} list.` : ""}`,
  ].join("\n");
}

export function helpOf({ name, operands, summary, more, options, examples }: Command): string {
  return [
    `Usage: drawbridge ${[name, operands, "[options]"].filter((part) => part !== "").join(" ")}`,
    "",
    sentenceCase(summary),
    ...(more === undefined ? [] : [more]),
    ...(Object.keys(options).length === 0 ? [] : ["", "Options:", ...optionLines(options)]),
    "",
    "Everywhere:",
    ...optionLines(globals),
    "",
    examples.length === 1 ? "Example:" : "Examples:",
    ...examples.map((example) => `  ${example}`),
  ].join("\n");
}

function optionLines(options: Options): string[] {
  const shown = Object.entries(options).map(
    ([name, { value, help }]) => [`--${name}${value === undefined ? "" : ` ${value}`}`, help] as const,
  );
  const room = columnOf(shown.map(([form]) => form));
  return shown.map(([form, help]) => `  ${form.padEnd(room)}${help}`);
}

const sentenceCase = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
