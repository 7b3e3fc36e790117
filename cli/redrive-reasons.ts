// Why a function failed on messages that were set aside, from its own log, which names each by its id. Loaded by redrive alone.

import type { DeploymentShown } from "../lib/operator/deployment.ts";
import type { SetAside } from "../lib/operator/set-aside.ts";
import { signedCall } from "./verify/signed-call.ts";

/** Ids in one pattern, which may have 1,024 characters. */
const idsPerCall = 10;
/** AWS may give a page without a line and go on: a log of two weeks is long. */
const pagesMax = 20;
/** Looked up at most; of the others the log is named. */
const lookedUpMax = 50;

/** By the message's id, as far as the log still has it. Nothing where it may not be read: the messages are shown all the same. */
export async function reasonsOf(
  { region, stage }: Pick<DeploymentShown, "region" | "stage">,
  by: string,
  messages: readonly SetAside[],
): Promise<ReadonlyMap<string, string>> {
  const reasons = new Map<string, string>();
  const wanted = messages.slice(0, lookedUpMax);
  const startTime = Math.min(...wanted.map(({ sent }) => (sent === undefined ? 0 : Date.parse(sent))));
  try {
    for (let start = 0; start < wanted.length; start += idsPerCall) {
      const terms = wanted.slice(start, start + idsPerCall).map(({ id }) => `($.messageId = "${id}")`);
      const asked = { logGroupName: `/aws/lambda/drawbridge-${stage}-${by}`, filterPattern: `{ ${terms.join(" || ")} }`, startTime };
      // The last line is the last try's.
      for await (const line of lines(region, asked))
        reasons.set(line.messageId, line.code === undefined ? line.reason : `${line.code}, ${line.reason}`);
    }
  } catch {
    return reasons;
  }
  return reasons;
}

interface Line {
  readonly messageId: string;
  readonly reason: string;
  readonly code?: string;
}

async function* lines(region: string, asked: object): AsyncGenerator<Line> {
  let nextToken: string | undefined;
  for (let page = 0; page < pagesMax; page += 1) {
    const text = await signedCall({
      service: "logs",
      region,
      headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "Logs_20140328.FilterLogEvents" },
      body: JSON.stringify({ ...asked, ...(nextToken === undefined ? {} : { nextToken }) }),
    });
    const said = JSON.parse(text) as { readonly events?: readonly { readonly message?: string }[]; readonly nextToken?: string };
    for (const { message = "" } of said.events ?? []) {
      const line = JSON.parse(message) as Partial<Line>;
      if (typeof line.messageId === "string" && typeof line.reason === "string") yield line as Line;
    }
    nextToken = said.nextToken;
    if (nextToken === undefined) return;
  }
}
