// Zones: the promises, in memory and on local Route 53 over the wire.

import { CreateHostedZoneCommand, Route53Client, type VPC } from "@aws-sdk/client-route-53";
import { afterAll, beforeAll } from "vitest";
import { hostedZones } from "../../lib/aws/zones.ts";
import { zoneId, type ZoneId } from "../../lib/ids.ts";
import { createRoute53 } from "../../local/services/route53.ts";
import { fakeZones } from "../fakes/zones.ts";
import { startWire, type Wire } from "./wire.fixture.ts";
import { zonesContract } from "./zones.contract.ts";

zonesContract("in memory", async () => {
  const zones = fakeZones();
  const [zone, inside, foreign] = ["Z0123456789ABCDEFGHIJ" as ZoneId, "Z0123456789ABCDINSIDE" as ZoneId, "Z0123456789ABCDEFOTHR" as ZoneId];
  zones.addZone(zone, "pl.example.com");
  zones.addZone(inside, "payments.internal", true, true);
  zones.addZone(foreign, "example.org", false);
  return { port: zones.port, zone, inside, foreign };
});

let wire: Wire;
beforeAll(async () => {
  wire = await startWire(async ({ clock, region }) => [createRoute53({ clock, region, throttled: false })]);
});
afterAll(() => wire.close());

zonesContract("Route 53", async () => {
  const client = new Route53Client(wire.config());
  const make = async (Name: string, VPC?: VPC): Promise<ZoneId> => {
    const { HostedZone } = await client.send(new CreateHostedZoneCommand({ Name, VPC, CallerReference: `${Name} ${String((made += 1))}` }));
    return zoneId(HostedZone?.Id?.replace("/hostedzone/", ""));
  };
  const [zone, foreign] = [await make("pl.example.com"), await make("example.org")];
  const inside = await make("payments.internal", { VPCId: "vpc-0a0a0a0a0a0a0a0a0", VPCRegion: "eu-west-1" });
  const gone = "Z00000000000000000000" as ZoneId;
  return { port: hostedZones(client, [zone, inside, gone]), zone, inside, foreign };
});
let made = 0;
