// Accepting and rejecting many endpoints in few calls, and telling apart what AWS answered for each.

import type { UnsuccessfulItem } from "@aws-sdk/client-ec2";
import { Fault } from "../faults.ts";
import { idsIn, type EndpointId } from "../ids.ts";
import { pieces } from "../loop/concurrently.ts";
import type { Outcome } from "../ports.ts";
import { calling } from "./errors.ts";

/** AWS documents no limit; the bucket holds 10 calls and gains one a second, so few calls are what counts. */
const endpointsPerCall = 100;

type Send = (endpoints: EndpointId[]) => Promise<{ readonly Unsuccessful?: readonly UnsuccessfulItem[] | undefined }>;

/** One outcome for each id, in the order given. */
export async function decideAll(action: string, endpoints: readonly EndpointId[], send: Send): Promise<Outcome[]> {
  const failures = new Map<string, Failure>();
  for (const part of pieces([...new Set(endpoints)], endpointsPerCall)) await decide(action, part, send, failures);
  return endpoints.map((endpoint) => {
    const failure = failures.get(endpoint);
    return failure === undefined ? { endpoint } : { endpoint, failure };
  });
}

interface Failure {
  readonly code: string;
  readonly message: string;
}

/** HTTP 200 with ids under `Unsuccessful` is a failure of those ids. A call that fails as a whole because of one id goes on without it. */
async function decide(action: string, endpoints: readonly EndpointId[], send: Send, failures: Map<string, Failure>): Promise<void> {
  if (endpoints.length === 0) return;
  try {
    const { Unsuccessful = [] } = await calling(action, () => send([...endpoints]));
    for (const { ResourceId, Error: error } of Unsuccessful) {
      const failure = {
        code: error?.Code ?? "Unsuccessful",
        message: error?.Message ?? "AWS gives no reason",
      };
      for (const endpoint of ResourceId === undefined ? endpoints : [ResourceId]) failures.set(endpoint, failure);
    }
  } catch (error) {
    if (!(error instanceof Fault) || error.retryable || !ofTheIds.test(error.code)) throw error;
    await withoutCulprits(action, endpoints, send, failures, error);
  }
}

/** Codes that speak about ids or their states, not about the call. */
const ofTheIds =
  /^(InvalidVpcEndpoint(Id)?\.(NotFound|Malformed)|InvalidVpcEndpointService(Id)?\.NotFound|InvalidState|IncorrectState|InvalidParameter(Value)?|OperationNotPermitted)$/;

/** The ids that AWS names in its message failed; when it names none, halves find the culprits. */
async function withoutCulprits(
  action: string,
  endpoints: readonly EndpointId[],
  send: Send,
  failures: Map<string, Failure>,
  fault: Fault,
): Promise<void> {
  const failure: Failure = {
    code: fault.code,
    message: fault.cause instanceof Error ? fault.cause.message : fault.message,
  };
  const named = new Set(idsIn(failure.message).endpoints);
  const culprits =
    endpoints.length === 1 || ofTheService.test(fault.code) ? endpoints : endpoints.filter((endpoint) => named.has(endpoint));
  for (const endpoint of culprits) failures.set(endpoint, failure);
  const rest = endpoints.filter((endpoint) => !culprits.includes(endpoint));
  if (culprits.length > 0) return decide(action, rest, send, failures);
  const half = Math.ceil(rest.length / 2);
  await decide(action, rest.slice(0, half), send, failures);
  await decide(action, rest.slice(half), send, failures);
}

const ofTheService = /^InvalidVpcEndpointService/;
