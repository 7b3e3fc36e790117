// The main job, told from beginning to end on local AWS: `npm run demo`. Exits non-zero when a step is not as told.

import type { VerifiedLog } from "../cli/audit-verify.ts";
import { startLocalAws } from "../local/aws.ts";
import { approver, consumer, operator, provider, type Mail, type World } from "./actors.ts";
import { onTerminal, type Narrator } from "./narrator.ts";
import type { Said } from "./spawned.ts";
import { ensurePackaged } from "./package.ts";

const accounts = {
  provider: "111111111111",
  acme: "222222222222",
  unknown: "333333333333",
  barred: "444444444444",
  unlucky: "555555555555",
  insistent: "666666666666",
  befriended: "777777777777",
} as const;
const region = "eu-west-1";
const slackChannel = "#privatelink";
const zoneName = "privatelink.example.com";
const loadBalancer = `arn:aws:elasticloadbalancing:${region}:${accounts.provider}:loadbalancer/net/payments/50dc6c495c0c9188`;

interface Shown {
  readonly connection: {
    readonly status: string;
    readonly names: readonly { readonly fqdn: string }[];
  };
  readonly history: readonly {
    readonly subject: string;
    readonly seq: number;
    readonly event: {
      readonly type: string;
      readonly at: string;
      readonly because: { readonly rule: string; readonly detail: string };
      readonly source?: { readonly kind: string };
    };
  }[];
}

async function story(tell: Narrator): Promise<void> {
  tell.chapter("Local AWS comes up from the packaged template");
  await ensurePackaged([], (line) => tell.tells(line));
  const local = await startLocalAws({
    account: accounts.provider,
    region,
    port: 0,
    zoneName,
    parameters: { ApproverEmail: "approvers@payments.example" },
    confirmSubscriptions: true,
    // Soon after it is switched on, so that nobody waits a minute for the first sweep.
    assumptions: { rateRuleFirstTick: 0.1 },
  });
  try {
    const world: World = { aws: local.aws, api: local.api, inbox: local.inbox, region };
    tell.tells(`stack up after ${tell.elapsed().toFixed(1)} s; AWS answers at ${local.aws}, the mailbox is ${local.inbox}`);
    await live(tell, world, local);
  } finally {
    await local.close();
  }
}

