// docs/deploy.md walked from its first block to its last on local AWS, by a deployer with the printed policy and an operator with the
// stack's: deploy, doctor, break, mend, pause, upgrade with a question open, roll back, uninstall, and deploy again beside the tables and around them.
import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

import type { LocalAws } from "../../local/aws-options.ts";
import { approver, type World } from "../../scripts/actors.ts";
import type { Packaged } from "../../scripts/deploy/packaged.ts";
import { blocksOf, type Block } from "./document.ts";
import { account, emptyAccount, nextVersion, region, thisVersion, until, zoneName, type NextVersion } from "./place.ts";
import { run, runLine, type Keys, type Said, type Shell } from "./shell.ts";

type Members = Readonly<Record<string, unknown>>;

const acme = "222222222222";
const stranger = "333333333333";
const config = join(tmpdir(), `drawbridge.config.${String(process.pid)}.yml`);
const root: Keys = { accessKeyId: account, secretAccessKey: "local" };

let blocks: Block[];
let local: LocalAws;
let shell: Shell;
let first: Packaged;
let next: NextVersion;
let world: World;
let link: string;
let asking: string;
let kept: string;

beforeAll(async () => {
  blocks = [...(await blocksOf("docs/deploy.md"))];
  [local, first] = await Promise.all([emptyAccount(), thisVersion()]);
  next = nextVersion(first);
  shell = { local, config, deployer: root, operator: root, variables: { ZONE: local.zoneId }, packaged: () => Promise.resolve(first) };
});

afterAll(async () => {
  await local.close();
  next.remove();
  rmSync(config, { force: true });
});

/** The next block of the page, which must be this one: the test goes through the page as a reader does. */
function block(name: string): Block {
  const now = blocks.shift();
  if (now?.name !== name) throw new Error(`The page's next block is ${now?.name ?? "missing"}, not ${name}`);
  return now;
}

const textOf = (said: readonly Said[]): string => said.map(({ text }) => text).join("\n");
const idOf = (resource: string): string => local.stack.resources.find(({ logicalId }) => logicalId === resource)?.physicalId ?? "";
const serviceId = (): string => shell.variables["SERVICE"] ?? "";

async function connect(as: string): Promise<string> {
  const made = await local.call(
    "ec2",
    "CreateVpcEndpoint",
    { VpcEndpointType: "Interface", VpcId: "vpc-0b0b0b0b0b0b0b0b0", ServiceName: `com.amazonaws.vpce.${region}.${serviceId()}` },
    as,
  );
  return String((made["VpcEndpoint"] as Members)["VpcEndpointId"]);
}

interface Shown {
  readonly connection: { readonly status: string; readonly names: readonly { readonly fqdn: string; readonly made: boolean }[] };
}

async function shown(endpoint: string): Promise<Shown | undefined> {
  const { code, text } = await runLine(shell, `npx drawbridge show ${endpoint} --json`);
  return code === 0 ? (JSON.parse(text) as Shown) : undefined;
}

const becomes = (endpoint: string, status: string): Promise<Shown> =>
  until(`${endpoint} ${status}`, async () => {
    const now = await shown(endpoint);
    return now?.connection.status === status ? now : undefined;
  });

/** Follows the links in the mails by which AWS asks for consent. */
async function confirmSubscriptions(): Promise<void> {
  for (const { subject, text } of local.letters)
    if (subject.includes("Subscription Confirmation")) await fetch(/https?:\S+\/confirm\S+/.exec(text)?.[0] ?? "");
}

/** The rights of a managed policy of the stack, as a role to which it is attached has them. */
function withPolicyOf(resource: string): Keys {
  const declared = local.stack.resources.find(({ logicalId }) => logicalId === resource)?.declared;
  return local.issue(roleWith("operator", declared?.properties["PolicyDocument"]), "operator");
}

