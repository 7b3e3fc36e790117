// The functions' only clock and only source of chance.

import { randomBytes } from "node:crypto";
import { instant } from "../ids.ts";
import type { Clock, NewId } from "../ports.ts";

export const clock: Clock = () => instant(Date.now());

/** 128 random bits, fit for a URL. */
export const newId: NewId = () => randomBytes(16).toString("base64url");
