// Faults of single calls: whom they meet, how often, and what the service has done by then.

import { expect, test } from "vitest";
import { createCallFaults, CutOff } from "../../local/call-faults.ts";
import type { Call } from "../../local/service.ts";

const call = (by: string, input = {}): Call => ({
  action: "GetItem",
  input,
  caller: { account: "111111111111", arn: `arn:aws:sts::111111111111:assumed-role/role/${by}`, userId: "x", accessKeyId: "x" },
  region: "eu-west-1",
  requestId: "1",
});
const demands = [{ action: "dynamodb:GetItem", resource: "arn:aws:dynamodb:eu-west-1:111111111111:table/Settings" }];

test("meets the calls that fit in every way, so many times, and then no more", async () => {
  const faults = createCallFaults();
  const { met, first } = faults.add({ service: "dynamodb", action: "GetItem", resource: "Settings", by: "admit", times: 2, code: "Down" });
  const through = (service: string, by: string, asked = demands): Promise<unknown> =>
    faults.through(service, call(by), asked, () => "done");
  expect(await through("sqs", "admit")).toBe("done");
  expect(await through("dynamodb", "observe")).toBe("done");
  expect(await through("dynamodb", "admit", [])).toBe("done");
  await expect(through("dynamodb", "admit")).rejects.toMatchObject({ code: "Down", status: 500 });
  await first;
  await expect(through("dynamodb", "drawbridge-dev-admit")).rejects.toMatchObject({ code: "Down" });
  expect(await through("dynamodb", "admit")).toBe("done");
  expect(met()).toBe(2);
});

test("comes before the service's work, after it, or instead of it; lifted, it is gone", async () => {
  const faults = createCallFaults();
  const done: unknown[] = [];
  const through = (): Promise<unknown> => faults.through("dynamodb", call("admit", { id: 1 }), demands, ({ input }) => done.push(input));
  const before = faults.add({ service: "dynamodb", cut: true, times: 1 });
  await expect(through()).rejects.toBeInstanceOf(CutOff);
  expect([done.length, before.met()]).toEqual([0, 1]);
  faults.add({ service: "dynamodb", code: "Lost", after: true, times: 1 });
  await expect(through()).rejects.toMatchObject({ code: "Lost" });
  expect(done).toEqual([{ id: 1 }]);
  faults.add({ service: "dynamodb", times: 1, instead: async (input, work) => [await work({ ...input, id: 2 })] });
  expect(await through()).toEqual([2]);
  expect(done.at(-1)).toEqual({ id: 2 });
  faults.add({ service: "dynamodb", code: "Never" }).lift();
  expect(await through()).toBe(3);
});
