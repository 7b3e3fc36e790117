// An operator at all that the command does with their own credentials: nothing of it is refused, and no right is left that nothing asked for.
import { afterAll, beforeAll, expect, test } from "vitest";
import { waysBack } from "../../lib/operator/set-aside.ts";
import { asked, inVain, openPeople, sealed, type Peopled } from "./people.ts";

let peopled: Peopled;
beforeAll(async () => {
  peopled = await openPeople();
  await sealed(peopled, "Operator");
});
afterAll(() => peopled.world.local.close());

const bodies: Readonly<Record<string, unknown>> = {
  bus: { requestPayload: { source: "drawbridge", "detail-type": "ConnectionApproved", detail: {} } },
};

test("an operator asks doctor, looks at every queue of last resort, sends back what is there, and verifies the log", async () => {
  const { world, keys, judged } = peopled;
  const run = (...words: string[]): Promise<string> => world.drawbridgeAs(keys.Operator, ...words);
  for (const [queue, { to }] of Object.entries(waysBack))
    await world.aws("sqs", "SendMessage", { QueueUrl: world.idOf(queue), MessageBody: JSON.stringify(bodies[to] ?? {}) });
  await expect(run("doctor")).rejects.toThrow("looks found something wrong");
  await run("audit", "verify");
  for (const queue of Object.keys(waysBack)) {
    await run("redrive", queue);
    await run("redrive", queue, "--yes").catch(() => undefined);
  }
  const denied = judged.filter(({ question, verdict }) => question.role === world.arnOf("OperatorRole") && verdict !== "allowed");
  expect(denied.map(({ question }) => `${question.action} on ${question.resource}`)).toEqual([]);
  expect(await inVain(await asked(peopled, "Operator"))).toEqual([]);
});