const roleWith = (name: string, document: unknown) => ({
  arn: `arn:aws:iam::${account}:role/${name}`,
  name,
  policies: [{ name, document }],
});

test("the configuration is read, and its deployer's policy printed", async () => {
  writeFileSync(config, block("config").text.replace("Z0123456789ABCDEFGHIJ", local.zoneId));
  const [said] = await run(shell, block("policy").lines);
  expect(JSON.parse(said?.text ?? "")).toMatchObject({ Version: "2012-10-17" });
  shell.deployer = local.issue(roleWith("drawbridge-deployer", JSON.parse(said?.text ?? "")), "walk");
});

test("a deployer with that policy and no other right deploys", async () => {
  const [check, dryRun, deployed] = await run(shell, block("deploy").lines);
  expect(check?.text).toContain("Ready to deploy.");
  expect(check?.text).not.toContain("! ");
  expect(dryRun?.text).toContain("it would be made");
  expect(deployed?.text).toContain(
    `drawbridge-dev in ${account}, ${region}, by arn:aws:sts::${account}:assumed-role/drawbridge-deployer/walk`,
  );
  expect(deployed?.text).toContain(`export DRAWBRIDGE_API=${local.api}`);
  shell.operator = withPolicyOf("OperatorPolicy");
  world = { aws: local.aws, api: local.api, inbox: local.inbox, region };
});

test("doctor names the subscriptions that wait, and is content when they are confirmed", async () => {
  const { lines } = block("doctor");
  const [said] = await run(shell, lines, [1]);
  expect(said?.text).toMatch(/failed +approvers: approvers@example.com has not confirmed/);
  expect(said?.text).toMatch(/failed +alarms: on-call@example.com has not confirmed/);
  expect(said?.text).not.toContain("not readable");
  const again = /→ (npx drawbridge approvers add approvers)\n/.exec(said?.text ?? "")?.[1] ?? "";
  const letters = local.letters.length;
  await run(shell, [again]);
  expect(local.letters.length).toBe(letters + 1);
  await confirmSubscriptions();
  await run(shell, lines);
});

test("a service is taken into care, and its consumers are let in or asked about", async () => {
  const made = await local.call("ec2", "CreateVpcEndpointServiceConfiguration", {
    AcceptanceRequired: true,
    NetworkLoadBalancerArns: [`arn:aws:elasticloadbalancing:${region}:${account}:loadbalancer/net/payments/50dc6c495c0c9188`],
  });
  shell.variables["SERVICE"] = String((made["ServiceConfiguration"] as Members)["ServiceId"]);
  await local.call("ec2", "ModifyVpcEndpointServicePermissions", { ServiceId: serviceId(), AddAllowedPrincipals: ["*"] });
  await run(shell, block("service").lines);
  const endpoint = await connect(acme);
  await becomes(endpoint, "connected");
  asking = await connect(stranger);
  await becomes(asking, "asking");
  const mail = await until("a mail with a link", () => approver(world).mailAbout(asking));
  link = approver(world).linkIn(mail) ?? "";
  const [well] = await run(shell, ["npx drawbridge doctor"]);
  expect(well?.text).toContain("acceptance required, tagged, notified");
});

test("what is broken by hand, doctor names with the commands that mend it", async () => {
  const found = await local.call("ec2", "DescribeVpcEndpointConnectionNotifications", {});
  const [notification] = found["ConnectionNotificationSet"] as readonly Members[];
  await local.call("ec2", "DeleteVpcEndpointConnectionNotifications", {
    ConnectionNotificationIds: [notification?.["ConnectionNotificationId"]],
  });
  await local.call("ec2", "ModifyVpcEndpointServiceConfiguration", { ServiceId: serviceId(), AcceptanceRequired: false });
  const { lines } = block("mend");
  const [sick, ...mended] = await run(shell, lines, [1]);
  // The page's commands are those that doctor prints.
  for (const { line } of mended.slice(0, -1)) expect(sick?.text).toContain(`→ ${line}`);
  await becomes(await connect(acme), "connected");
});

