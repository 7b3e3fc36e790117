// Drawbridge in a smoke run, as everybody deploys it: `npm run deploy` by a role that has the printed policy and nothing else, doctor by
// one that has the operator's, and the uninstall.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import manifest from "../../package.json" with { type: "json" };
import { main as npmRunDeploy, type Means } from "../deploy.ts";
import { clientsOf, type Keys } from "../deploy/clients.ts";
import type { Stage } from "../deploy/config.ts";
import { policyFor } from "../deploy/policy.ts";
import { stackNow } from "../deploy/stack.ts";
import { Stop } from "../deploy/stop.ts";
import { ensurePackaged } from "../package.ts";
import { actor, settled } from "./people.ts";
import { emptyBuckets } from "./stacks.ts";
import type { Ground, Zone } from "./world.ts";
import { throwAwayTemplate } from "./world-template.ts";

const MINUTE = 60_000;

export interface Deployed {
  /** The address of its API. */
  readonly api: string;
  /** What doctor found, as it said it; once everything was to be well. */
  readonly doctor: () => Promise<readonly Finding[] | undefined>;
  readonly uninstall: () => Promise<void>;
}

export interface Finding {
  readonly about: string;
  readonly state: string;
  readonly message: string;
}

/** A stage has no hyphen. */
export const stageOf = (run: string): string => run.replaceAll("-", "");

export async function deployDrawbridge(ground: Ground, zone: Zone): Promise<Deployed> {
  const { clients, made, steps } = ground;
  await ensurePackaged();
  const stage: Stage = { stage: stageOf(made.note.run), account: clients.account, region: clients.region, hostedZones: [zone.id] };
  const template = await throwAwayTemplate(stage.stage);
  const deployer = await actor(ground, "deployer", {
    Policies: [{ PolicyName: "deploy", PolicyDocument: policyFor(stage, template) }],
  });
  const { stage: name, ...fields } = stage;
  const zips = fileURLToPath(new URL("../../dist", import.meta.url));
  const means: Means = {
    packaged: () => Promise.resolve({ version: manifest.version, template, zips }),
    clients: (region) => clientsOf(region, deployer),
  };
  const deploy = async (...words: readonly string[]): Promise<void> => {
    const folder = mkdtempSync(join(tmpdir(), "drawbridge-smoke-"));
    const config = join(folder, "drawbridge.config.yml");
    writeFileSync(config, stringify({ stages: { [name]: fields } }));
    try {
      await npmRunDeploy([...words, "--config", config], () => undefined, means);
    } catch (error) {
      throw error instanceof Stop ? new Error(`${error.message} (${error.remedy ?? ""})`, { cause: error }) : error;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
  const stack = `drawbridge-${name}`;
  await steps.need("npm run deploy -- check, with the printed policy and no other right", 3 * MINUTE, async (wait) => {
    made.about({ kind: "stack", name: stack });
    await settled(wait, () => deploy("check"));
  });
  const outputs = await steps.need("npm run deploy", 20 * MINUTE, async () => {
    await deploy();
    return (await stackNow(clients.cloudformation, stack))?.outputs ?? {};
  });
  const { ApiUrl: api, OperatorPolicyArn: policy } = outputs;
  if (api === undefined || policy === undefined) throw new Error(`the stack ${stack} has no outputs ApiUrl and OperatorPolicyArn`);
  return {
    api,
    doctor: () => askDoctor(ground, api, policy),
    uninstall: () =>
      steps.need("npm run deploy -- uninstall, with the printed policy", 20 * MINUTE, async () => {
        await emptyBuckets(clients, stack);
        await deploy("uninstall", "--yes").catch(async () => {
          // A function may have written something while it was taken down; nobody does any more.
          await emptyBuckets(clients, stack);
          await deploy("uninstall", "--yes");
        });
      }),
  };
}

/** Nobody is subscribed here, so that nobody is mailed. */
const expected = new Set(["approvers", "alarms"]);

/** What it may not read is a right that the operator's policy lacks. */
async function askDoctor(ground: Ground, api: string, policy: string): Promise<readonly Finding[] | undefined> {
  const operator = await actor(ground, "operator", { ManagedPolicyArns: [policy] });
  let findings: readonly Finding[] | undefined;
  await ground.steps.probe("npx drawbridge doctor, with the operator's policy and no other right", 3 * MINUTE, (wait) =>
    settled(wait, async () => {
      findings = await doctorAs(operator, api, ground.clients.region);
      const wrong = findings.filter(({ about, state }) => state === "not readable" || (state === "failed" && !expected.has(about)));
      if (wrong.length > 0) throw new Error(wrong.map(({ about, message }) => `${about}: ${message}`).join("; "));
    }),
  );
  return findings;
}

/** A program of its own, since the command takes its keys from where every AWS program does. */
async function doctorAs(keys: Keys, api: string, region: string): Promise<readonly Finding[]> {
  const { AWS_PROFILE: _, ...env } = process.env;
  const child = spawn(process.execPath, [fileURLToPath(new URL("../../cli/drawbridge.ts", import.meta.url)), "doctor", "--json"], {
    env: {
      ...env,
      DRAWBRIDGE_API: api,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      AWS_SESSION_TOKEN: keys.sessionToken,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, err] = [child.stdout, child.stderr].map((stream) => {
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => void chunks.push(chunk));
    return () => Buffer.concat(chunks).toString("utf8");
  });
  await new Promise((resolve) => child.once("close", resolve));
  const told = out?.() ?? "";
  if (!told.startsWith("{")) throw new Error(`doctor: ${err?.().trim() ?? ""} ${told.trim()}`);
  return (JSON.parse(told) as { findings: readonly Finding[] }).findings;
}
