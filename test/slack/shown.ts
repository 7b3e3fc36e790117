// What a message in Slack shows: its text and its buttons; and one operator who decides alone, which it must show too.

import { run } from "../../lib/loop/run.ts";
import { endpoint, service } from "../asking/given.ts";
import type { Spoken } from "./given.ts";

export const text = (value: unknown): string => JSON.stringify(value);

export const buttons = (world: Spoken): string[] =>
  [...text(world.question().blocks).matchAll(/"action_id":"(drawbridge-[a-z-]+)"/g)]
    .map(([, action = ""]) => action)
    .filter((action) => !["drawbridge-reason", "drawbridge-days"].includes(action));

/** One operator alone. */
export async function breakGlass(world: Spoken): Promise<void> {
  const ports = world.ports("operator");
  const by = { kind: "operator", arn: "arn:aws:iam::111111111111:user/zoe" } as const;
  const signal = { kind: "answered", choice: "approve", by, breakGlass: true, reason: "payments are down" } as const;
  await run({ ...ports, judging: ports }, { service, tasks: [{ endpoint, signal, source: { kind: "api" } }] });
}
