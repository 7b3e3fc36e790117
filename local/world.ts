// The sample world of `npm start`: a payment service in care, and consumers in every state one meets.

import { consumer, operator, provider, type World } from "../scripts/actors.ts";
import type { LocalAws } from "./aws-options.ts";

/** Accounts of the sample world; the key id is the account. */
const sampleAccounts = { acme: "222222222222", unknown: "333333333333", barred: "444444444444", globex: "555555555555" } as const;

const annArn = (account: string): string => `arn:aws:iam::${account}:user/ann`;

/** Acts only through what people have: AWS's API and the command. */
export async function sampleWorld(local: LocalAws): Promise<void> {
  const world: World = { aws: local.aws, api: local.api, inbox: local.inbox, region: local.region };
  const drawbridge = operator(world, local.account);
  const run = async (...words: string[]): Promise<void> => {
    const { code, stderr } = await drawbridge(...words);
    if (code !== 0) throw new Error(`the sample world stopped at drawbridge ${words.join(" ")}: ${stderr.trim()}`);
  };
  await local.call("secretsmanager", "PutSecretValue", {
    SecretId: local.outputs["SlackSecretArn"] ?? "",
    SecretString: local.slack.secret("#privatelink"),
  });
  const payments = await provider(world, local.account).createService(
    `arn:aws:elasticloadbalancing:${local.region}:${local.account}:loadbalancer/net/payments/50dc6c495c0c9188`,
  );
  await run("services", "add", payments.id, ...(local.zoneId === "" ? [] : ["--zone", local.zoneId]), "--yes");
  // Ann is asked by mail and in Slack; on the inbox's page somebody can press as U0ANN00000.
  await run("approvers", "add", "ann", "--email", "ann@privatelink.example.com", "--slack", "U0ANN00000", "--arn", annArn(local.account));
  await run("services", "set", payments.id, "--approver", "ann", "--yes");
  await run(
    "allow",
    sampleAccounts.acme,
    "--service",
    payments.id,
    "--name",
    "acme",
    "--contact",
    "network@acme.example",
    "--purpose",
    "card payments",
  );
  await run("allow", sampleAccounts.globex, "--service", payments.id, "--name", "globex", "--expires", "2030-01-01");
  await run("deny", sampleAccounts.barred, "--service", payments.id, "--purpose", "left the programme in October");
  for (const account of Object.values(sampleAccounts)) await consumer(world, account).connect(payments.name);
}
