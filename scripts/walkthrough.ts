// The PrivateLink tutorial from two empty accounts to `curl http://payments.internal`, on local AWS: `npm run walkthrough`.
// docs/walkthrough.md tells the same story by hand. Exits non-zero when a step is not as told.
import { readFile } from "node:fs/promises";
import { CloudFormationClient } from "@aws-sdk/client-cloudformation";

import type { LocalAws } from "../local/aws.ts";
import { startLocalAws } from "../local/aws.ts";
import { operator, type World } from "./actors.ts";
import { changeSet, execute } from "./deploy/stack.ts";
import { onTerminal, type Narrator } from "./narrator.ts";
import { spawned, type Said } from "./spawned.ts";
import { ensurePackaged } from "./package.ts";

const accounts = { provider: "111111111111", consumer: "222222222222" } as const;
const region = "eu-west-1";
const zoneIds = { ZoneIdA: "euw1-az1", ZoneIdB: "euw1-az2" } as const;
const welcome = "Welcome to PrivateLink Demo from VPC-A";
const ownName = "payments.internal";

interface Stage {
  readonly tell: Narrator;
  readonly local: LocalAws;
  /** Brings a stack up in an account and gives its outputs. */
  readonly deploy: (account: string, name: string, file: string, parameters: Readonly<Record<string, string>>) => Promise<Outputs>;
  /** Runs a command and tells its output. */
  readonly run: (who: string, shown: string, work: () => Promise<Said>) => Promise<Said>;
  /** A command inside a VPC, with an account's credentials. */
  readonly inside: (vpc: string, account: string, ...command: readonly string[]) => () => Promise<Said>;
}
type Outputs = Readonly<Record<string, string>>;

async function story(tell: Narrator): Promise<void> {
  tell.chapter("Drawbridge is deployed in the provider's account");
  await ensurePackaged();
  const local = await startLocalAws({
    account: accounts.provider,
    region,
    port: 0,
    // On AWS an account that is not named may not even ask.
    assumptions: { servicesOpenUntilPermissionsSet: false, vpcsNeedNotExist: false },
    parameters: { ApproverEmail: "approvers@payments.example" },
  });
  try {
    tell.tells(`up after ${tell.elapsed().toFixed(1)} s; AWS answers at ${local.aws}`);
    await told(stageOf(tell, local));
  } finally {
    await local.close();
  }
}

async function told(stage: Stage): Promise<void> {
  const { tell, local, deploy, run, inside } = stage;
  const world: World = { aws: local.aws, api: local.api, inbox: local.inbox, region };
  const drawbridge = operator(world, accounts.provider);

  tell.chapter("Steps 1 to 4: VPC-A, its web server and load balancer, and an endpoint service that asks for acceptance");
  const provider = await deploy(accounts.provider, "walkthrough-provider", "infra/provider.yml", {
    ConsumerAccount: accounts.consumer,
    ...zoneIds,
  });
  const { ServiceId = "", ServiceName = "" } = provider;
  const adding = succeeding(() => drawbridge("services", "add", ServiceId, "--no-names", "--yes"));
  await run("operator", `drawbridge services add ${ServiceId} --no-names --yes`, adding);

  tell.chapter("Step 5: the consumer is told the service's name");
  tell.tells(ServiceName);

  tell.chapter("Step 6: VPC-B, its client, and an interface endpoint to that service");
  const consumer = await deploy(accounts.consumer, "walkthrough-consumer", "infra/consumer.yml", { ServiceName, ...zoneIds });
  const { EndpointId = "", EndpointName = "" } = consumer;
  const curl = (vpc: string, name: string) => inside(vpc, accounts.consumer, "curl", "-sS", "--max-time", "20", `http://${name}`);
  const verify = inside("vpc-b", accounts.consumer, process.execPath, "cli/drawbridge.ts", "verify", EndpointId, "--name", ownName);
  const verifyShown = `npm run local -- exec vpc-b -- npx drawbridge verify ${EndpointId} --name ${ownName}`;

  tell.chapter("Before acceptance: the same requests fail, and verify says why");
  for (const name of [EndpointName, ownName]) {
    const { code, stdout } = await run("consumer", `npm run local -- exec vpc-b -- curl http://${name}`, curl("vpc-b", name));
    if (code === 0 || stdout.includes(welcome)) throw new Error(`curl http://${name} went through before acceptance`);
  }
  const why = await run("consumer", verifyShown, verify);
  if (why.code !== 1 || !why.stdout.includes("pendingAcceptance")) throw new Error("verify does not say that acceptance is missing");
  await tell.sees("Drawbridge has the question", 20, async () =>
    (await drawbridge("pending", "--json")).stdout.includes(EndpointId) ? true : undefined,
  );

  const asProvider = { ...credentialsOf(local, accounts.provider), DRAWBRIDGE_API: local.api };
  const verifying = () => spawned([process.execPath, "cli/drawbridge.ts", "verify", EndpointId], asProvider);
  const asked = await run("operator", `npx drawbridge verify ${EndpointId}`, verifying);
  if (asked.code !== 1 || !asked.stdout.includes("no entry")) throw new Error("verify does not tell the provider that no entry matches");

  tell.chapter("The provider accepts");
  const approving = succeeding(() => drawbridge("approve", EndpointId, "--reason", "the walkthrough"));
  await run("operator", `drawbridge approve ${EndpointId} --reason "the walkthrough"`, approving);
  await tell.sees("AWS shows it available", 30, async () => {
    const shown = await local.call("ec2", "DescribeVpcEndpoints", { VpcEndpointIds: [EndpointId] }, accounts.consumer);
    return JSON.stringify(shown).includes('"State":"available"') ? true : undefined;
  });
  // No event tells Drawbridge of it: it looks again by itself.
  await tell.sees("Drawbridge has it as connected", 30, async () => {
    const { stdout } = await drawbridge("show", EndpointId, "--json");
    return (JSON.parse(stdout) as { connection?: { status?: string } }).connection?.status === "connected" ? true : undefined;
  });

  tell.chapter("Only VPC-B knows the names, and its addresses lead nowhere from elsewhere");
  const found = await run(
    "consumer",
    `npm run local -- nslookup vpc-b ${EndpointName}`,
    succeeding(nslookup(local, "vpc-b", EndpointName)),
  );
  const [address = ""] = /(?:\d+\.){3}\d+/.exec(found.stdout) ?? [];
  if (!address.startsWith("10.1.")) throw new Error(`${EndpointName} resolves to ${address}, not into VPC-B`);
  for (const name of [EndpointName, ownName]) {
    const elsewhere = await run("provider", `npm run local -- nslookup vpc-a ${name}`, nslookup(local, "vpc-a", name));
    if (elsewhere.code === 0) throw new Error(`${name} resolves in VPC-A`);
  }
  const stray = await run("provider", `npm run local -- exec vpc-a -- curl http://${address}`, curl("vpc-a", address));
  if (stray.code === 0) throw new Error(`${address} is reached from VPC-A`);

  tell.chapter("Step 7: the client in VPC-B asks, by both names");
  for (const name of [EndpointName, ownName]) {
    const { stdout } = await run("consumer", `npm run local -- exec vpc-b -- curl http://${name}`, succeeding(curl("vpc-b", name)));
    if (stdout.trim() !== welcome) throw new Error(`curl http://${name} answers ${JSON.stringify(stdout)}, not ${JSON.stringify(welcome)}`);
  }

  tell.chapter("Every check, from both sides");
  allGreen(await run("consumer", verifyShown, verify), 13);
  allGreen(await run("operator", `npx drawbridge verify ${EndpointId}`, verifying), 9);
}

