// Looking again after a while, since no event tells that a connection has become available.

import type { EndpointId, ServiceId } from "../ids.ts";
import type { Wake } from "../ports.ts";
import { pieces } from "./concurrently.ts";

/** Seconds before each further look; after the last one the sweep goes on alone. */
const lookAgainSeconds = [10, 30, 60, 300] as const;

/** Endpoints in one message, well below SQS's size limit. */
export const endpointsPerMessage = 500;

/** Schedules the next look at each endpoint, given how many delayed looks it has had. */
export async function lookAgain(
  wake: Pick<Wake, "observe">,
  service: ServiceId,
  endpoints: readonly EndpointId[],
  attempt: (endpoint: EndpointId) => number,
): Promise<void> {
  for (const [attempts, its] of Map.groupBy(endpoints, attempt)) {
    const delay = lookAgainSeconds[attempts];
    if (delay === undefined) continue;
    for (const part of pieces(its, endpointsPerMessage))
      await wake.observe({ service, endpoints: part, attempt: attempts + 1, why: "look-again" }, delay);
  }
}
