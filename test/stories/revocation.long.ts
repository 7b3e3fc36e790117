// A revocation end to end, through the packaged functions: foreseen by the command, announced by mail, cut after its day of grace, the name gone.

import { afterAll, beforeAll, expect, test } from "vitest";
import { startLocalAws, type LocalAws } from "../../local/aws.ts";
import { consumer, provider } from "../../scripts/actors.ts";
import { ensurePackaged } from "../../scripts/package.ts";
import { leapingClock } from "../faults/leaping-clock.ts";
import { insisting, operator, until } from "./operator.ts";

const accounts = { provider: "111111111111", acme: "222222222222" };
const zoneName = "privatelink.example.com";
const day = 24 * 60 * 60;
const clock = leapingClock();

interface Shown {
  readonly connection: { readonly status: string; readonly names: readonly unknown[] };
  readonly history: readonly { readonly event: { readonly type: string; readonly at: string } & Readonly<Record<string, unknown>> }[];
}
interface Removed {
  readonly outlook: {
    readonly cut: readonly { readonly endpoint: string; readonly due?: string }[];
    readonly accepted: readonly unknown[];
  };
}

let local: LocalAws;

const command = async <T>(...words: string[]): Promise<T> =>
  JSON.parse(await insisting(operator(local, accounts.provider))(...words, "--json")) as T;
const shows = (endpoint: string, type: string): Promise<Shown> =>
  until(async () => {
    const shown = await command<Shown>("show", endpoint).catch(() => undefined);
    return shown?.history.some(({ event }) => event.type === type) === true ? shown : undefined;
  });
const eventOf = ({ history }: Shown, wanted: string) => history.find(({ event: { type } }) => type === wanted)?.event;

beforeAll(async () => {
  await ensurePackaged();
  local = await startLocalAws({
    port: 0,
    zoneName,
    clock,
    delays: { available: 100 },
    parameters: { ApproverEmail: "approvers@payments.example" },
  });
});
afterAll(() => local.close());

test("what was foreseen is what happens, when it was said", async () => {
  const { id, name } = await provider(local, accounts.provider).createService(
    "arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/net/payments/50dc6c495c0c9188",
  );
  await command("services", "add", id, "--zone", zoneName, "--yes");
  await command("allow", accounts.acme, "--service", id, "--name", "acme");
  const endpoint = await consumer(local, accounts.acme).connect(name);
  await shows(endpoint, "NameMade");

  const { outlook } = await command<Removed>("remove", accounts.acme, "--service", id, "--disconnect", "24h", "--yes");
  expect(outlook.cut).toMatchObject([{ endpoint }]);
  await local.invoke("SweepLambdaFunction", {});
  const announced = await shows(endpoint, "RevocationAnnounced");
  expect(announced.connection.status).toBe("connected");
  const due = String(eventOf(announced, "RevocationAnnounced")?.["due"]);
  const minute = 60_000;
  expect(Math.abs(Date.parse(due) - Date.parse(outlook.cut[0]?.due ?? ""))).toBeLessThan(minute);
  const mail = await until(async () => local.letters.find(({ channel, text }) => channel === "email" && /will be cut at/i.test(text)));
  expect(mail.text).toContain(endpoint);

  clock.leap(day - 600);
  await local.invoke("SweepLambdaFunction", {});
  await local.idle();
  expect((await command<Shown>("show", endpoint)).connection.status).toBe("connected");
  clock.leap(700);
  await local.invoke("SweepLambdaFunction", {});
  const cut = await shows(endpoint, "NameRemoved");
  expect(cut.connection.status).toMatch(/denied|rejected/);
  const denied = eventOf(cut, "ConnectionDenied");
  expect(denied).toMatchObject({ revokes: true, because: { rule: "entry-removed" } });
  expect(String(denied?.at) >= due).toBe(true);
  expect(await provider(local, accounts.provider).recordsAt(local.zoneId, `acme.${zoneName}`)).toEqual([]);
});
