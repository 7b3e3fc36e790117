// Private zones and other accounts' VPCs on local Route 53: authorized, associated by the consumer, and taken back by the zone's owner.

import { AssociateVPCWithHostedZoneCommand, CreateHostedZoneCommand, GetHostedZoneCommand, Route53Client } from "@aws-sdk/client-route-53";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hostedZones } from "../../lib/aws/zones.ts";
import { zoneId } from "../../lib/ids.ts";
import { createRoute53 } from "../../local/services/route53.ts";
import { startWire, type Wire } from "../contracts/wire.fixture.ts";

let wire: Wire;
beforeAll(async () => {
  wire = await startWire(async ({ clock, region }) => [createRoute53({ clock, region })]);
});
afterAll(() => wire.close());

test("an authorization can be asked for twice, used, and taken back twice, with the association", async () => {
  const owner = new Route53Client(wire.config());
  const consumer = new Route53Client({ ...wire.config(), credentials: { accessKeyId: "222222222222", secretAccessKey: "local" } });
  const VPC = { VPCId: "vpc-0b0b0b0b0b0b0b0b0", VPCRegion: "eu-west-1" as const };
  const own = { VPCId: "vpc-0a0a0a0a0a0a0a0a0", VPCRegion: "eu-west-1" as const };
  const made = await owner.send(new CreateHostedZoneCommand({ Name: "payments.internal", CallerReference: "1", VPC: own }));
  const zone = zoneId(made.HostedZone?.Id?.replace("/hostedzone/", ""));
  const port = hostedZones(owner, [zone]);
  const vpc = { id: VPC.VPCId, region: VPC.VPCRegion };
  const associate = () => consumer.send(new AssociateVPCWithHostedZoneCommand({ HostedZoneId: zone, VPC }));
  const associated = async () => (await owner.send(new GetHostedZoneCommand({ Id: zone }))).VPCs;

  expect(await port.list()).toEqual([{ id: zone, name: "payments.internal", isPrivate: true }]);
  await expect(associate()).rejects.toThrow(/not authorized/);
  await port.authorize(zone, vpc);
  await port.authorize(zone, vpc);
  await associate();
  expect(await associated()).toHaveLength(2);
  await port.withdraw(zone, vpc);
  await port.withdraw(zone, vpc);
  expect(await associated()).toEqual([own]);
  await expect(associate()).rejects.toThrow(/not authorized/);
  await expect(port.authorize(zoneId("Z00000000000000000000"), vpc)).rejects.toThrow(/not one of this deployment/);
});
