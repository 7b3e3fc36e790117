// docs/deploy.md, section 9: all tables as they were at one moment, and a new stack around them.
import { expect, test } from "vitest";

import { account, until } from "./place.ts";
import { run, runLine } from "./shell.ts";
import { acme, idsIn, keptIn, type Walker } from "./walker.ts";

const late = "444444444444";

export function goingBack(walk: () => Walker): void {
  test("tables cannot be restored with the deployer's everyday rights, nor to a time that none of them has", async () => {
    const { shell } = walk();
    const now = new Date().toISOString();
    expect(await runLine(shell, "npm run deploy -- restore --to yesterday")).toMatchObject({ code: 1 });
    expect((await runLine(shell, "npm run deploy -- restore --to 2026-01-01T00:00:00Z")).text).toContain("can be restored to a time from");
    expect((await runLine(shell, `npm run deploy -- restore --to ${now}`)).text).toMatch(
      /AccessDenied.*dynamodb:RestoreTableToPointInTime[\s\S]*policy restore/,
    );
  });

  test("restored, the tables are as they were at that second, and the old ones are in use", async () => {
    const { local, shell, block, idOf } = walk();
    const moment = Math.floor(Date.now() / 1000) * 1000 + 1000;
    shell.variables["MOMENT"] = new Date(moment).toISOString();
    await until("the next second but one", () => (Date.now() >= moment + 1000 ? true : undefined));
    await run(shell, [`npx drawbridge allow ${late} --service $SERVICE --name too-late`]);
    await run(shell, block("restorer").lines);
    const said = await run(shell, block("restore").lines);
    const [, restored = ""] = said.map(({ line }) => line);
    shell.variables["RESTORED"] = keptIn(said);
    shell.variables["OLD_CHECKPOINTS"] = idOf("CheckpointBucket");
    expect(idsIn(keptIn(said))["ArchiveBucket"]).toBe(idOf("ArchiveBucket"));
    expect(idsIn(keptIn(said))["SettingsTable"]).not.toBe(idOf("SettingsTable"));
    const [listed] = await run(shell, ["npx drawbridge list --json"]);
    expect(listed?.text).toContain("too-late");
    // Repeated, it goes on where it ended.
    expect(keptIn(await run(shell, [restored]))).toBe(keptIn(said));
    expect((await local.invoke("checkpoint")).functionError).toBeUndefined();
  });

  test("a new stack goes on with what was known then", async () => {
    const { shell, block, idOf, confirmSubscriptions, connect, becomes, left } = walk();
    const held = { tables: idOf("ConnectionsTable"), bucket: idOf("CheckpointBucket") };
    left.kept.push(keptIn(await run(shell, block("restored").lines)));
    expect(idOf("ConnectionsTable")).toContain("drawbridge-dev-restored-ConnectionsTable-");
    expect(idOf("CheckpointBucket")).not.toBe(held.bucket);
    await confirmSubscriptions();
    const { lines } = block("retaken");
    const [sick, added] = await run(shell, lines, [1]);
    expect(sick?.text).toContain(`→ ${added?.line ?? ""}`);
    const [listed] = await run(shell, ["npx drawbridge list --json"]);
    expect(listed?.text).toContain("acme");
    expect(listed?.text).not.toContain("too-late");
    await becomes(left.asking, "connected");
    await becomes(await connect(acme), "connected");
    await run(shell, ["npx drawbridge doctor"]);
  });

  test("held against the old checkpoints, the log shows what the restore took away", async () => {
    const { shell, block } = walk();
    const { operator } = shell;
    const [line = ""] = block("lost").lines;
    expect((await runLine(shell, line)).text).toContain("AccessDenied");
    shell.operator = { accessKeyId: account, secretAccessKey: "local" };
    const said = await until("a checkpoint old enough to be held against", async () => {
      const { code, text } = await runLine(shell, line);
      return code === 1 && text.includes("The log was altered") ? text : undefined;
    });
    shell.operator = operator;
    expect(said).toContain(late);
  });
}
