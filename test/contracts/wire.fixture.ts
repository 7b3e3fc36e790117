// Some services of local AWS behind its front, for adapters to speak to over the wire.

import { wallClock } from "../../local/clock.ts";
import { startFront } from "../../local/http-front.ts";
import { createIdentities } from "../../local/identities.ts";
import type { Clock, Service } from "../../local/service.ts";

export const region = "eu-west-1";
export const provider = "111111111111";

export interface Wire {
  readonly url: string;
  /** What an SDK client needs to speak to it; the access key id is the account. */
  config(account?: string): {
    endpoint: string;
    region: string;
    credentials: { accessKeyId: string; secretAccessKey: string };
    maxAttempts: number;
  };
  close(): Promise<void>;
}

export async function startWire(make: (options: { region: string; clock: Clock }) => Promise<readonly Service[]>): Promise<Wire> {
  const services = await make({ region, clock: wallClock() });
  const front = await startFront({ services, identities: createIdentities(), port: 0, region });
  return {
    url: front.url,
    config: (account = provider) => ({
      endpoint: front.url,
      region,
      credentials: { accessKeyId: account, secretAccessKey: "any" },
      maxAttempts: 1,
    }),
    close: async () => {
      await front.close();
      for (const service of services) await (service as { close?: () => unknown }).close?.();
    },
  };
}
