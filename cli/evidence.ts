// The command evidence: a period of the log with all that proves it, in one folder that can be verified without Drawbridge.

import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sinceOf, type Checkpoint } from "../lib/audit/checkpoint.ts";
import { fingerprint } from "../lib/aws/public-keys.ts";
import type { DeploymentShown } from "../lib/operator/deployment.ts";
import { exportTo } from "./audit-export.ts";
import { bundleFiles, proofFromAws, type Manifest } from "./audit-proof.ts";
import { operandsOf, type Command } from "./command.ts";
import { Failure, wrongUsage } from "./failure.ts";

export const evidence: Command = {
  name: "evidence",
  operands: "",
  summary: "a period of the log with its checkpoints, the public key and the steps to verify it, in one folder",
  options: {
    from: { value: "TIME", help: "from then on; from the log's beginning unless told" },
    to: { value: "TIME", help: "before then; ten seconds ago unless told" },
    out: { value: "FOLDER", help: "the folder to make, instead of evidence-FROM-TO" },
  },
  examples: ["drawbridge evidence --from 2026-01-01 --to 2026-07-01", "drawbridge audit verify --export evidence-2026-01-01-2026-07-01"],
  async run(call) {
    operandsOf(call, this, 0);
    const { given, api, terminal } = call;
    const [from, to] = [given.text("from"), given.text("to")];
    if (from !== undefined && to !== undefined && new Date(from) >= new Date(to))
      throw wrongUsage(`--to ${to} is not after --from ${from}`);
    const folder = given.text("out") ?? `evidence-${(from ?? "beginning").slice(0, 10)}-${(to ?? new Date().toISOString()).slice(0, 10)}`;
    const deployment = await api.get<DeploymentShown>("/deployment");
    await made(folder);
    const exported = await exportTo(call, join(folder, bundleFiles.log), { from }, to);
    const proof = await proofFromAws(deployment, terminal.env["AWS_ENDPOINT_URL"]);
    const began = from === undefined ? undefined : new Date(from).toISOString();
    const checkpoints = proof.checkpoints.filter((one) => isOf(one, began, exported.to));
    const texts: Record<string, string> = {
      [bundleFiles.checkpoints]: checkpoints.map((one) => `${JSON.stringify(one)}\n`).join(""),
      [bundleFiles.keys]: `${JSON.stringify(Object.fromEntries(proof.keys), null, 2)}\n`,
      ...Object.fromEntries([...proof.keys].map(([arn, pem]) => [`key-${arn.split("/").at(-1) ?? "1"}.pem`, pem])),
      [bundleFiles.steps]: steps(proof.keys),
    };
    for (const [name, text] of Object.entries(texts)) await writeFile(join(folder, name), text);
    const files = Object.fromEntries(
      await Promise.all(
        [bundleFiles.log, ...Object.keys(texts)].map(
          async (name) =>
            [
              name,
              createHash("sha256")
                .update(await readFile(join(folder, name)))
                .digest("hex"),
            ] as const,
        ),
      ),
    );
    const manifest: Manifest = {
      format: 1,
      made: new Date().toISOString(),
      by: deployment.you,
      ...(began === undefined ? {} : { from: began }),
      to: exported.to,
      events: exported.events,
      checkpoints: checkpoints.length,
      files,
    };
    await writeFile(join(folder, bundleFiles.manifest), `${JSON.stringify(manifest, null, 2)}\n`);
    call.result(
      { folder, ...manifest },
      () =>
        `${folder} holds ${String(exported.events)} events and ${String(checkpoints.length)} checkpoints.\nVerify it with: drawbridge audit verify --export ${folder}`,
    );
  },
};

/** Whatever may vouch for an event of the period: also the first after its end, and those that could hold a late one. */
const isOf = ({ statement }: Checkpoint, from: string | undefined, to: string): boolean =>
  (from === undefined || statement.until >= from) && sinceOf(statement) < to && statement.since < to;

async function made(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const there = (await readdir(folder)).filter((name) => !name.startsWith(`${bundleFiles.log}.`));
  if (there.length > 0) throw new Failure(1, "FolderNotEmpty", `${folder} holds something already`, "give --out another folder");
}

const steps = (keys: ReadonlyMap<string, string>): string => `# How to verify this evidence

With Drawbridge, offline: \`drawbridge audit verify --export .\` in this folder. It names each event that was edited, deleted,
inserted, moved or cut off, also when every hash was computed anew.

First be sure of the key. Its SHA-256 (of the DER form of the public key) must be the one that was written down when Drawbridge was
deployed, or that \`aws kms get-public-key\` gives:

${[...keys].map(([arn, pem]) => `- ${arn}\n  ${fingerprint(pem)}`).join("\n")}

Without Drawbridge, with any SHA-256 and ECDSA P-256:

1. \`${bundleFiles.log}\` holds one event a line. Its \`hash\` is the SHA-256 of the canonical JSON of its members \`subject\`, \`seq\`,
   \`event\`, \`service\`, \`account\` and \`previous\`, as far as it has them: members sorted by name, no spaces, strings as
   JSON.stringify writes them, in UTF-8. \`previous\` is the hash of the event before it in the same subject.
2. \`${bundleFiles.checkpoints}\` holds one checkpoint a line. Its \`signature\` (DER, base64) is that of the canonical JSON of its
   \`statement\`: \`openssl dgst -sha256 -verify key-….pem -signature signature.der statement.json\`.
3. A statement's \`previous\` is the SHA-256 of the canonical JSON of the statement before it; numbers have no gap.
4. A statement's \`root\` is the Merkle root over its \`leaves\`: each leaf is SHA-256 of \`leaf:\` and its canonical JSON, each node
   SHA-256 of \`node:<left>:<right>\`, in the shape of RFC 6962 (a last one without a neighbour goes up as it is).
5. A leaf lists, for one subject, the hashes of the events after \`after.seq\`, in order. Each must be that of the event in the log.
`;
