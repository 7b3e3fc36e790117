// `npm start`: local AWS with the deployed stack, until somebody ends it.
import { parseArgs } from "node:util";

import type { LocalAws } from "./aws-options.ts";

const USAGE = `Usage: npm start -- [options]

  --empty      the deployed stack and one hosted zone, without the sample world
  --port N     AWS on port N, the HTTP API on N+1, the inbox on N+2; 0 takes free ports (default 4566)
  --verbose    print what the functions print
  --help       print this
`;

const PORT_DEFAULT = 4566;
const PARENT_LOOK_MS = 500;
const ZONE = "privatelink.example.com";
/** Who is asked by mail; the letters land in the inbox. */
const APPROVERS = "approvers@privatelink.example.com";
/** Who hears of alarms, so that `drawbridge doctor` finds nothing missing. */
const ON_CALL = "on-call@privatelink.example.com";

interface Options {
  readonly empty: boolean;
  readonly verbose: boolean;
  readonly port: number;
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** undefined: help was asked for. Throws with a line for people. */
function optionsOf(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: { empty: { type: "boolean" }, verbose: { type: "boolean" }, help: { type: "boolean" }, port: { type: "string" } },
  });
  if (values.help === true) return undefined;
  const port = values.port === undefined ? PORT_DEFAULT : Number(values.port);
  if (!/^\d+$/.test(values.port ?? "0") || port > 65_533)
    throw new Error(`--port needs a number from 0 to 65533, not "${values.port ?? ""}".`);
  return { empty: values.empty === true, verbose: values.verbose === true, port };
}

/** `isUp` is called as soon as there is something to end. */
async function run(options: Options, isUp: () => void): Promise<void> {
  const starting = Date.now();
  const { ensurePackaged } = await import("../scripts/package.ts");
  await ensurePackaged([], say);
  const { startLocalAws } = await import("./aws.ts");
  const { port } = options;
  const local = await startLocalAws({
    port,
    apiPort: port === 0 ? 0 : port + 1,
    inboxPort: port === 0 ? 0 : port + 2,
    zoneName: ZONE,
    parameters: { ApproverEmail: APPROVERS, AlarmEmail: ON_CALL },
    log: say,
    ...(options.verbose ? { trace: say, print: (name: string, line: string): void => say(`${name}  ${line}`) } : {}),
  });
  isUp();
  endOn(local);
  if (!options.empty) {
    const { sampleWorld } = await import("./world.ts");
    await sampleWorld(local);
  }
  say(
    `Local AWS is up after ${((Date.now() - starting) / 1000).toFixed(1)} s, with the stack ${local.stack.name} in account ${local.account}, ${local.region}.`,
  );
  say(`  AWS    ${local.aws}   (AWS_ENDPOINT_URL; the access key id is the account: ${local.account})`);
  say(`  API    ${local.api}`);
  say(`  Inbox  ${local.inbox}`);
  say("Ctrl-C ends it.");
  process.stdout.write(`ready ${JSON.stringify({ aws: local.aws, api: local.api, inbox: local.inbox })}\n`);
}

/** Ends cleanly on a signal, and when the program that started it is gone. */
function endOn(local: LocalAws): void {
  let ending = false;
  const end = (): void => {
    if (ending) return;
    ending = true;
    local.close().then(
      () => process.exit(0),
      (error: unknown) => {
        say(`Could not end cleanly: ${String(error)}`);
        process.exit(1);
      },
    );
  };
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, end);
  process.on("disconnect", end);
  // npm passes no signal on when it is ended itself: its end is ours.
  if (process.env["npm_lifecycle_event"] !== undefined) {
    const parent = process.ppid;
    setInterval(() => {
      if (process.ppid !== parent) end();
    }, PARENT_LOOK_MS).unref();
  }
}

async function main(): Promise<void> {
  let options: Options | undefined;
  try {
    options = optionsOf(process.argv.slice(2));
  } catch (error) {
    say(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  if (options === undefined) {
    process.stdout.write(USAGE);
    return;
  }
  // A signal before local AWS is up ends the process at once, as by default; 0 all the same.
  const early = (): void => process.exit(0);
  process.once("SIGTERM", early).once("SIGINT", early);
  try {
    await run(options, () => process.off("SIGTERM", early).off("SIGINT", early));
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}

await main();
