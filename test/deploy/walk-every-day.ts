// docs/deploy.md in everyday use: what breaks and what mends it, pause, an upgrade with a question open, and the way back.
import { expect, test } from "vitest";

import { approver } from "../../scripts/actors.ts";
import type { Packaged } from "../../scripts/deploy/packaged.ts";
import { until } from "./place.ts";
import { run, runLine } from "./shell.ts";
import { acme, stranger, type Members, type Walker } from "./walker.ts";

export function everyDay(walk: () => Walker): void {
  test("what is broken by hand, doctor names with the commands that mend it", async () => {
    const { local, shell, block, service, connect, becomes } = walk();
    const found = await local.call("ec2", "DescribeVpcEndpointConnectionNotifications", {});
    const [notification] = found["ConnectionNotificationSet"] as readonly Members[];
    await local.call("ec2", "DeleteVpcEndpointConnectionNotifications", {
      ConnectionNotificationIds: [notification?.["ConnectionNotificationId"]],
    });
    await local.call("ec2", "ModifyVpcEndpointServiceConfiguration", { ServiceId: service(), AcceptanceRequired: false });
    const { lines } = block("mend");
    const [sick, ...mended] = await run(shell, lines, [1]);
    // The page's commands are those that doctor prints.
    for (const { line } of mended.slice(0, -1)) expect(sick?.text).toContain(`→ ${line}`);
    await becomes(await connect(acme), "connected");
  });

  test("doctor tells of a rule that is off, an alarm that rings, and what was set aside; as JSON too", async () => {
    const { local, shell, idOf } = walk();
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
      ["SweepUnfinishedAlarm", "aws logs tail /aws/lambda/drawbridge-dev-sweep --since 30m"],
      ["AdmitDeadLetters", "npx drawbridge redrive AdmitDeadLetters"],
    ]);
    await run(shell, [String(findings.find(({ about }) => about === "DnsRule")?.mend)]);
    local.calm("SweepUnfinishedAlarm");
    await local.call("sqs", "PurgeQueue", { QueueUrl: idOf("AdmitDeadLetters") });
    await run(shell, ["npx drawbridge doctor"]);
  });

  test("what may not be read is told as such, with the right that is missing", async () => {
    const { shell, withPolicyOf } = walk();
    const { operator } = shell;
    shell.operator = withPolicyOf("AuditorPolicy");
    const { code, text } = await runLine(shell, "npx drawbridge doctor");
    shell.operator = operator;
    expect(text).toMatch(/not readable +stack: your credentials lack cloudformation:ListStackResources/);
    expect(text).toMatch(/not readable +queues: your credentials lack sqs:GetQueueAttributes/);
    expect(code).toBe(0);
  });

  test("what was changed past CloudFormation is put right by a repair, and by no deployment", async () => {
    const { local, shell, block, idOf, connect, shown, becomes } = walk();
    const policyOf = async (queue: string): Promise<string> => {
      const asked = { QueueUrl: idOf(queue), AttributeNames: ["Policy"] };
      return ((await local.call("sqs", "GetQueueAttributes", asked))["Attributes"] as { Policy?: string }).Policy ?? "";
    };
    const [names, observed] = [idOf("DnsQueue"), await policyOf("ObserveQueue")];
    await local.call("sqs", "SetQueueAttributes", { QueueUrl: idOf("ObserveQueue"), Attributes: { Policy: "" } });
    await local.call("sns", "Unsubscribe", { SubscriptionArn: idOf("ConnectionsSubscription") });
    await local.call("iam", "DeleteRolePolicy", { RoleName: idOf("AdmitRole"), PolicyName: "admit" });
    await local.call("sqs", "DeleteQueue", { QueueUrl: names });
    const rule = { Rule: idOf("NotifyRule"), EventBusName: "drawbridge-dev" };
    const { Targets } = await local.call("events", "ListTargetsByRule", rule);
    await local.call("events", "RemoveTargets", { ...rule, Ids: (Targets as readonly Members[]).map(({ Id }) => Id) });
    const [sick] = await run(shell, ["npx drawbridge doctor"], [1]);
    for (const about of [
      "notifications: ObserveQueue is not subscribed",
      "DnsQueue: the queue is gone",
      "NotifyRule: the rule wakes nothing",
    ])
      expect(sick?.text).toMatch(new RegExp(`failed +${about}.*\n +→ npm run deploy -- repair`));
    const [deployed] = await run(shell, ["npm run deploy"]);
    expect(deployed?.text).toContain("Nothing is to be changed.");
    const [dryRun, repaired] = await run(shell, block("repair").lines);
    for (const row of [
      "+ ConnectionsSubscription (AWS::SNS::Subscription): it is gone, and is made anew",
      "~ ObserveQueuePolicy (AWS::SQS::QueuePolicy): PolicyDocument",
      "~ AdmitRole (AWS::IAM::Role): Policies; as the template says again",
      "+ DnsQueue (AWS::SQS::Queue): it is gone, and is made anew",
      "~ DnsLambdaFunction (AWS::Lambda::Function): Environment",
    ])
      for (const said of [dryRun, repaired]) expect(said?.text).toContain(row);
    const { Id, ...policy } = JSON.parse(await policyOf("ObserveQueue")) as { readonly Id: string };
    expect(Id).toMatch(/^repaired-\d+$/);
    expect(policy).toEqual(JSON.parse(observed));
    expect(idOf("DnsQueue")).not.toBe(names);
    const endpoint = await connect(acme);
    await becomes(endpoint, "connected");
    await until(`${endpoint} named`, async () =>
      (await shown(endpoint))?.connection.names.some(({ made }) => made) === true ? true : undefined,
    );
    await run(shell, ["npx drawbridge doctor"]);
  });

  test("paused, nothing is carried out, deployed anew or not; resumed, what waited is", async () => {
    const { local, shell, first, block, service, connect, shown, becomes } = walk();
    const [pause = "", deploy = "", resume = ""] = block("pause").lines;
    const principals = async (): Promise<number> =>
      ((await local.call("ec2", "DescribeVpcEndpointServicePermissions", { ServiceId: service() }))["AllowedPrincipals"] as unknown[])
        .length;
    // Paused first: no sweep may come between.
    await run(shell, [pause, `npx drawbridge services set ${service()} --permissions follow`]);
    const waiting = await connect(acme);
    // When the sweep comes by, it decides, and no more.
    const isHeld = async (): Promise<true | undefined> =>
      /^(requested|approved)$/.test((await shown(waiting))?.connection.status ?? "") ? true : undefined;
    await until(`${waiting} recorded`, isHeld);
    const [said] = await run(shell, ["npx drawbridge doctor"], [1]);
    expect(said?.text).toMatch(/failed +admit: paused: .*\n +→ npm run deploy -- resume/);

    shell.packaged = () => Promise.resolve(withSmallerBatches(first));
    const [deployed] = await run(shell, [deploy]);
    expect(deployed?.text).toContain("! It is paused and stays so");
    expect(deployed?.text).toContain("~ AdmitEventSourceMappingSQSAdmitQueue (AWS::Lambda::EventSourceMapping): Enabled, BatchSize");
    expect((await local.invoke("sweep")).functionError).toBeUndefined();
    await local.idle();
    expect(await isHeld()).toBe(true);
    expect(await principals()).toBe(1);

    await run(shell, [resume]);
    await becomes(waiting, "connected");
    expect((await local.invoke("sweep")).functionError).toBeUndefined();
    expect(await principals()).toBe(2);
    shell.packaged = () => Promise.resolve(first);
  });

  test("upgraded in place, a question that was open is answered by its old link", async () => {
    const { local, shell, next, block, idOf, becomes, left } = walk();
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

    const people = approver(left.world);
    await people.answer(left.link, await people.open(left.link), "approve", stranger.slice(-4), "known from the trial");
    expect(local.logs("answer").join("\n")).toContain("this is 0.2.0");
    await becomes(left.asking, "connected");
  });

  test("rolled back, it is as it was, and goes on with an entry into which the later version wrote more", async () => {
    const { local, shell, first, block, service, idOf, connect, becomes } = walk();
    await local.call("dynamodb", "UpdateItem", {
      TableName: idOf("AllowListTable"),
      Key: { service: { S: service() }, principal: { S: `account#${acme}` } },
      ConditionExpression: "attribute_exists(principal)",
      UpdateExpression: "SET tier = :tier",
      ExpressionAttributeValues: { ":tier": { S: "gold" } },
    });
    const [history, back] = await run(shell, block("rollback").lines);
    const told = history?.text.split("\n").flatMap((line) => /Z {2}(0\.\d\.0) .*?((?: {2}\(.*\))?)$/.exec(line)?.slice(1).join("") ?? []);
    expect(told).toEqual(["0.1.0", "0.1.0  (repaired)", "0.1.0", "0.2.0"]);
    expect(back?.text).toContain("Back to 0.1.0");
    expect(idOf("NewQueue")).toBe("");
    expect(idOf("SlackUndeliveredAlarm")).not.toBe("");
    await run(shell, ["npx drawbridge doctor"]);
    await becomes(await connect(acme), "connected");
    shell.packaged = () => Promise.resolve(first);
  });
}

/** A version that changes what wakes admit. */
function withSmallerBatches({ template, ...packaged }: Packaged): Packaged {
  const id = "AdmitEventSourceMappingSQSAdmitQueue";
  const mapping = template.Resources[id];
  if (mapping === undefined) throw new Error(`There is no ${id}`);
  const changed = { ...mapping, Properties: { ...mapping.Properties, BatchSize: 9 } };
  return { ...packaged, template: { ...template, Resources: { ...template.Resources, [id]: changed } } };
}
