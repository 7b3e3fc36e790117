// Where a smoke run would stand, in this process: local AWS, its clients, and a folder for notes.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeleteObjectCommand, ListBucketsCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { startLocalAws, type LocalAws } from "../../local/aws.ts";
import { connect, type Clients } from "../../scripts/smoke/clients.ts";
import { madeBy, type Made } from "../../scripts/smoke/made.ts";
import { readOptions, type Options } from "../../scripts/smoke/options.ts";
import { stepsOf } from "../../scripts/smoke/steps.ts";
import type { Ground } from "../../scripts/smoke/world.ts";
import { accounts } from "./run.fixture.ts";

export interface Place {
  readonly local: LocalAws;
  readonly clients: Clients;
  readonly groundOf: (run: string, said: string[]) => Ground;
  /** The bucket whose name holds this. */
  readonly bucketOf: (kind: string) => Promise<string>;
  /** More than a page of versions, and an object that is hidden only. */
  readonly fill: (Bucket: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

export async function smokePlace(): Promise<Place> {
  const local = await startLocalAws({ bare: true, account: accounts.provider, zoneName: "smoke.internal", processesMax: 1 });
  const { aws: AWS_ENDPOINT_URL, region: AWS_REGION, account } = local;
  Object.assign(process.env, { AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID: account, AWS_SECRET_ACCESS_KEY: "any" });
  const clients = await connect({ region: local.region, consumerProfile: undefined });
  const notes = mkdtempSync(join(tmpdir(), "smoke-notes-"));

  function groundOf(run: string, said: string[]): Ground {
    const { region, account } = local;
    const made: Made = madeBy(notes, { run, startedAt: "", region, account, consumerAccount: account, things: [] });
    const options = { ...(readOptions(["--yes"], true) as Options), notes };
    return {
      clients,
      options,
      made,
      steps: stepsOf({ say: (line) => void said.push(line), signal: new AbortController().signal, pollMs: 10 }),
    };
  }

  async function bucketOf(kind: string): Promise<string> {
    const { Buckets = [] } = await clients.s3.send(new ListBucketsCommand({}));
    return Buckets.find(({ Name = "" }) => Name.includes(`-${kind}`))?.Name ?? "";
  }

  async function fill(Bucket: string): Promise<void> {
    const put = (Key: string): Promise<unknown> => clients.s3.send(new PutObjectCommand({ Bucket, Key, Body: "{}" }));
    for (let part = 0; part < 11; part += 1)
      await Promise.all(Array.from({ length: 100 }, (_, at) => put(`events/${String(part * 100 + at)}`)));
    await clients.s3.send(new DeleteObjectCommand({ Bucket, Key: "events/7" }));
  }

  const close = async (): Promise<void> => {
    clients.close();
    await local.close();
    rmSync(notes, { recursive: true, force: true });
  };
  return { local, clients, groundOf, bucketOf, fill, close };
}
