// Finding out how many ids a call takes, and what that costs.

import { describe, expect, test } from "vitest";
import { decideAll, type Decisions } from "../../lib/aws/endpoint-decisions.ts";
import { fits, listSize, tooMany } from "../../lib/aws/list-size.ts";
import { Fault } from "../../lib/faults.ts";
import type { Calls } from "../../lib/ports.ts";
import { endpointOf } from "../fakes/endpoint-services.ts";

const endpoints = (count: number) => Array.from({ length: count }, (_, index) => endpointOf(index + 1));
const refusal = (name: string, message: string): Error => Object.assign(new Error(message), { name, $metadata: { httpStatusCode: 400 } });
const decisions = (size = 100): Decisions => ({ action: "ec2:AcceptVpcEndpointConnections", size: listSize(size) });

/** AWS with a limit of its own; keeps the sizes it was asked with. */
function aws(limit: number, code = "InvalidParameterValue", words = "The maximum number of VpcEndpointIds was exceeded") {
  const asked: number[] = [];
  return {
    asked,
    send: async (ids: readonly string[]) => {
      asked.push(ids.length);
      if (ids.length > limit) throw refusal(code, words);
      return {};
    },
  };
}

describe("a list that AWS takes as too long", () => {
  test("is cut until it fits, nothing is lost, and few calls are wasted", async () => {
    const known = decisions();
    const { asked, send } = aws(10);
    const outcomes = await decideAll(known, endpoints(1000), send);
    expect(outcomes.every(({ failure, later }) => failure === undefined && later === undefined)).toBe(true);
    expect(asked.filter((count) => count > 10)).toEqual([100, 50, 25, 12, 11]);
    expect(asked.length).toBeLessThanOrEqual(108);
    expect(known.size.next).toBe(10);
  });

  test("is known from then on", async () => {
    const known = decisions();
    await decideAll(known, endpoints(200), aws(25).send);
    const { asked, send } = aws(25);
    await decideAll(known, endpoints(100), send);
    expect(asked.filter((count) => count > 25).length).toBeLessThanOrEqual(1);
  });

  test.each([
    ["TooManyVpcEndpointIds", ""],
    ["MaxIDsExceeded", ""],
    ["InvalidParameterCombination", "no more than 10 ids"],
  ])("is recognised by its code or its words: %s %s", async (code, words) => {
    const { asked, send } = aws(10, code, words);
    expect((await decideAll(decisions(), endpoints(30), send)).some(({ failure }) => failure !== undefined)).toBe(false);
    expect(asked[0]).toBe(30);
  });

  test("is not taken for one when a single id is refused in the same words", async () => {
    const known = decisions();
    const outcomes = await decideAll(known, endpoints(1), aws(0).send);
    expect(outcomes[0]?.failure?.code).toBe("InvalidParameterValue");
    expect(known.size.next).toBe(100);
  });
});

test("what was settled before a throttle stays settled; the rest is for later", async () => {
  let call = 0;
  const send = async () => {
    if ((call += 1) > 2) throw refusal("RequestLimitExceeded", "slow down");
    return {};
  };
  const outcomes = await decideAll(decisions(2), endpoints(7), send);
  expect(outcomes.map(({ later }) => later?.code)).toEqual([
    ...Array<undefined>(4).fill(undefined),
    ...Array<string>(3).fill("RequestLimitExceeded"),
  ]);
});

test("each call of AWS is made by whoever paces them", async () => {
  let paced = 0;
  const calls: Calls = {
    make: async (call) => {
      paced += 1;
      if (paced > 2) throw new Fault("OutOfTime", "the function", "its time is nearly over", true);
      return call();
    },
  };
  const { asked, send } = aws(100);
  const outcomes = await decideAll(decisions(3), endpoints(9), send, calls);
  expect(asked).toEqual([3, 3]);
  expect(outcomes.filter(({ later }) => later !== undefined)).toHaveLength(3);
});

test("a size that fits stays, and the last short list says nothing about it", () => {
  expect(fits(listSize(100), 100).next).toBe(100);
  const halved = tooMany(listSize(100), 100);
  expect(halved.next).toBe(50);
  expect(fits(halved, 20).next).toBe(50);
  expect(fits(halved, 50).next).toBe(75);
});
