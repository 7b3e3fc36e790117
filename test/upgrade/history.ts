// The rows that a released version left behind, as DynamoDB holds them: recorded once, at its release, and never changed.
import { readdir, readFile } from "node:fs/promises";
import type { AttributeValue } from "@aws-sdk/client-dynamodb";

export type Row = Record<string, AttributeValue>;
export const tables = ["AuditLogTable", "ConnectionsTable", "AllowListTable", "SettingsTable", "ProofsTable"] as const;

export interface History {
  readonly version: string;
  readonly tables: Readonly<Record<(typeof tables)[number], readonly Row[]>>;
}

export const folder = new URL("histories/", import.meta.url);

export async function histories(): Promise<readonly History[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(".json")).toSorted();
  return Promise.all(files.map(async (file) => JSON.parse(await readFile(new URL(file, folder), "utf8")) as History));
}

/** One row a line, so that a difference can be read. */
export function asText({ version, tables: rows }: History): string {
  const written = tables.map(
    (table) => `    ${JSON.stringify(table)}: [\n${rows[table].map((row) => `      ${JSON.stringify(row)}`).join(",\n")}\n    ]`,
  );
  return `{\n  "version": ${JSON.stringify(version)},\n  "tables": {\n${written.join(",\n")}\n  }\n}\n`;
}
