// What a run of dns puts off goes as one message, whatever the reasons; what is not put off goes at once.

import { expect, test } from "vitest";
import { putOff } from "../../lib/loop/put-off.ts";
import type { Look } from "../../lib/ports.ts";
import { payments } from "../contracts/samples.ts";
import { endpointOf } from "../fakes/endpoint-services.ts";

const [one, two] = [endpointOf(1), endpointOf(2)];

function kept() {
  const sent: { look: Look; seconds: number | undefined }[] = [];
  return { sent, ...putOff({ dns: async (look, seconds) => void sent.push({ look, seconds }) }, payments) };
}

test("two reasons for a later look at the same endpoints are one message", async () => {
  const { sent, wake, send } = kept();
  await wake.dns({ service: payments, endpoints: [one, two], why: "look-again" }, 5);
  await wake.dns({ service: payments, endpoints: [two], why: "look-again" }, 5);
  expect(sent).toEqual([]);
  await send();
  expect(sent).toEqual([{ look: { service: payments, endpoints: [one, two], why: "look-again" }, seconds: 5 }]);
});

test("a later look at all of the service is enough", async () => {
  const { sent, wake, send } = kept();
  await wake.dns({ service: payments, endpoints: [one], why: "look-again" }, 5);
  await wake.dns({ service: payments, why: "compare" }, 5);
  await send();
  expect(sent).toEqual([{ look: { service: payments, why: "compare" }, seconds: 5 }]);
});

test("what is not put off goes at once, and nothing follows", async () => {
  const { sent, wake, send } = kept();
  await wake.dns({ service: payments, why: "sweep" });
  await send();
  expect(sent).toEqual([{ look: { service: payments, why: "sweep" }, seconds: undefined }]);
});
