// Records what this version writes, by telling every story of test/rights on local AWS: test/upgrade/histories/<version>.json. Run it
// once for a release; later versions must read the file as it is.
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";

import manifest from "../package.json" with { type: "json" };
import { stories, type Told } from "../test/rights/stories.ts";
import { openWorld, type World } from "../test/rights/world.ts";
import { asText, folder, tables, type History, type Row } from "../test/upgrade/history.ts";
import { ensurePackaged } from "./package.ts";

const file = new URL(`${manifest.version}.json`, folder);

async function recorded(): Promise<History> {
  await ensurePackaged();
  const world = await openWorld(() => undefined);
  try {
    const told: Told = {};
    for (const story of stories) {
      await story.tell(world, told);
      await world.local.idle();
    }
    await besides(world);
    const pairs = await Promise.all(tables.map(async (table) => [table, await rowsOf(world, table)] as const));
    return { version: manifest.version, tables: Object.fromEntries(pairs) as unknown as History["tables"] };
  } finally {
    await world.local.close();
  }
}

/** What no story leaves behind: a freeze that stands, and one that was lifted. */
async function besides(world: World): Promise<void> {
  await world.drawbridge("freeze", "all", "--reason", "incident 42", "--yes");
  await world.drawbridge("unfreeze", "all", "--reason", "it is over", "--yes");
  await world.drawbridge("freeze", "all", "--reason", "incident 43", "--yes");
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
  // A story plants one that is broken, to see it set aside: nobody released that.
  const written = rows.filter(({ subject }) => subject?.S !== "connection#broken");
  return written.map(inOrder).sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
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
