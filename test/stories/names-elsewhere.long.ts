// A consumer's name leads into the service from the endpoint's own VPC and from nowhere else, whether AWS resolves an endpoint's names elsewhere or not; and nobody is told otherwise.

import { afterEach, describe, expect, test, vi } from "vitest";
import { failing, linesOf } from "../cli/verify.fixture.ts";
import { typed } from "../cli/typed.ts";
import { CONSUMER, PROVIDER, twoVpcs, WELCOME, type TwoVpcs } from "../local/two-vpcs.fixture.ts";
import { ensurePackaged } from "../../scripts/package.ts";
import { insisting, operator, until } from "./operator.ts";

const zoneName = "privatelink.example.com";
const name = `acme.${zoneName}`;
let world: TwoVpcs | undefined;
afterEach(async () => {
  vi.unstubAllEnvs();
  await world?.local.close();
  world = undefined;
});

/** The deployed Drawbridge, and both sides of the walkthrough in their own accounts: the consumer is on the list. */
async function connected(endpointNamesResolveElsewhere: boolean): Promise<TwoVpcs> {
  await ensurePackaged();
  world = await twoVpcs({
    bare: false,
    zoneName,
    parameters: { ApproverEmail: "approvers@payments.example" },
    assumptions: { vpcsNeedNotExist: false, servicesOpenUntilPermissionsSet: false, endpointNamesResolveElsewhere },
  });
  const { local, provider, consumer } = world;
  const drawbridge = insisting(operator(local, PROVIDER));
  await drawbridge("services", "add", provider["ServiceId"] ?? "", "--zone", zoneName, "--yes");
  await drawbridge("allow", CONSUMER, "--service", provider["ServiceId"] ?? "", "--name", "acme");
  await until(async () => {
    await local.invoke("SweepLambdaFunction", {});
    return (await drawbridge("show", consumer["EndpointId"] ?? "")).includes("leads to its endpoint");
  });
  return world;
}

describe.each([false, true])("endpointNamesResolveElsewhere: %s", (elsewhere) => {
  test("the name that Drawbridge made leads in from the endpoint's VPC, and from another one to nothing", async () => {
    const at = await connected(elsewhere);
    expect(await at.ask(name, "vpc-b")).toBe(WELCOME);
    expect(at.local.dataPath.resolve("vpc-a", name, "A") !== undefined).toBe(elsewhere);
    expect(await at.ask(name, "vpc-a")).toMatch(elsewhere ? /timed out: .* no route leads out of it/ : /name not found/);
  });

  test("verify finds all well inside, and both sides see the same of the connection", async () => {
    const { local, consumer } = await connected(elsewhere);
    vi.stubEnv("AWS_ENDPOINT_URL", local.aws);
    vi.stubEnv("AWS_REGION", local.region);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "any");
    vi.stubEnv("AWS_SESSION_TOKEN", undefined);
    const endpoint = consumer["EndpointId"] ?? "";
    const { port } = await local.dataPath.enter("vpc-b");
    const inside = { ALL_PROXY: `socks5h://127.0.0.1:${String(port)}` };
    vi.stubEnv("AWS_ACCESS_KEY_ID", CONSUMER);
    expect(failing(await linesOf(typed(["verify", endpoint, "--json"], { env: inside })))).toEqual([]);
    vi.stubEnv("AWS_ACCESS_KEY_ID", PROVIDER);
    const provider = await linesOf(typed(["verify", endpoint, "--json"], { env: { DRAWBRIDGE_API: local.api } }));
    expect(failing(provider)).toEqual([]);
    expect(provider).toContainEqual(expect.objectContaining({ about: "drawbridge", state: "ok" }));
  });
});
