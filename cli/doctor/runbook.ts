// The first command of an alarm's entry in the runbook, which is the one home of what to do when it rings.

import { readFileSync } from "node:fs";

let text: string | undefined;

/** As it is to be typed: with the stack's own name in it. */
export function firstLook(alarm: string, stack: string): string {
  text ??= readFileSync(new URL("../../docs/runbook.md", import.meta.url), "utf8");
  const entry = text.split(/^## /m).find((one) => one.startsWith(`${alarm}\n`)) ?? "";
  const command = /^```sh\n(.+)$/m.exec(entry)?.[1];
  return command?.replaceAll("$STACK", stack) ?? `see ${alarm} in docs/runbook.md`;
}