test("doctor tells of a rule that is off, an alarm that rings, and what was set aside; as JSON too", async () => {
  const rule = { Name: idOf("DnsRule"), EventBusName: "drawbridge-dev" };
  await local.call("events", "DisableRule", rule);
  await local.ring("SweepUnfinishedAlarm");
  await local.call("sqs", "SendMessage", { QueueUrl: idOf("AdmitDeadLetters"), MessageBody: "{}" });
  const { code, text } = await runLine(shell, "npx drawbridge doctor --json");
  expect(code).toBe(1);
  const { findings } = JSON.parse(text.slice(0, text.lastIndexOf("}") + 1)) as {
    findings: readonly { about: string; state: string; mend?: string }[];
  };
  expect(findings.filter(({ state }) => state === "failed").map(({ about, mend }) => [about, mend])).toEqual([
    ["DnsRule", `aws events enable-rule --name ${rule.Name} --event-bus-name drawbridge-dev`],
    ["SweepUnfinishedAlarm", "see SweepUnfinishedAlarm in docs/runbook.md"],
    ["AdmitDeadLetters", "npx drawbridge redrive AdmitDeadLetters"],
  ]);
  await run(shell, [String(findings.find(({ about }) => about === "DnsRule")?.mend)]);
  local.calm("SweepUnfinishedAlarm");
  await local.call("sqs", "PurgeQueue", { QueueUrl: idOf("AdmitDeadLetters") });
  await run(shell, ["npx drawbridge doctor"]);
});

test("what may not be read is told as such, with the right that is missing", async () => {
  const { operator } = shell;
  shell.operator = withPolicyOf("AuditorPolicy");
  const { code, text } = await runLine(shell, "npx drawbridge doctor");
  shell.operator = operator;
  expect(text).toMatch(/not readable +stack: your credentials lack cloudformation:ListStackResources/);
  expect(text).toMatch(/not readable +set aside: your credentials lack sqs:GetQueueAttributes/);
  expect(code).toBe(0);
});

test("paused, nothing is carried out; resumed, what waited is", async () => {
  const [pause = "", resume = ""] = block("pause").lines;
  await run(shell, [pause]);
  const waiting = await connect(acme);
  // When the sweep comes by, it decides, and no more.
  const isHeld = async (): Promise<true | undefined> =>
    /^(requested|approved)$/.test((await shown(waiting))?.connection.status ?? "") ? true : undefined;
  await until(`${waiting} recorded`, isHeld);
  const [said] = await run(shell, ["npx drawbridge doctor"], [1]);
  expect(said?.text).toMatch(/failed +admit: paused: .*\n +→ npm run deploy -- resume/);
  await local.idle();
  expect(await isHeld()).toBe(true);
  await run(shell, [resume]);
  await becomes(waiting, "connected");
});

test("upgraded in place, a question that was open is answered by its old link", async () => {
  shell.packaged = () => Promise.resolve(next.packaged);
  const tables = idOf("ConnectionsTable");
  const said = await run(shell, block("upgrade").lines);
  const [, , dryRun, deployed] = said;
  for (const row of [
    "+ NewQueue",
    "- SlackUndeliveredAlarm",
    "~ AnswerLambdaFunction (AWS::Lambda::Function): Code",
    "~ ApiLambdaFunction (AWS::Lambda::Function): Environment",
  ]) {
    expect(dryRun?.text).toContain(row);
    expect(deployed?.text).toContain(row);
  }
  expect(dryRun?.text).toContain("this was a dry run");
  expect(deployed?.text).not.toContain("~ AdmitLambdaFunction");
  expect(idOf("ConnectionsTable")).toBe(tables);
  expect(idOf("NewQueue")).not.toBe("");
  expect(idOf("SlackUndeliveredAlarm")).toBe("");

  const people = approver(world);
  await people.answer(link, await people.open(link), "approve", stranger.slice(-4), "known from the trial");
  expect(local.logs("answer").join("\n")).toContain("this is 0.2.0");
  await becomes(asking, "connected");
});

