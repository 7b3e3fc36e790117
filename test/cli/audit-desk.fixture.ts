// An operator who asks the log over the signed API, and what happened that it tells of.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, vi } from "vitest";
import { observe } from "../../lib/loop/observe.ts";
import { endpointOf } from "../fakes/endpoint-services.ts";
import { acme, desk, endpoint, service, type Desk } from "../operator/desk.ts";
import { secretAccessKey, served, type SignedServer } from "./signed-server.ts";
import { typed, type Setting, type Typed } from "./typed.ts";

export interface AuditDesk {
  readonly at: Desk;
  readonly server: SignedServer;
  /** Empty at first. */
  readonly folder: string;
  readonly run: (line: string, setting?: Setting) => Promise<Typed>;
  /** A consumer let in by an entry, and one that was not. */
  readonly twoConsumers: () => Promise<void>;
  /** Somebody accepts in the console, and CloudTrail tells who. */
  readonly acceptedOutside: (number: number, arn: string) => Promise<void>;
}

/** Brings a desk up before each test of the file, and takes it down after it. */
export function auditDesk(): AuditDesk {
  let at: Desk;
  let server: SignedServer;
  let folder: string;

  beforeEach(async () => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", "111111111111");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", secretAccessKey);
    vi.stubEnv("AWS_SESSION_TOKEN", "");
    at = desk();
    server = await served(at);
    folder = await mkdtemp(join(tmpdir(), "drawbridge-cli-"));
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  const run = (line: string, setting: Setting = {}): Promise<Typed> => typed(line.split(" "), { api: server.url, ...setting });
  return {
    get at() {
      return at;
    },
    get server() {
      return server;
    },
    get folder() {
      return folder;
    },
    run,
    async twoConsumers() {
      await run(`services add ${service} --zone privatelink.example.com --yes`);
      at.world.clock.advance(60);
      await typed(["allow", acme, "--service", service, "--purpose", "the spring trial"], { api: server.url });
      at.world.clock.advance(60);
      at.connect(1, 2);
      at.connect(2, 3);
      await at.admit();
      at.world.clock.advance(5);
      at.world.ec2.move(endpoint, "available");
      await at.admit();
    },
    async acceptedOutside(number, arn) {
      at.world.ec2.move(endpointOf(number), "available");
      await at.admit();
      at.world.clock.advance(60);
      const wanted = { services: [service], endpoints: [endpointOf(number)], source: { kind: "cloudtrail" }, attempt: 0 } as const;
      await observe(at.world.ports(), [
        { id: "1", wanted: { ...wanted, signal: { kind: "attributed", action: "accept", arn, event: "6f4c" } } },
      ]);
    },
  };
}
