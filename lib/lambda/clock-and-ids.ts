// The functions' only clock and only source of chance.

import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { instant } from "../ids.ts";
import type { Time } from "../loop/pacing.ts";
import type { Clock, NewId } from "../ports.ts";

export const clock: Clock = () => instant(Date.now());

/** 128 random bits, fit for a URL. */
export const newId: NewId = () => randomBytes(16).toString("base64url");

export const wait = async (milliseconds: number): Promise<void> => {
  await sleep(milliseconds);
};

/** The time of one invocation, by what Lambda says is left of it. */
export const timeOf = (leftMs: () => number): Time => ({
  leftMs,
  wait,
  chance: Math.random,
});
