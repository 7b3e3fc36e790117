// docs/deploy.md, section 10: taken down, deployed again beside what was kept and around it, and at last nothing of it left.
import { ListBucketsCommand, S3Client } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";

import { account, until, zoneName } from "./place.ts";
import { run, runLine } from "./shell.ts";
import { acme, idsIn, keptIn, type Members, type Walker } from "./walker.ts";

const names = [
  "AllowListTable",
  "ConnectionsTable",
  "AuditLogTable",
  "SettingsTable",
  "ProofsTable",
  "CheckpointKey",
  "CheckpointBucket",
  "ArchiveBucket",
];

/** Everything of the account that a deployment makes and that can be listed, by its id. */
async function standing({ local }: Walker): Promise<readonly string[]> {
  const rows = async (service: string, action: string, member: string, id?: string): Promise<string[]> =>
    (((await local.call(service, action, {}))[member] ?? []) as readonly (string | Members)[]).map((row) =>
      typeof row === "string" ? row : String(row[id ?? ""]),
    );
  const keys = await rows("kms", "ListKeys", "Keys", "KeyId");
  const states = await Promise.all(
    keys.map(async (KeyId) => ((await local.call("kms", "DescribeKey", { KeyId }))["KeyMetadata"] as Members)["KeyState"]),
  );
  const s3 = new S3Client({ endpoint: local.aws, region: local.region, credentials: { accessKeyId: account, secretAccessKey: "x" } });
  const all = await Promise.all([
    s3.send(new ListBucketsCommand({})).then(({ Buckets = [] }) => Buckets.map(({ Name = "" }) => Name)),
    rows("dynamodb", "ListTables", "TableNames"),
    rows("sqs", "ListQueues", "QueueUrls"),
    rows("sns", "ListTopics", "Topics", "TopicArn"),
    rows("events", "ListRules", "Rules", "Name"),
    rows("secretsmanager", "ListSecrets", "SecretList", "Name"),
    rows("lambda", "ListFunctions", "Functions", "FunctionName"),
    rows("cloudformation", "DescribeStacks", "Stacks", "StackName"),
    rows("ec2", "DescribeVpcEndpointConnectionNotifications", "ConnectionNotificationSet", "ConnectionNotificationId"),
  ]);
  const signing = keys.filter((_, index) => states[index] !== "PendingDeletion");
  return [...signing, ...all.flat(), ...local.held.map(({ logicalId }) => logicalId)].toSorted();
}

