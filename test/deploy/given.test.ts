// The command line of `npm run deploy`: what is wrong with it is told, with what was probably meant.
import { expect, test } from "vitest";

import { main } from "../../scripts/deploy.ts";
import { readGiven } from "../../scripts/deploy/given.ts";
import { Stop } from "../../scripts/deploy/stop.ts";

function wrong(line: string): readonly [string, string | undefined] {
  try {
    readGiven(line.split(" "));
  } catch (error) {
    if (error instanceof Stop) return [error.message, error.remedy];
    throw error;
  }
  throw new Error(`${line} is taken`);
}

test.each([
  ["--stge dev", "there is no option --stge", "did you mean --stage?"],
  ["--stage", "--stage needs a value: --stage S", undefined],
  ["--yes=1", "--yes takes no value", undefined],
  ["chek", "There is no command chek", "did you mean check?"],
  ["launch", "There is no command launch", expect.stringContaining("give one of deploy, check") as string],
  ["toString", "There is no command toString", expect.stringContaining("give one of deploy, check") as string],
  ["check --yes", "check takes no --yes", "see npm run deploy -- --help"],
  ["pause now", "pause takes no now", "see npm run deploy -- --help"],
  ["rollback 2026-11-23T21:50:11.123Z again", "rollback takes no again", "see npm run deploy -- --help"],
])("%s", (line, message, remedy) => {
  expect(wrong(line)).toEqual([message, remedy]);
});

test("without a command it deploys, and each option is read", () => {
  expect(readGiven([])).toMatchObject({ command: "deploy", config: "drawbridge.config.yml", options: { dryRun: false, lose: [] } });
  expect(readGiven(["--dry-run", "--lose", "A", "--lose", "B", "--stage", "prod"])).toMatchObject({
    stage: "prod",
    options: { dryRun: true, lose: ["A", "B"] },
  });
  expect(readGiven(["discard", "A=b", "--yes", "--bypass-lock"])).toMatchObject({ operand: "A=b", yes: true, bypassLock: true });
});

test("the help names every command and option", async () => {
  const said: string[] = [];
  await main(["--help"], (line) => void said.push(line));
  for (const name of ["repair", "restore", "discard", "--kept LIST", "--to T", "--bypass-lock"]) expect(said.join()).toContain(name);
});
