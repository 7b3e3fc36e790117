// What is done to a deployment, broken off after one of its calls and then repeated: the end must be as if it had never been broken off.
import { GetTemplateCommand } from "@aws-sdk/client-cloudformation";
import { DescribeTableCommand } from "@aws-sdk/client-dynamodb";
import { GetEventSourceMappingCommand, GetFunctionCommand } from "@aws-sdk/client-lambda";

import type { Packaged } from "../../scripts/deploy/packaged.ts";
import { resourcesOf } from "../../scripts/deploy/stack.ts";
import { breakingOff } from "./breaking-off.ts";
import { place, smallVersion, type Place } from "./small-stack.ts";

interface Begun {
  /** The command that is broken off, and then repeated. */
  readonly line: string;
  readonly version?: 1 | 2 | 3;
}

type Version = (version: 1 | 2 | 3) => { readonly packaged: Packaged };

/** Each with what came before it. */
export const steps: Readonly<Record<string, (at: Place, version: Version) => Promise<Begun>>> = {
  "a first deployment": () => Promise.resolve({ line: "deploy" }),
  async "an upgrade"(at, version) {
    for (const one of [1, 2] as const) await at.run("deploy", version(one));
    return { line: "deploy", version: 3 };
  },
  async "a rollback"(at, version) {
    for (const one of [1, 2, 3] as const) await at.run("deploy", version(one));
    return { line: "rollback" };
  },
  async "a rollback to a time"(at, version) {
    for (const one of [1, 2, 3] as const) await at.run("deploy", version(one));
    return { line: `rollback ${/^(\S+Z) /m.exec(await at.run("history"))?.[1] ?? ""}` };
  },
  async "a repair"(at, version) {
    for (const one of [1, 2] as const) await at.run("deploy", version(one));
    return { line: "repair", version: 2 };
  },
  async "a pause"(at) {
    await at.run("deploy");
    return { line: "pause" };
  },
  async "a resumption"(at) {
    for (const line of ["deploy", "pause"]) await at.run(line);
    return { line: "resume" };
  },
  async "a deployment while it is paused"(at) {
    for (const line of ["deploy", "pause"]) await at.run(line);
    return { line: "deploy", version: 2 };
  },
  async "an uninstall"(at) {
    await at.run("deploy");
    return { line: "uninstall --yes" };
  },
  async "a deployment around what is kept"(at) {
    await at.run("deploy");
    return { line: `deploy --kept ${keptIn(await at.run("uninstall --yes"))}` };
  },
  async "a discard"(at) {
    await at.run("deploy");
    return { line: `discard ${keptIn(await at.run("uninstall --yes"))} --yes --bypass-lock` };
  },
};

export const keptIn = (said: string): string => /--kept (\S+)/.exec(said)?.[1] ?? "";

export interface Broken {
  /** Nothing when the command came to its end before. */
  readonly after: string | undefined;
  /** What the command and its repetition printed. */
  readonly said: string;
  readonly end: object;
}

/** `last` undefined: it is not broken off. */
export async function play(
  step: string,
  stage: string,
  of: Packaged,
  last?: (index: number, name: string, so: number) => boolean,
): Promise<Broken> {
  const at = place(stage, smallVersion(of, 1));
  const version: Version = (one) => ({ packaged: smallVersion(of, one) });
  const { line, version: own = 1 } = (await steps[step]?.(at, version)) ?? { line: "" };
  const counts = new Map<string, number>();
  const breaking = breakingOff((index, name) => {
    const so = (counts.get(name) ?? 0) + 1;
    counts.set(name, so);
    return last?.(index, name, so) ?? false;
  });
  const first = await at.run(line, { ...version(own), clients: breaking.clients }).catch((error: unknown) => {
    if (breaking.isBroken()) return String(error);
    throw error;
  });
  await breaking.settled();
  await at.rests();
  // Whoever has read that it is done does not repeat it.
  const again = !breaking.isBroken() || /^Deployed in /m.test(first) ? "" : await at.run(line, version(own));
  return {
    after: breaking.isBroken() ? `${String(breaking.calls.length - 1)} ${breaking.calls.at(-1) ?? ""}` : undefined,
    said: `${first}\n${again}`,
    end: await endOf(at, `${first}\n${again}`),
  };
}

/** All that a step leaves: the stack and what it holds, what is held, the history, and the names of what was kept. */
async function endOf(at: Place, said: string): Promise<object> {
  const { cloudFormation, dynamoDb, lambda } = at.clients;
  const status = await at.status();
  const kept = Object.keys(
    Object.fromEntries(
      keptIn(said)
        .split(",")
        .map((pair) => pair.split("=")),
    ),
  ).toSorted();
  if (status === undefined) return { kept };
  const resources = await resourcesOf(cloudFormation, at.name);
  const idOf = (id: string): string => resources.get(id)?.id ?? "";
  const { TemplateBody = "" } = await cloudFormation.send(new GetTemplateCommand({ StackName: at.name }));
  const states = ["Admit", "Dns"].map(async (name) => {
    const UUID = idOf(`${name}EventSourceMappingSQS${name}Queue`);
    return (await lambda.send(new GetEventSourceMappingCommand({ UUID }))).State;
  });
  const { Configuration } = await lambda.send(new GetFunctionCommand({ FunctionName: idOf("SweepLambdaFunction") }));
  const table = await dynamoDb.send(new DescribeTableCommand({ TableName: idOf("AllowListTable") }));
  const told = (await at.run("history")).split("\n").filter((line) => /^20\d\d-/.test(line) && !line.endsWith("(failed)"));
  const times = told.map((line) => line.split(" ")[0] ?? "");
  const history = told
    .map((line) => line.replaceAll(/20\d\d-\S+Z/g, (time) => `t${String(times.indexOf(time))}`))
    // A repair that is repeated is made twice.
    .filter((line, index, all) => !line.endsWith("(repaired)") || all[index - 1]?.endsWith("(repaired)") !== true);
  return {
    resources: [...resources].map(([id, { type }]) => `${id} ${type}`).toSorted(),
    template: JSON.parse(TemplateBody.replaceAll(/repaired-\d+/g, "repaired")) as object,
    states: await Promise.all(states),
    variables: Configuration?.Environment?.Variables,
    // A table that is kept is taken in, never made anew.
    isKept: keptIn(said) === "" ? undefined : keptIn(said).includes(table.Table?.TableName ?? "-"),
    history,
  };
}
