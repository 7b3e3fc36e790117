// What a change comes to where twenty thousand are connected, through the packaged function on local AWS: more than an answer may hold
// as it is, told in one all the same.

import { afterAll, beforeAll, expect, test } from "vitest";
import { startLocalAws, type LocalAws } from "../../local/aws.ts";
import { concurrently } from "../../lib/loop/concurrently.ts";
import { consumer, provider } from "../../scripts/actors.ts";
import { ensurePackaged } from "../../scripts/package.ts";
import { insisting, operator } from "./operator.ts";

const accounts = { provider: "111111111111", acme: "222222222222" };
const many = 20_000;

let local: LocalAws;
const command = (...words: string[]): Promise<string> => insisting(operator(local, accounts.provider))(...words);

beforeAll(async () => {
  await ensurePackaged();
  local = await startLocalAws({ port: 0 });
});
afterAll(() => local.close());

test("what follows from enforcing a service is told of each of them", async () => {
  const service = await provider(local, accounts.provider).createService(
    "arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/net/payments/50dc6c495c0c9188",
  );
  const acme = consumer(local, accounts.acme);
  await concurrently(Array.from({ length: many }), 50, () => acme.connect(service.name));
  await command("services", "add", service.id, "--no-names", "--observe", "--yes");
  const { stderr } = await operator(local, accounts.provider)("services", "enforce", service.id);
  expect(stderr).toContain(`What would follow: ${String(many)} asked about.`);
});
