// SHA-256 as the log's chain wants it.

import { hash } from "node:crypto";
import type { Hash } from "../ledger.ts";

export const sha256: Hash = (text) => hash("sha256", text);
