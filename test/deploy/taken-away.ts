// A deployer who lacks one right: what they were about to do stops, and says which right it is.
import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";

import type { LocalAws } from "../../local/aws-options.ts";
import type { Packaged } from "../../scripts/deploy/packaged.ts";
import type { Policy } from "../../scripts/deploy/policy.ts";
import { blocksOf } from "./document.ts";
import { account, emptyAccount, nextVersion, thisVersion, type NextVersion } from "./place.ts";
import { runLine, type Shell } from "./shell.ts";

const commands = {
  deploy: "npm run deploy",
  upgrade: "npm run deploy",
  pause: "npm run deploy -- pause",
  repair: "npm run deploy -- repair",
  uninstall: "npm run deploy -- uninstall --yes",
} as const;

export type Step = keyof typeof commands;
export type Case = readonly [step: Step, action: string];

export function takenAway(cases: readonly Case[]): void {
  const config = join(tmpdir(), `drawbridge.taken.${String(process.pid)}.yml`);
  let local: LocalAws;
  let shell: Shell;
  let next: NextVersion;
  let whole: Policy;
  let first: Packaged;

  beforeAll(async () => {
    const [page, place, packaged] = await Promise.all([blocksOf("docs/deploy.md"), emptyAccount(), thisVersion()]);
    [local, first] = [place, packaged];
    next = nextVersion(first);
    const text = page.find(({ name }) => name === "config")?.text ?? "";
    writeFileSync(config, text.replace("Z0123456789ABCDEFGHIJ", local.zoneId));
    const root = { accessKeyId: account, secretAccessKey: "local" };
    shell = { local, config, deployer: root, operator: root, variables: {}, files: new Map(), packaged: () => Promise.resolve(first) };
    whole = JSON.parse((await runLine(shell, "npm run --silent deploy -- policy")).text) as Policy;
  });
  afterEach(async () => {
    as(whole);
    shell.packaged = () => Promise.resolve(first);
    await runLine(shell, commands.uninstall);
  });
  afterAll(async () => {
    await local.close();
    next.remove();
    rmSync(config, { force: true });
  });

  const as = (document: Policy): void => {
    const role = { arn: `arn:aws:iam::${account}:role/deployer`, name: "deployer", policies: [{ name: "deploy", document }] };
    shell.deployer = local.issue(role, "walk");
  };
  const without = (action: string): Policy => ({
    ...whole,
    Statement: whole.Statement.flatMap((one) => {
      const Action = one.Action.filter((each) => each !== action);
      return Action.length === 0 ? [] : [{ ...one, Action }];
    }),
  });
  const well = async (line: string): Promise<void> => {
    as(whole);
    const { code, text } = await runLine(shell, line);
    expect(code, text).toBe(0);
  };

  test.each(cases)("%s stops without %s, and goes on with it", async (step, action) => {
    if (step !== "deploy") await well(commands.deploy);
    if (step === "upgrade") shell.packaged = () => Promise.resolve(next.packaged);
    as(without(action));
    const { code, text } = await runLine(shell, commands[step]);
    expect({ code, text }).toMatchObject({ code: 1, text: expect.stringContaining(action) as string });
    // What a first deployment made of its bucket has to go first, as the command says.
    as(whole);
    const isStuck = async (): Promise<boolean> =>
      (await runLine(shell, "npm run deploy -- --dry-run")).text.includes("uninstall, and deploy again");
    if (step === "deploy" && (await isStuck())) await well(commands.uninstall);
    await well(commands[step]);
  });
}
