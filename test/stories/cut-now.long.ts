// A removal and a deny that cut at once, through the packaged functions on local AWS: who was foreseen is cut, nobody else, and the name is gone.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startLocalAws, type LocalAws } from "../../local/aws.ts";
import type { RemovedEntry } from "../../lib/operator/entries.ts";
import { consumer, provider } from "../../scripts/actors.ts";
import { ensurePackaged } from "../../scripts/package.ts";
import { insisting, operator, until } from "./operator.ts";

const accounts = { provider: "111111111111", acme: "222222222222", globex: "333333333333" };
const zoneName = "privatelink.example.com";

interface Shown {
  readonly connection: { readonly status: string; readonly names: readonly { readonly fqdn: string; readonly made: boolean }[] };
  readonly history: readonly { readonly event: { readonly type: string; readonly because: { readonly rule: string } } }[];
}

let local: LocalAws;
let service: { id: string; name: string };

const run = async <T>(...words: string[]): Promise<T> =>
  JSON.parse(await insisting(operator(local, accounts.provider))(...words, "--json")) as T;
const show = (endpoint: string): Promise<Shown> => run<Shown>("show", endpoint);
const atAws = (endpoint: string): Promise<string | undefined> => provider(local, accounts.provider).stateOf(service.id, endpoint);
const records = (name: string): Promise<unknown[]> => provider(local, accounts.provider).recordsAt(local.zoneId, `${name}.${zoneName}`);

/** An endpoint of the account that is connected and has its name. */
async function connected(account: string, name: string): Promise<string> {
  await run("allow", account, "--service", service.id, "--name", name);
  const endpoint = await consumer(local, account).connect(service.name);
  await until(async () => (await show(endpoint).catch(() => undefined))?.connection.names[0]?.made === true);
  expect(await records(name)).not.toEqual([]);
  return endpoint;
}

beforeAll(async () => {
  await ensurePackaged();
  local = await startLocalAws({ port: 0, zoneName, delays: { available: 300 } });
  service = await provider(local, accounts.provider).createService(
    "arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/net/payments/50dc6c495c0c9188",
  );
  await run("services", "add", service.id, "--zone", zoneName, "--yes");
});

afterAll(() => local.close());

describe("cutting now", () => {
  test("a removal with --disconnect now cuts whom the preview names, nobody else, and their names are gone", async () => {
    const [cut, other] = await Promise.all([connected(accounts.acme, "acme"), connected(accounts.globex, "globex")]);
    const removed = await run<RemovedEntry>("remove", accounts.acme, "--service", service.id, "--disconnect", "now", "--yes");
    expect(removed.disconnect).toBe("now");
    await until(async () => (await atAws(cut)) === "rejected");
    await until(async () => (await records("acme")).length === 0);
    const { history } = await show(cut);
    expect(history.find(({ event }) => event.type === "ConnectionDenied")?.event.because.rule).toBe("entry-removed");
    expect({ state: await atAws(other), records: (await records("globex")).length > 0 }).toEqual({ state: "available", records: true });
  });

  test("without --yes nobody is cut, and what would be is told", async () => {
    const { code, stderr } = await operator(local, accounts.provider)("deny", accounts.globex, "--service", service.id);
    expect(code).toBe(1);
    expect(stderr).toMatch(/What would follow: 1 cut at once\.\n.*\nvpce-\w+ +333333333333 +vpce-svc-\w+ +cut at once/);
    expect((await run<{ entries: { verdict: string }[] }>("show", accounts.globex)).entries).toMatchObject([{ verdict: "accept" }]);
  });
});
