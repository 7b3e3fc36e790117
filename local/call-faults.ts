// Calls over the wire that go wrong as a test asks: refused, late, cut off, or done and then denied.

import { setTimeout as sleep } from "node:timers/promises";
import type { Members } from "./members.ts";
import { AwsError, type Call, type Demand } from "./service.ts";

/** Which calls, and what happens to them. With neither `code`, `instead` nor `cut` a call is only late. */
export interface CallFault {
  /** The signing name: `ec2`, `dynamodb`, `sns` … */
  readonly service: string;
  readonly action?: string;
  /** What the ARN of a resource, or the input, has in it: a table's name, an endpoint's id. */
  readonly resource?: string;
  /** The end of the caller's ARN: a function's name. */
  readonly by?: string;
  /** So many calls; without it, all until it is lifted. */
  readonly times?: number;
  readonly code?: string;
  readonly message?: string;
  /** 500 unless said otherwise. */
  readonly status?: number;
  /** Answers in the service's stead; `work` has the service do it, with this input or another. */
  readonly instead?: (input: Members, work: (input: Members) => unknown) => unknown;
  /** The connection breaks without an answer. */
  readonly cut?: boolean;
  /** The call comes or, with `after`, its answer goes so much later. */
  readonly delayMs?: number;
  /** The service does its work first; only what it answers is lost. */
  readonly after?: boolean;
}

export interface Injected {
  /** How many calls it has met. */
  readonly met: () => number;
  /** Resolves with the first call that it meets. */
  readonly first: Promise<void>;
  readonly lift: () => void;
}

export interface CallFaults {
  readonly add: (fault: CallFault) => Injected;
  /** Does what the service would, unless a fault is asked for. */
  readonly through: (service: string, call: Call, demands: readonly Demand[], work: (call: Call) => unknown) => Promise<unknown>;
}

/** The front ends the connection instead of answering. */
export class CutOff extends Error {}

interface Standing {
  readonly fault: CallFault;
  left: number;
  met: number;
  readonly tell: () => void;
}

export function createCallFaults(): CallFaults {
  const standing = new Set<Standing>();
  return {
    add(fault) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const one: Standing = { fault, left: fault.times ?? Infinity, met: 0, tell: resolve };
      standing.add(one);
      return { met: () => one.met, first: promise, lift: () => void standing.delete(one) };
    },
    async through(service, call, demands, work) {
      const one = [...standing].find(({ fault }) => fits(fault, service, call, demands));
      if (one === undefined) return work(call);
      one.met += 1;
      one.left -= 1;
      if (one.left <= 0) standing.delete(one);
      one.tell();
      return suffer(one.fault, call, work);
    },
  };
}

async function suffer(fault: CallFault, call: Call, work: (call: Call) => unknown): Promise<unknown> {
  if (fault.after !== true) await hurt(fault);
  const { instead = (_, same) => same(call.input) } = fault;
  const result: unknown = await instead(call.input, (input) => work({ ...call, input }));
  if (fault.after === true) await hurt(fault);
  return result;
}

async function hurt({ code, message = "A fault that was asked for.", status = 500, cut, delayMs }: CallFault): Promise<void> {
  if (delayMs !== undefined) await sleep(delayMs, undefined, { ref: false });
  if (cut === true) throw new CutOff();
  if (code !== undefined) throw new AwsError(code, message, status);
}

function fits({ service, action, resource, by }: CallFault, asked: string, call: Call, demands: readonly Demand[]): boolean {
  if (service !== asked || (action !== undefined && action !== call.action)) return false;
  if (by !== undefined && !call.caller.arn.endsWith(by)) return false;
  if (resource === undefined) return true;
  return demands.some((demand) => demand.resource.includes(resource)) || JSON.stringify(call.input).includes(resource);
}