export function lastDay(walk: () => Walker): void {
  const ids = (...lists: readonly string[]): string[] => [...new Set(lists.flatMap((list) => Object.values(idsIn(list))))].toSorted();
  /** Of the stack that was walked with. */
  let kept = "";

  test("uninstalled, connections and all that was decided stay as they are, and nothing else does", async () => {
    const { local, shell, block, service, idOf, left } = walk();
    expect((await local.invoke("checkpoint")).functionError).toBeUndefined();
    const old = ["ConnectionsTable", "AuditLogTable"].map(idOf);
    const refused = await runLine(shell, "npm run deploy -- uninstall --yes");
    expect(refused).toMatchObject({
      code: 1,
      text: expect.stringContaining(`npx drawbridge services remove ${service()} --yes`) as string,
    });
    const [remove = "", ...rest] = block("uninstall").lines;
    const uninstall = rest.pop() ?? "";
    // Forgotten to detach: it stops half-way, and goes on when that is done.
    const [, half] = await run(shell, [remove, uninstall], [0, 1]);
    expect(half?.text).toContain("is attached to the role drawbridge-operator");
    const said = await run(shell, [...rest, uninstall]);
    kept = keptIn(said);
    left.kept.push(kept);
    expect(Object.keys(idsIn(kept)).toSorted()).toEqual(names.toSorted());
    expect(said.at(-1)?.text).toMatch(/CheckpointBucket .*locked for 3650 days \(GOVERNANCE\)/);
    expect(() => local.stack).toThrow("No stack is up");
    expect(await standing(walk())).toEqual(ids(...left.kept));
    for (const TableName of old) expect((await local.call("dynamodb", "Scan", { TableName, Select: "COUNT" }))["Count"]).toBeGreaterThan(3);
    const listed = await local.call("ec2", "DescribeVpcEndpointConnections", { Filters: [{ Name: "service-id", Values: [service()] }] });
    const states = (listed["VpcEndpointConnections"] as readonly Members[]).map((one) => one["VpcEndpointState"]);
    expect(new Set(states)).toEqual(new Set(["available"]));
  });

  test("deployed again, new ones stand beside the kept, and connections are adopted with their names", async () => {
    const { shell, block, idOf, withPolicyOf, confirmSubscriptions, shown, left } = walk();
    const { operator } = shell;
    await run(shell, block("again").lines);
    for (const name of names) expect(left.kept.join()).not.toContain(idOf(name));
    shell.operator = withPolicyOf("OperatorPolicy");
    await confirmSubscriptions();
    await run(shell, [`npx drawbridge services add $SERVICE --zone ${zoneName} --yes`]);
    expect((await shown(left.asking))?.connection.status).toBe("adopted");
    await run(shell, ["npx drawbridge doctor", "npx drawbridge services remove $SERVICE --yes"]);
    shell.operator = operator;
  });

  test("or it goes on with what was kept: entries, the log and its proof", async () => {
    const { shell, block, idOf, confirmSubscriptions, connect, shown, becomes, left } = walk();
    shell.variables["KEPT"] = kept;
    const [uninstall = "", ...rest] = block("kept").lines;
    // What stood beside is kept as well.
    left.kept.push(keptIn(await run(shell, [uninstall])));
    const verify = rest.pop() ?? "";
    await run(shell, rest);
    for (const [name, id] of Object.entries(idsIn(kept))) expect(idOf(name)).toBe(id);
    await confirmSubscriptions();
    const proven = await until("a verified log", async () => {
      const { code, text } = await runLine(shell, verify);
      return code === 0 && /Checkpoints +[1-9]/.test(text) ? text : undefined;
    });
    expect(proven).toContain("The log is what was written.");
    const entries = await runLine(shell, "npx drawbridge list --json");
    expect(JSON.parse(entries.text)).toMatchObject({ items: [{ principal: `account#${acme}`, name: "acme" }] });
    expect((await shown(left.asking))?.connection).toMatchObject({ status: "connected" });
    await becomes(await connect(acme), "connected");
    await run(shell, ["npx drawbridge doctor"]);
  });

  test("at last nothing is left of it", async () => {
    const { shell, block, service, left } = walk();
    await run(shell, [
      `npx drawbridge services remove ${service()} --yes`,
      "aws iam detach-role-policy --role-name drawbridge-operator --policy-arn $OPERATOR_POLICY",
      "aws iam detach-role-policy --role-name drawbridge-operator --policy-arn $ON_CALL_POLICY",
    ]);
    const inUse = await runLine(shell, `npm run deploy -- discard ${kept} --yes`);
    expect(inUse).toMatchObject({ code: 1, text: expect.stringContaining("drawbridge-dev uses ") as string });
    expect(idsIn(keptIn(await run(shell, ["npm run deploy -- uninstall --yes"])))).toEqual(idsIn(kept));
    const refused = await runLine(shell, `npm run deploy -- discard ArchiveBucket=${idsIn(kept)["ArchiveBucket"] ?? ""} --yes`);
    expect(refused).toMatchObject({
      code: 1,
      text: expect.stringMatching(/uses ArchiveBucket .*AccessDenied[\s\S]*policy discard/) as string,
    });
    await run(shell, block("discarder").lines);
    shell.variables["CHECKPOINTS"] = idsIn(kept)["CheckpointBucket"] ?? "";
    const [said] = await run(shell, block("discard").lines, [1, 0]);
    expect(said?.text).toMatch(/stays +CheckpointBucket .*: \d+ checkpoints are locked \(GOVERNANCE\) until 20\d\d-.*--bypass-lock/);
    for (const list of left.kept) if (list !== kept) await run(shell, [`npm run deploy -- discard ${list} --yes --bypass-lock`]);
    expect(await standing(walk())).toEqual([]);
    const { CheckpointKey: _, ...again } = idsIn(kept);
    const gone = Object.entries(again).map((pair) => pair.join("="));
    await run(shell, [`npm run deploy -- discard ${gone.join(",")} --yes`]);
    await run(shell, ["npm run deploy -- discard CheckpointKey=00000000-0000-4000-8000-000000000000 --yes"], [1]);
  });
}
