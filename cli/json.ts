// JSON that may be printed on a terminal: what would steer it, or turn the direction of writing, is escaped; the value stays the same.

import { codedJson } from "../lib/harmless.ts";

export const printableJson = (value: unknown, indent?: number): string => codedJson(JSON.stringify(value, null, indent));
