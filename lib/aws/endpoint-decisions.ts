// Accepting and rejecting many endpoints in few calls, and telling apart what AWS answered for each.

import type { UnsuccessfulItem } from "@aws-sdk/client-ec2";
import { Fault } from "../faults.ts";
import { idsIn, type EndpointId } from "../ids.ts";
import type { Calls, Outcome } from "../ports.ts";
import { calling } from "./errors.ts";
import { fits, tooMany, type ListSize } from "./list-size.ts";

/** AWS documents no limit; the bucket holds 10 calls and gains one a second, so few calls are what counts. */
export const endpointsPerCall = 100;

/** One action, with what is known of how many ids a call of it takes. */
export interface Decisions {
  readonly action: string;
  size: ListSize;
}

type Send = (endpoints: EndpointId[]) => Promise<{ readonly Unsuccessful?: readonly UnsuccessfulItem[] | undefined }>;
type Answer = Omit<Outcome, "endpoint">;
type Failure = NonNullable<Outcome["failure"]>;

const atOnce: Calls = { make: (call) => call() };

/** One outcome for each id, in the order given. Throws what is about the call and not about an id, unless some ids are settled by then. */
export async function decideAll(
  decisions: Decisions,
  endpoints: readonly EndpointId[],
  send: Send,
  calls: Calls = atOnce,
): Promise<Outcome[]> {
  const answers = new Map<EndpointId, Answer>();
  const waiting: EndpointId[][] = [[...new Set(endpoints)]];
  for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
    if (part.length === 0) continue;
    const now = part.slice(0, decisions.size.next);
    waiting.unshift(part.slice(now.length));
    try {
      const { Unsuccessful = [] } = await calls.make(() => calling(decisions.action, () => send([...now])));
      decisions.size = fits(decisions.size, now.length);
      for (const endpoint of now) answers.set(endpoint, {});
      for (const [endpoint, failure] of refusals(Unsuccessful, now)) answers.set(endpoint, { failure });
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      if (error.retryable && answers.size > 0) {
        for (const endpoint of [...now, ...waiting.flat()]) answers.set(endpoint, { later: error });
        break;
      }
      waiting.unshift(...refused(decisions, now, error, answers));
    }
  }
  return endpoints.map((endpoint) => ({ endpoint, ...answers.get(endpoint) }));
}

/** HTTP 200 with ids under `Unsuccessful` is a failure of those ids; without an id, of all. */
function* refusals(items: readonly UnsuccessfulItem[], asked: readonly EndpointId[]): Generator<[EndpointId, Failure]> {
  for (const { ResourceId, Error: error } of items) {
    const failure = { code: error?.Code ?? "Unsuccessful", message: error?.Message ?? "AWS gives no reason" };
    for (const endpoint of ResourceId === undefined ? asked : asked.filter((one) => one === ResourceId)) yield [endpoint, failure];
  }
}

/** A call that AWS refused as a whole. Gives the lists to ask with next; only what may pass by itself is thrown. */
function refused(decisions: Decisions, asked: EndpointId[], fault: Fault, answers: Map<EndpointId, Answer>): EndpointId[][] {
  const failure: Failure = { code: fault.code, message: fault.cause instanceof Error ? fault.cause.message : fault.message };
  const named = new Set(idsIn(failure.message).endpoints);
  const culprits = asked.filter((endpoint) => named.has(endpoint));
  const isSize = !fault.retryable && culprits.length === 0 && ofTheSize(failure);
  if (isSize) decisions.size = tooMany(decisions.size, asked.length);
  if (isSize && asked.length > 1) return [asked];
  if (fault.retryable) throw fault;
  // A missing right, or a service that is gone: every id is refused, so that each rests and the log tells why.
  const isOfTheIds = (isSize || ofTheIds.test(fault.code)) && !ofTheService.test(fault.code);
  const failed = asked.length === 1 || !isOfTheIds ? asked : culprits;
  for (const endpoint of failed) answers.set(endpoint, { failure });
  if (failed.length > 0) return [asked.filter((endpoint) => !failed.includes(endpoint))];
  // AWS names no id: halves find the culprits.
  const half = Math.ceil(asked.length / 2);
  return [asked.slice(0, half), asked.slice(half)];
}

/** Codes that speak about ids or their states, not about the call. */
const ofTheIds =
  /^(InvalidVpcEndpoint(Id)?\.(NotFound|Malformed)|InvalidVpcEndpointService(Id)?\.NotFound|InvalidState|IncorrectState|InvalidParameter(Value)?|OperationNotPermitted)$/;
const ofTheService = /^InvalidVpcEndpointService/;

/** How AWS refuses a list that is too long is not documented: by its code, or by its words. */
const ofTheSize = ({ code, message }: Failure): boolean =>
  /TooMany|MaxIDs|EntityTooLarge|RequestTooLarge/i.test(code) ||
  (/^(Invalid|Validation|Malformed)/.test(code) && /too many|too long|no more than|at most|maximum|exceed/i.test(message));
