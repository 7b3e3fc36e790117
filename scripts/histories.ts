// Records what this version writes, by telling the stories of test/rights and test/upgrade on local AWS: test/upgrade/histories/<version>.json.
// Run it once for a release; later versions must read the file as it is.
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";

import manifest from "../package.json" with { type: "json" };
import { whole } from "../test/rights/stories.ts";
import { openPeople } from "../test/rights/people.ts";
import type { World } from "../test/rights/world.ts";
import { asText, folder, tables, type History, type Row } from "../test/upgrade/history.ts";
import { livesWith, tellAll } from "../test/upgrade/lives.ts";
import { ensurePackaged } from "./package.ts";

const file = new URL(`${manifest.version}.json`, folder);

async function recorded(): Promise<History> {
  await ensurePackaged();
  const { world, keys } = await openPeople();
  try {
    await tellAll(world, {}, [...whole, ...livesWith(keys.Approver)]);
    const pairs = await Promise.all(tables.map(async (table) => [table, await rowsOf(world, table)] as const));
    return { version: manifest.version, tables: Object.fromEntries(pairs) as unknown as History["tables"] };
  } finally {
    await world.local.close();
  }
}

async function rowsOf(world: World, table: string): Promise<Row[]> {
  const rows: Row[] = [];
  let from: unknown;
  do {
    const page = await world.aws("dynamodb", "Scan", {
      TableName: world.idOf(table),
      ...(from === undefined ? {} : { ExclusiveStartKey: from }),
    });
    rows.push(...(page["Items"] as Row[]));
    from = page["LastEvaluatedKey"];
  } while (from !== undefined);
  return rows.map(inOrder).sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
}

const inOrder = (row: Row): Row => Object.fromEntries(Object.entries(row).sort(([one], [other]) => (one < other ? -1 : 1)));

if (existsSync(file) && !process.argv.includes("--again")) {
  console.error(`${manifest.version} is recorded already. If it has not been released yet, record it --again.`);
  process.exitCode = 1;
} else {
  const history = await recorded();
  await writeFile(file, asText(history));
  console.error(`Recorded ${tables.map((table) => `${String(history.tables[table].length)} rows of ${table}`).join(", ")}.`);
}
