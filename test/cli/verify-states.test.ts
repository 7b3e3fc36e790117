// Connections in each of AWS's states, from both sides: what is told of acceptance, and that every failure says what mends it.
import { describe, expect, test } from "vitest";

import { acceptance } from "../../cli/verify/acceptance.ts";
import type { ConsumerSide, ProviderSide, Sides } from "../../cli/verify/sides.ts";
import { PROVIDER } from "../local/two-vpcs.fixture.ts";
import { expectMend, failing, line, verifyWorld } from "./verify.fixture.ts";

const endpoint = "vpce-0123456789abcdef0";
const serviceId = "vpce-svc-0123456789abcdef0";
const consumer: ConsumerSide = {
  endpoint,
  owner: "222222222222",
  state: "available",
  error: undefined,
  service: `com.amazonaws.vpce.eu-west-1.${serviceId}`,
  serviceId,
  vpc: "vpc-1",
  subnets: ["subnet-1", "subnet-2"],
  groups: ["sg-1"],
  interfaces: ["eni-1"],
  target: undefined,
  ipAddressType: "ipv4",
  privateDns: false,
};
const provider: ProviderSide = { endpoint, state: "available", serviceId, consumer: "222222222222", balancers: [] };
const again = `drawbridge verify ${endpoint}`;
const made =
  "aws ec2 create-vpc-endpoint --vpc-endpoint-type Interface --service-name com.amazonaws.vpce.eu-west-1.vpce-svc-0123456789abcdef0 --vpc-id vpc-1 --subnet-ids subnet-1 subnet-2 --security-group-ids sg-1";
const deleted = `aws ec2 delete-vpc-endpoints --vpc-endpoint-ids ${endpoint}`;
const anew = `${deleted}, then create it again: ${made}`;

const sidesIn = (side: "consumer" | "provider", state: string): Sides => ({
  consumer: side === "consumer" ? { ...consumer, state } : undefined,
  provider: side === "provider" ? { ...provider, state } : undefined,
  missing: [],
});

describe("what is told of a state", () => {
  test.each<["consumer" | "provider", string, string, string]>([
    ["consumer", "pendingAcceptance", "acceptance", `the provider accepts it: drawbridge approve ${endpoint}`],
    ["provider", "pendingAcceptance", "acceptance", `drawbridge approve ${endpoint}`],
    ["consumer", "rejected", "acceptance", `ask the provider why; once that is mended: ${anew}`],
    [
      "provider",
      "rejected",
      "acceptance",
      `drawbridge show ${endpoint} says why; to let the next one in: drawbridge allow 222222222222 --service ${serviceId}`,
    ],
    ["consumer", "expired", "acceptance", anew],
    ["provider", "expired", "acceptance", `222222222222 makes it anew: ${deleted}, and create it again`],
    ["consumer", "pending", "state", `in a minute: ${again}`],
    [
      "consumer",
      "partial",
      "state",
      `its consumer sees which: aws ec2 describe-vpc-endpoints --vpc-endpoint-ids ${endpoint} --query 'VpcEndpoints[0].[SubnetIds,NetworkInterfaceIds,LastError]'`,
    ],
    ["consumer", "deleted", "state", made],
    ["provider", "deleting", "state", `what 222222222222 needs to make it again: drawbridge invite 222222222222 --service ${serviceId}`],
    ["consumer", "failed", "state", anew],
    ["provider", "failed", "state", `${deleted}, and create it again`],
    ["provider", "somethingNew", "state", `${deleted}, and create it again`],
  ])("%s, %s", (side, state, about, mend) => {
    const found = acceptance(sidesIn(side, state), again);
    expect(found.at(-1)).toMatchObject({ about, state: "failed", mend });
    for (const one of found) expectMend(one);
  });

  test.each(["deleting", "deleted", "failed"])("%s says nothing of an acceptance that there may never have been", (state) => {
    for (const side of ["consumer", "provider"] as const)
      expect(acceptance(sidesIn(side, state), again).map(({ about }) => about)).toEqual(["state"]);
  });

  test("AWS's own reason is told where it gives one", () => {
    const sides = { ...sidesIn("consumer", "failed"), consumer: { ...consumer, state: "failed", error: "no free address" } };
    expect(acceptance(sides, again)[0]?.message).toBe("failed: AWS could not make it (no free address)");
  });
});

describe("on local AWS", () => {
  const world = verifyWorld();

  test("what is left of an endpoint that is gone is its state: no names, no settings, no targets", async () => {
    await world.at.accept();
    await world.at.ec2(PROVIDER, "RejectVpcEndpointConnections", {
      ServiceId: world.at.provider["ServiceId"],
      VpcEndpointIds: [world.endpoint],
    });
    for (const state of ["deleted", "failed"]) {
      world.at.local.forceState(world.endpoint, state);
      expect((await world.asConsumer()).map(({ about }) => about)).toEqual(["state"]);
      expect((await world.asProvider()).map(({ about }) => about)).toEqual(["state"]);
    }
  });

  test("while it is not available nothing promises more than AWS would do", async () => {
    const rejected = await world.asConsumer();
    expect(line(rejected, "private DNS name")?.message).not.toContain("modify-vpc-endpoint");
    for (const state of ["pending", "partial", "expired", "rejected"]) {
      world.at.local.forceState(world.endpoint, state);
      for (const found of [await world.asConsumer("--name", "payments.internal"), await world.asProvider()])
        expect(failing(found).length, state).toBeGreaterThan(0);
    }
  });
});