function allGreen({ code, stdout }: Said, least: number): void {
  const lines = stdout.split("\n").filter((line) => /^(ok|failed|not readable) /.test(line));
  const green = lines.filter((line) => line.startsWith("ok "));
  if (code !== 0 || green.length !== lines.length || green.length < least)
    throw new Error(`${String(green.length)} of ${String(lines.length)} checks are green, and ${String(least)} should be`);
}

const succeeding = (work: () => Promise<Said>) => async (): Promise<Said> => {
  const said = await work();
  if (said.code !== 0) throw new Error(`it ended with ${String(said.code)}: ${said.stderr.trim()}`);
  return said;
};

const nslookup =
  (local: LocalAws, vpc: string, name: string): (() => Promise<Said>) =>
  () =>
    spawned([process.execPath, "local/enter.ts", "nslookup", vpc, name], { AWS_ENDPOINT_URL: local.aws });

function stageOf(tell: Narrator, local: LocalAws): Stage {
  return {
    tell,
    local,
    async deploy(account, name, file, parameters) {
      const given = Object.entries(parameters).map(([key, value]) => `${key}=${value}`);
      tell.does(
        account === accounts.provider ? "provider" : "consumer",
        `aws cloudformation deploy --stack-name ${name} --template-file ${file} --capabilities CAPABILITY_IAM --parameter-overrides ${given.join(" ")}`,
      );
      const credentials = { accessKeyId: account, secretAccessKey: "local" };
      const client = new CloudFormationClient({ endpoint: local.aws, region, credentials });
      const TemplateBody = await readFile(new URL(`../${file}`, import.meta.url), "utf8");
      const set = await changeSet(client, name, { ChangeSetType: "CREATE", TemplateBody, parameters });
      const { outputs } = await execute(client, set, (line) => tell.tells(line.trim()));
      for (const [key, value] of Object.entries(outputs)) tell.tells(`${key.padEnd(16)} ${value}`);
      return outputs;
    },
    async run(who, shown, work) {
      tell.does(who, shown);
      const said = await work();
      for (const line of `${said.stdout}\n${said.stderr}`.split("\n")) if (line.trim() !== "") tell.tells(line);
      return said;
    },
    inside(vpc, account, ...command) {
      return () => spawned([process.execPath, "local/enter.ts", "exec", vpc, "--", ...command], credentialsOf(local, account));
    },
  };
}

const credentialsOf = (local: LocalAws, account: string): Readonly<Record<string, string>> => ({
  AWS_ENDPOINT_URL: local.aws,
  AWS_REGION: region,
  AWS_ACCESS_KEY_ID: account,
  AWS_SECRET_ACCESS_KEY: "local",
});

await onTerminal(story);
