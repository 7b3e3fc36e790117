// The service's own private DNS name: told by its own cause, from both sides, in each state of its proof.
import { describe, expect, test } from "vitest";

import { isNamed, ofConsumer } from "../../cli/verify/private-name.ts";
import type { ConsumerSide } from "../../cli/verify/sides.ts";
import { CONSUMER, PROVIDER } from "../local/two-vpcs.fixture.ts";
import { failing, line, verifyWorld } from "./verify.fixture.ts";

const name = "pay.privatelink.example.com";
const world = verifyWorld({ provider: { PrivateDnsName: name } }, { zoneName: "example.com" });

interface Proof {
  readonly Name: string;
  readonly Value: string;
  readonly State: string;
}

async function proof(): Promise<Proof> {
  const { ServiceConfigurations } = await world.at.ec2(PROVIDER, "DescribeVpcEndpointServiceConfigurations", {
    ServiceIds: [world.at.provider["ServiceId"]],
  });
  return (ServiceConfigurations as [{ PrivateDnsNameConfiguration: Proof }])[0].PrivateDnsNameConfiguration;
}

/** AWS looks for the proof, and comes to an end with it. */
async function verified(isPublished: boolean): Promise<void> {
  const { Name, Value } = await proof();
  const ResourceRecordSet = { Name: `${Name}.${name}`, Type: "TXT", TTL: 60, ResourceRecords: [{ Value: `"${Value}"` }] };
  const ChangeBatch = { Changes: [{ Action: isPublished ? "CREATE" : "DELETE", ResourceRecordSet }] };
  const { local, provider } = world.at;
  await local.call("route53", "ChangeResourceRecordSets", { HostedZoneId: local.zoneId, ChangeBatch }, PROVIDER);
  await world.at.ec2(PROVIDER, "StartVpcEndpointServicePrivateDnsVerification", { ServiceId: provider["ServiceId"] });
  await expect.poll(async () => (await proof()).State).toBe(isPublished ? "verified" : "failed");
}

test("it is followed from both sides until it answers, and when its proof is lost", async () => {
  const { ServiceId = "" } = world.at.provider;
  await world.at.accept();
  const about = "private DNS name";
  const ofName = async (): Promise<unknown> => (await world.asConsumer("--name", name)).find(({ message }) => message.startsWith(name));

  // Not proved: the provider's to do, and nothing to switch on.
  expect(await ofName()).toMatchObject({
    about: "name",
    state: "failed",
    message: `${name} does not resolve: it is the service's own private DNS name, and the provider has not proved it yet (pendingVerification)`,
    mend: `the provider sees how far it is: drawbridge services private-dns ${ServiceId}`,
  });
  const { Name, Value } = await proof();
  const provider = await world.asProvider();
  expect(line(provider, about)).toMatchObject({ state: "failed", message: `${name} is pendingVerification: no consumer can use it` });
  expect(line(provider, about)?.mend).toContain(`drawbridge services private-dns ${ServiceId} says how far it is`);
  expect(line(provider, about)?.mend).toContain(`publish ${Name}.${name} TXT "${Value}"`);

  // Proved: off until the consumer switches it on.
  await verified(true);
  expect(line(await world.asProvider(), about)).toMatchObject({
    state: "ok",
    message: `${name} is verified: accepted consumers may switch it on`,
  });
  const on = `aws ec2 modify-vpc-endpoint --vpc-endpoint-id ${world.endpoint} --private-dns-enabled --region eu-west-1`;
  expect(await ofName()).toMatchObject({
    state: "failed",
    message: `${name} does not resolve: it is the service's own private DNS name, and private DNS is off at the endpoint`,
    mend: on,
  });
  expect(line(await world.asConsumer(), about)).toMatchObject({ state: "ok", message: `off; ${name} can be switched on with ${on}` });

  await world.at.ec2(CONSUMER, "ModifyVpcEndpoint", { VpcEndpointId: world.endpoint, PrivateDnsEnabled: true });
  await expect.poll(async () => failing(await world.asConsumer("--name", name))).toEqual([]);

  // Lost again: what is on may not be used any more.
  await verified(false);
  expect(line(await world.asConsumer(), about)).toMatchObject({
    state: "failed",
    message: `${name} is on, and may be used only while the provider's proof holds: it is failed`,
    mend: `the provider sees how far it is: drawbridge services private-dns ${ServiceId}`,
  });
  // It hinders none of the other names.
  expect(failing(await world.asConsumer("--name", "payments.internal"))).toEqual([about]);
});

describe("which names it stands for", () => {
  test.each([
    ["pay.example.com", "pay.example.com", true],
    ["pay.example.com", "api.pay.example.com", false],
    ["*.pay.example.com", "api.pay.example.com", true],
    ["*.pay.example.com", "pay.example.com", false],
    ["*.pay.example.com", "xpay.example.com", false],
  ])("%s, %s: %s", (own, asked, is) => {
    expect(isNamed({ names: [own], state: "verified" }, asked)).toBe(is);
  });

  test("before acceptance nothing is offered that AWS refuses", () => {
    const side = { endpoint: "vpce-1", state: "pendingAcceptance", privateDns: false } as ConsumerSide;
    expect(ofConsumer(side, { names: [name], state: "verified" }, "eu-west-1").message).toBe(
      `off; ${name} can be switched on once the connection is accepted`,
    );
  });
});
