// SHA-256 as the log's chain wants it.

import { createHash } from "node:crypto";
import type { Hash } from "../ledger.ts";

export const sha256: Hash = (text) => createHash("sha256").update(text).digest("hex");