async function live(tell: Narrator, world: World, local: Awaited<ReturnType<typeof startLocalAws>>): Promise<void> {
  const payments = provider(world, accounts.provider);
  const drawbridge = operator(world, accounts.provider);
  const run = async (...words: string[]): Promise<Said> => {
    tell.does("operator", `drawbridge ${words.join(" ")}`);
    const said = await drawbridge(...words);
    if (said.code !== 0) throw new Error(`drawbridge ${words.join(" ")} ended with ${String(said.code)}: ${said.stderr.trim()}`);
    return said;
  };
  const show = async (endpoint: string): Promise<Shown> => JSON.parse((await drawbridge("show", endpoint, "--json")).stdout) as Shown;
  const decided = async (endpoint: string, status: string): Promise<Shown | undefined> => {
    const shown = await show(endpoint);
    return shown.connection.status === status ? shown : undefined;
  };
  const whenAws = (service: string, endpoint: string, wanted: string) => async () =>
    (await payments.stateOf(service, endpoint)) === wanted ? wanted : undefined;
  const sweeping = (on: boolean): Promise<void> => payments.switchRule(physicalIdOf(local, "SweepSchedule"), on);
  const zone = local.zoneId;
  const aliasOf = async (name: string): Promise<string | undefined> =>
    (await payments.recordsAt(zone, name)).find(({ Type }) => Type === "A")?.AliasTarget?.DNSName;

  tell.chapter("A payment service asks for acceptance, and Drawbridge takes it into care");
  await sweeping(false);
  tell.does("provider", "switches the sweep off until chapter 5: up to there events alone must do");
  await payments.keepSecret(local.outputs["SlackSecretArn"] ?? "", local.slack.secret(slackChannel));
  const service = await payments.createService(loadBalancer);
  tell.does("provider", `creates the endpoint service behind its load balancer, acceptance required: ${service.name}`);
  await run("services", "add", service.id, "--zone", zoneName, "--yes");
  await run("allow", accounts.acme, "--service", service.id, "--name", "acme");
  await run("allow", accounts.unlucky, "--service", service.id, "--name", "unlucky");
  await run("allow", accounts.insistent, "--service", service.id, "--name", "insistent");
  await run("deny", accounts.barred, "--service", service.id, "--purpose", "left the programme in October");

  tell.chapter("1. acme creates an endpoint, and no person is needed");
  const acme = await consumer(world, accounts.acme).connect(service.name);
  tell.does("acme", `creates ${acme}`);
  await tell.sees("AWS shows it available", 20, whenAws(service.id, acme, "available"));
  const alias = await tell.sees(
    `acme.${zoneName} is an alias`,
    25,
    () => aliasOf(`acme.${zoneName}`),
    (target) => `→ ${target}`,
  );
  if (!alias.startsWith(acme)) throw new Error(`the alias points at ${alias}, not at ${acme}`);

  local.faults.loseNotifications(1);
  const lost = await consumer(world, accounts.unlucky).connect(service.name);
  tell.does("AWS", `loses the notification of ${lost} (account ${accounts.unlucky}); more of it below`);

  tell.chapter("2. An unknown account asks, and people answer");
  const unknown = await consumer(world, accounts.unknown).connect(service.name);
  tell.does("unknown", `account ${accounts.unknown} creates ${unknown}`);
  const people = approver(world);
  await tell.sees(`${slackChannel} in Slack hears of it`, 20, () => people.inSlack(unknown), firstLine);
  const mail = await tell.sees(
    "the approvers get a message with a link",
    20,
    () => people.mailAbout(unknown),
    ({ to, subject }) => `${to}: “${subject}”`,
  );
  const link = people.linkIn(mail) ?? "";
  const page = await people.open(link);
  if (!page.includes(accounts.unknown) || !page.includes("Nothing on the allow-list matches this account"))
    throw new Error("the page does not show who asks and why it asks");
  tell.does("approver", "opens the link; the page shows who asks, and that nothing on the allow-list matches");
  if ((await payments.stateOf(service.id, unknown)) !== "pendingAcceptance") throw new Error("opening the page changed something");
  await people.answer(link, page, "approve", accounts.unknown.slice(-4), "known from the spring trial");
  tell.does("approver", "approves there, with a reason");
  await tell.sees("AWS shows it available", 30, whenAws(service.id, unknown, "available"));
  await tell.sees(
    "the message in Slack tells how it ended",
    20,
    async () => {
      const lines = (await people.inSlack(unknown))?.text.split("\n") ?? [];
      return lines.find((line) => /^\W*(Approved|Accepted)\b/.test(line));
    },
    (line) => `“${line}”`,
  );

  tell.chapter("3. A barred account is rejected, and told apart by its entry");
  const barred = await consumer(world, accounts.barred).connect(service.name);
  tell.does("barred", `account ${accounts.barred} creates ${barred}`);
  await tell.sees("AWS shows it rejected", 20, whenAws(service.id, barred, "rejected"));
  const denied = (await show(barred)).history.find(({ event }) => event.type === "ConnectionDenied")?.event;
  if (denied?.because.rule !== "reject-entry") throw new Error(`the reason is ${denied?.because.rule ?? "missing"}, not the reject entry`);
  tell.tells(`because ${denied.because.detail}`);

  tell.chapter("4. Somebody accepts in the AWS console, past Drawbridge");
  const befriended = await consumer(world, accounts.befriended).connect(service.name);
  await payments.accept(service.id, befriended);
  tell.does("somebody", `accepts ${befriended} (account ${accounts.befriended}) in the console`);
  const past = await tell.sees("CloudTrail names them, and so does the log", 40, async () => {
    const { history } = await show(befriended);
    return history.some(({ event }) => event.type === "Attributed") ? history : undefined;
  });
  if (!past.some(({ event }) => event.type === "AcceptedOutside")) throw new Error("the log does not say that it was accepted outside");

  tell.chapter("5. A notification is lost, another comes three times");
  local.faults.repeatNotifications(3);
  const insistent = await consumer(world, accounts.insistent).connect(service.name);
  tell.does("AWS", `notifies three times of ${insistent} (account ${accounts.insistent})`);
  await tell.sees("it is available", 20, whenAws(service.id, insistent, "available"));
  await sweeping(true);
  tell.does("provider", "switches the sweep on again; it comes each minute");
  await tell.sees(`the sweep found ${lost}, whose notification was lost`, 75, whenAws(service.id, lost, "available"));
  const [found] = (await show(lost)).history;
  if (found?.event.source?.kind !== "sweep")
    throw new Error(`the lost one was found by ${found?.event.source?.kind ?? "nothing"}, not by the sweep`);
  await tell.sees("and it has its name", 40, () => aliasOf(`unlucky.${zoneName}`));
  const shown = await tell.sees("the one notified three times has its name", 40, () => decided(insistent, "connected"));
  const decisions = shown.history.filter(({ event }) => event.type === "ConnectionApproved").length;
  if (decisions !== 1) throw new Error(`three notifications led to ${String(decisions)} decisions`);
  const accepts = local.acceptsOf(insistent);
  if (accepts !== 1) throw new Error(`three notifications led to ${String(accepts)} accepts`);
  tell.tells("three notifications, one decision, one accept");

  tell.chapter("6. acme deletes its endpoint");
  await consumer(world, accounts.acme).disconnect(acme);
  tell.does("acme", `deletes ${acme}`);
  await tell.sees("the connection is closed in the log", 30, () => decided(acme, "closed"));
  await tell.sees(`acme.${zoneName} is gone`, 30, async () =>
    (await payments.recordsAt(zone, `acme.${zoneName}`)).length === 0 ? true : undefined,
  );
  const namesOfBarred = (await show(barred)).connection.names.length;
  if (namesOfBarred > 0) throw new Error("the rejected account has a name");

  tell.chapter("7. The log says what, when, by whom, and because of which entry");
  for (const [who, endpoint] of Object.entries({ acme, unknown, barred, befriended, lost, insistent })) {
    tell.tells("");
    tell.tells(`${who}: drawbridge show ${endpoint}`);
    for (const line of (await drawbridge("show", endpoint)).stdout.trimEnd().split("\n")) tell.tells(line);
    const { connection, history } = await show(endpoint);
    if (history[0]?.event.type !== "ConnectionRequested" || history.some(({ seq }, index) => seq !== index + 1))
      throw new Error(`the history of ${who} is not complete`);
    if (!["connected", "rejected", "closed"].includes(connection.status))
      throw new Error(`the history of ${who} ends with ${connection.status}`);
  }

  tell.chapter("8. The log proves that nobody altered it, and shows who does");
  const [, asked] = (await show(acme)).history;
  if (asked === undefined) throw new Error("the history of acme ends too soon");
  const verified = async (): Promise<Said & { readonly log: VerifiedLog }> => {
    const said = await drawbridge("audit", "verify", "--json");
    return { ...said, log: JSON.parse(said.stdout) as VerifiedLog };
  };
  await tell.sees(
    "a checkpoint, signed by KMS, holds what acme was told",
    75,
    async () => {
      const { log } = await verified();
      return log.until !== undefined && log.until > asked.event.at ? log : undefined;
    },
    ({ sealed, checkpoints }) => `${String(sealed)} events in ${String(checkpoints)} checkpoints`,
  );
  const [verdict = ""] = (await run("audit", "verify")).stdout.split("\n");
  tell.tells(verdict);
  await rewrite(local, asked);
  tell.does("somebody", `with every right on the table writes another reason into event ${String(asked.seq)} of acme`);
  const { code, log } = await verified();
  const [named] = log.findings;
  if (code !== 1 || log.findings.length !== 1 || named?.kind !== "edited" || named.subject !== asked.subject || named.seq !== asked.seq)
    throw new Error(`verification ended with ${String(code)} and found ${log.findings.map(({ text }) => text).join("; ") || "nothing"}`);
  tell.tells(`drawbridge audit verify: ${named.text}`);
}

const firstLine = ({ text }: Mail): string => `“${text.split("\n", 1)[0] ?? ""}”`;

function physicalIdOf(local: Awaited<ReturnType<typeof startLocalAws>>, logicalId: string): string {
  const found = local.stack.resources.find((one) => one.logicalId === logicalId);
  if (found === undefined) throw new Error(`the stack has no ${logicalId}`);
  return found.physicalId;
}

type Row = Record<string, { M?: Row; S?: string }>;

/** Past Drawbridge and its roles, straight into the table. */
async function rewrite(local: Awaited<ReturnType<typeof startLocalAws>>, { subject, seq }: Shown["history"][number]): Promise<void> {
  const TableName = local.outputs["AuditLogTable"];
  const Key = { subject: { S: subject }, seq: { S: String(seq).padStart(12, "0") } };
  const { Item } = (await local.call("dynamodb", "GetItem", { TableName, Key })) as { Item: Row };
  const because = Item["event"]?.M?.["because"]?.M;
  if (because === undefined) throw new Error(`${subject} ${String(seq)} is not as Drawbridge writes it`);
  because["detail"] = { S: "everybody may" };
  await local.call("dynamodb", "PutItem", { TableName, Item });
}

await onTerminal(story);
