// The command evidence: a period of the log with all that proves it, in one folder that can be verified without Drawbridge.

import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { mayHold } from "../lib/audit/coverage.ts";
import { instant, milliseconds, type Instant } from "../lib/ids.ts";
import type { DeploymentShown } from "../lib/operator/deployment.ts";
import { exportTo } from "./audit-export.ts";
import { proofFromAws, whereKept } from "./audit-proof.ts";
import { settledEnd } from "./audit-stream.ts";
import { operandsOf, type Command } from "./command.ts";
import { Failure } from "./failure.ts";
import { harmless } from "./render.ts";
import { periodOf } from "./times.ts";

export const evidence: Command = {
  name: "evidence",
  operands: "",
  summary: "a period of the log with its checkpoints, the public key and the steps to verify it, in one folder",
  more: "The folder holds everything that the period's checkpoints hold, which begins up to an hour and a half before it and ends up to as much after it.",
  options: {
    from: { value: "TIME", help: "from then on; from the log's beginning unless told" },
    to: { value: "TIME", help: "before then; ten seconds ago unless told" },
    out: { value: "FOLDER", help: "the folder to make, instead of evidence-FROM-TO" },
    bucket: { value: "NAME", help: "where the checkpoints are, instead of where the deployment says" },
  },
  examples: ["drawbridge evidence --from 2026-01-01 --to 2026-07-01", "drawbridge audit verify --export evidence-2026-01-01-2026-07-01"],
  async run(call) {
    operandsOf(call, this, 0);
    const { given, api, terminal } = call;
    const { from, to } = periodOf(given);
    const folder = given.text("out") ?? `evidence-${(from ?? "beginning").slice(0, 10)}-${(to ?? instant(Date.now())).slice(0, 10)}`;
    const [{ you }, where, { bundleFiles }, { sealBundle }] = await Promise.all([
      api.get<DeploymentShown>("/deployment"),
      whereKept(call),
      import("./bundle.ts"),
      import("./bundle-made.ts"),
    ]);
    // Every event that these checkpoints hold is in the bundle, so that nobody can leave one out.
    const known = await proofFromAws(
      where,
      { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) },
      {},
      terminal.env,
    );
    for (const { text } of known.findings) terminal.err(`Note: ${harmless(text)}`);
    const [first, last] = [known.checkpoints[0]?.statement, known.checkpoints.at(-1)?.statement];
    const begin = from === undefined || first?.number === 1 ? undefined : (first?.since ?? from);
    await made(folder, bundleFiles.log);
    const exported = await exportTo(call, join(folder, bundleFiles.log), { from: begin }, endOf(to, last?.until));
    const end = exported.to;
    const period = { ...(from === undefined ? {} : { from }), to: to !== undefined && to < end ? to : end };
    const checkpoints = known.checkpoints.filter(({ statement }) => statement.until < end && mayHold(statement, period));
    const manifest = await sealBundle(folder, {
      period,
      by: you,
      events: exported.events,
      checkpoints,
      keys: new Map([...known.keys].map(([arn, { pem }]) => [arn, pem])),
    });
    call.result(
      { folder, ...manifest },
      () =>
        `${folder} holds ${String(exported.events)} events and ${String(checkpoints.length)} checkpoints.\nVerify it with: drawbridge audit verify --export ${folder}`,
    );
  },
};

/** To the end of the last checkpoint of the period, if that is settled. */
function endOf(to: Instant | undefined, until: Instant | undefined): Instant | undefined {
  if (to === undefined) return undefined;
  const end = until === undefined || until < to ? to : instant(milliseconds(until) + 1);
  return settledEnd(end);
}

async function made(folder: string, log: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const there = (await readdir(folder)).filter((name) => !name.startsWith(`${log}.`));
  if (there.length > 0) throw new Failure(1, "FolderNotEmpty", `${folder} holds something already`, "give --out another folder");
}