test("rolled back, it is as it was, and goes on", async () => {
  const [history, back] = await run(shell, block("rollback").lines);
  expect(history?.text.match(/ {2}0\.[12]\.0 {2}/g)).toEqual(["  0.1.0  ", "  0.2.0  "]);
  expect(back?.text).toContain("Back to 0.1.0");
  expect(idOf("NewQueue")).toBe("");
  expect(idOf("SlackUndeliveredAlarm")).not.toBe("");
  await run(shell, ["npx drawbridge doctor"]);
  await becomes(await connect(acme), "connected");
  shell.packaged = () => Promise.resolve(first);
});

test("uninstalled, connections and tables stay as they are", async () => {
  const old = Object.fromEntries(["ConnectionsTable", "AuditLogTable"].map((table) => [table, idOf(table)]));
  const refused = await runLine(shell, "npm run deploy -- uninstall --yes");
  expect(refused).toMatchObject({
    code: 1,
    text: expect.stringContaining(`npx drawbridge services remove ${serviceId()} --yes`) as string,
  });
  const said = await run(shell, block("uninstall").lines);
  kept = /--tables (\S+)/.exec(textOf(said))?.[1] ?? "";
  expect(new Set(kept.split(",").map((pair) => pair.split("=")[0]))).toEqual(
    new Set(["AllowListTable", "AuditLogTable", "ConnectionsTable", "ProofsTable", "SettingsTable"]),
  );
  expect(() => local.stack).toThrow("No stack is up");
  for (const TableName of Object.values(old))
    expect((await local.call("dynamodb", "Scan", { TableName, Select: "COUNT" }))["Count"]).toBeGreaterThan(3);
  const listed = await local.call("ec2", "DescribeVpcEndpointConnections", { Filters: [{ Name: "service-id", Values: [serviceId()] }] });
  const states = (listed["VpcEndpointConnections"] as readonly Members[]).map((one) => one["VpcEndpointState"]);
  expect(new Set(states)).toEqual(new Set(["available"]));
  expect((await local.call("ec2", "DescribeVpcEndpointConnectionNotifications", {}))["ConnectionNotificationSet"]).toEqual([]);
});

test("deployed again, new tables stand beside the kept ones, and connections are adopted with their names", async () => {
  await run(shell, block("again").lines);
  expect(kept).not.toContain(idOf("ConnectionsTable"));
  shell.operator = withPolicyOf("OperatorPolicy");
  await confirmSubscriptions();
  await run(shell, [`npx drawbridge services add $SERVICE --zone ${zoneName} --yes`]);
  expect((await shown(asking))?.connection.status).toBe("adopted");
  await run(shell, ["npx drawbridge doctor", "npx drawbridge services remove $SERVICE --yes"]);
});

test("or it goes on with the kept tables, and all that they hold", async () => {
  shell.variables["TABLES"] = kept;
  await run(shell, block("tables").lines);
  expect(kept).toContain(`ConnectionsTable=${idOf("ConnectionsTable")}`);
  shell.operator = withPolicyOf("OperatorPolicy");
  await confirmSubscriptions();
  await run(shell, [`npx drawbridge services add $SERVICE --zone ${zoneName} --yes`]);
  const entries = await runLine(shell, "npx drawbridge list --json");
  expect(JSON.parse(entries.text)).toMatchObject({ items: [{ principal: `account#${acme}`, name: "acme" }] });
  const asked = await shown(asking);
  expect(asked?.connection).toMatchObject({ status: "connected" });
  await becomes(await connect(acme), "connected");
  await run(shell, ["npx drawbridge doctor"]);
});

test("every block of the page was walked", () => {
  expect(blocks.map(({ name }) => name)).toEqual([]);
});
