// What one run of `dns` puts off while a zone is busy, as one message: a message for each reason would double with every look.

import type { EndpointId, ServiceId } from "../ids.ts";
import type { Look, Wake } from "../ports.ts";
import { pieces } from "./concurrently.ts";
import { endpointsPerMessage } from "./look-again.ts";

export interface PutOff {
  /** Keeps what is to come later; the rest goes at once. */
  readonly wake: Pick<Wake, "dns">;
  /** Sends what was kept. A run that fails sends nothing: its own message comes back. */
  readonly send: () => Promise<void>;
}

export function putOff(wake: Pick<Wake, "dns">, service: ServiceId): PutOff {
  const endpoints = new Set<EndpointId>();
  let delay = 0;
  let whole: Look["why"] | undefined;
  return {
    wake: {
      dns: async (look, seconds) => {
        if (seconds === undefined) return wake.dns(look);
        delay = seconds;
        if (look.endpoints === undefined) whole = look.why;
        for (const endpoint of look.endpoints ?? []) endpoints.add(endpoint);
      },
    },
    send: async () => {
      if (whole !== undefined) return wake.dns({ service, why: whole }, delay);
      for (const part of pieces([...endpoints], endpointsPerMessage))
        await wake.dns({ service, endpoints: part, why: "look-again" }, delay);
    },
  };
}
