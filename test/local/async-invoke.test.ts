// An asynchronous invocation whose function is deleted between two attempts.
import { tmpdir } from "node:os";

import { expect, it } from "vitest";
import { createIdentities } from "../../local/identities.ts";
import { createInFlight } from "../../local/in-flight.ts";
import { createRuntime } from "../../local/functions/runtime.ts";

it("is given up quietly when its function is deleted before the next attempt", async () => {
  const waiting: (() => void)[] = [];
  const printed: string[] = [];
  const inFlight = createInFlight();
  const role = { arn: "arn:aws:iam::111111111111:role/gone", name: "gone", policies: [] };
  const runtime = createRuntime({
    clock: {
      now: () => Date.now(),
      after: (_ms, work) => {
        waiting.push(work);
        return () => undefined;
      },
    },
    inFlight,
    identities: createIdentities(),
    place: () => ({ region: "eu-west-1", endpoint: "http://127.0.0.1:9" }),
    callAs: () => Promise.reject(new Error("Nothing is called here")),
    demand: () => Promise.resolve(),
    processesMax: 1,
    asyncRetryMs: [60_000],
    print: (_name, line) => printed.push(line),
  });
  runtime.register({
    name: "gone",
    arn: "arn:aws:lambda:eu-west-1:111111111111:function:gone",
    role,
    handler: "index.handler",
    runtime: "nodejs24.x",
    timeoutSeconds: 3,
    memoryMegabytes: 128,
    environment: {},
    root: tmpdir(),
  });
  runtime.enqueue("gone", {});
  await expect.poll(() => waiting.length, { timeout: 10_000 }).toBe(1);
  runtime.remove("gone");
  waiting.forEach((attempt) => attempt());
  await inFlight.idle();
  expect(printed.filter((line) => line.startsWith("START"))).toHaveLength(1);
  await runtime.close();
});
